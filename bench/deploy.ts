/** Plan, apply and destroy of one fork: requests and seconds, beside the same stack with the provider's own defaults. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pocketBoard } from "../demo/pocket-board.ts";
import type { World } from "../demo/world.ts";
import { stackFolder } from "../lib/synthesize.ts";
import { cacheFolder, ensureProvider } from "../lib/terraform/provider.ts";
import { apply, init, plan, toolEnvironment, type Workspace } from "../lib/terraform/run.ts";
import { findTool } from "../lib/terraform/tool.ts";
import { inWorld, measured, rounded, type Say } from "./setting-up.ts";

interface Cost {
  readonly requests: number;
  readonly seconds: number;
}

export interface Cycle {
  /** A plan of a fork that is set up: nothing to change, and everything is read. */
  readonly plan: Cost;
  readonly apply: Cost;
  readonly destroy: Cost;
}

export interface DeployFigures {
  readonly deploy: Cycle & {
    /** Managed resources and data sources of the GitHub provider, each instance counted. */
    readonly resources: number;
    /** Left out when it was not wanted: it takes a second for every write. */
    readonly atProviderDefaults?: Cycle;
  };
  /** The text of a credentials file, as a model for made-up forks. */
  readonly credentials: string;
}

export async function benchDeploy(options: { readonly defaults: boolean }, say: Say): Promise<DeployFigures> {
  return await inWorld(pocketBoard, async (world) => {
    say("deploy: making the credential");
    const { credentials } = await world.upstreamSyncJson("credentials", "create");
    await world.upstreamSyncJson("plan");
    const ours = await workspaceOf(world);
    await world.github.control("POST", "/snapshots", { name: "before" });
    const { cycle, resources } = await cycleOf(world, ours, "ours", say);
    const model = readFileSync(join(world.project, credentials[0].path), "utf8");
    if (!options.defaults) return { deploy: { resources, ...cycle }, credentials: model };
    await world.github.control("POST", "/snapshots/before/restore");
    const other = await cycleOf(world, withProviderDefaults(ours), "the provider's defaults", say);
    return { deploy: { resources, ...cycle, atProviderDefaults: other.cycle }, credentials: model };
  });
}

async function workspaceOf(world: World): Promise<Workspace> {
  const tool = await findTool();
  const making = ensureProvider(tool, cacheFolder());
  let step = await making.next();
  while (!step.done) step = await making.next();
  const environment = { ...process.env, GITHUB_TOKEN: world.people.administrator, GITHUB_API_URL: world.github.api };
  const { owner, name } = world.fork;
  return {
    tool,
    mirror: step.value,
    folder: stackFolder(world.project, `${owner}/${name}`),
    env: toolEnvironment(environment, step.value),
  };
}

/** The same resources by a provider that nobody told to do without its legacy client and its second of delay at every write. */
function withProviderDefaults(ours: Workspace): Workspace {
  const folder = `${ours.folder}-at-provider-defaults`;
  // Without `.terraform`: it remembers the other's state file.
  cpSync(ours.folder, folder, { recursive: true, filter: (source) => basename(source) !== ".terraform" });
  const file = join(folder, "cdk.tf.json");
  const stack = JSON.parse(readFileSync(file, "utf8"));
  for (const provider of stack.provider.github) {
    delete provider.legacy_client;
    delete provider.write_delay_ms;
  }
  stack.terraform.backend.local.path += ".at-provider-defaults";
  writeFileSync(file, JSON.stringify(stack));
  return { ...ours, folder };
}

async function cycleOf(world: World, workspace: Workspace, name: string, say: Say) {
  const cost = async (what: string, work: () => Promise<unknown>): Promise<Cost> => {
    const { seconds, log } = await measured(world.github, work);
    say(`deploy with ${name}, ${what}: ${log.length} requests, ${seconds.toFixed(1)} s`);
    return { requests: log.length, seconds: rounded(seconds) };
  };
  const carryOut = async (saved: Awaited<ReturnType<typeof plan>>) => {
    for await (const _done of apply(workspace, saved));
  };
  await init(workspace);
  const first = await plan(workspace, { destroy: false });
  const applied = await cost("apply", () => carryOut(first));
  let changes = first.changes;
  const planned = await cost("plan", async () => {
    ({ changes } = await plan(workspace, { destroy: false }));
  });
  if (changes.length > 0) throw new Error(`the plan after the apply is not empty: ${JSON.stringify(changes)}`);
  const resources = inState(workspace);
  const last = await plan(workspace, { destroy: true });
  const destroyed = await cost("destroy", () => carryOut(last));
  return { cycle: { plan: planned, apply: applied, destroy: destroyed }, resources };
}

function inState(workspace: Workspace): number {
  const stack = JSON.parse(readFileSync(join(workspace.folder, "cdk.tf.json"), "utf8"));
  const state = JSON.parse(readFileSync(join(workspace.folder, stack.terraform.backend.local.path), "utf8"));
  return state.resources
    .filter((resource: { provider: string }) => resource.provider.includes("/integrations/github"))
    .reduce((sum: number, resource: { instances: unknown[] }) => sum + resource.instances.length, 0);
}
