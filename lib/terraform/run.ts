/** Runs the IaC tool on one synthesized stack. The only place in the project that does. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { Failure } from "../failure.ts";
import { diagnosticsIn, failureOf, remedyFor } from "./diagnostics.ts";
import { type Change, changesOf, madeAnewIn, type PlanJson, unconfirmedIn } from "./plan.ts";
import type { ProviderMirror } from "./provider.ts";
import type { IacTool } from "./tool.ts";

/** One stack and everything needed to run the tool on it. */
export interface Workspace {
  readonly tool: IacTool;
  readonly mirror: ProviderMirror;
  /** The stack's folder below `cdktf.out/stacks/`. */
  readonly folder: string;
  /** The environment the tool gets, see `toolEnvironment`. */
  readonly env: Readonly<Record<string, string>>;
}

export interface SavedPlan {
  /** The plan file; it holds values in clear text, so it is readable by its owner only. */
  readonly file: string;
  readonly changes: readonly Change[];
  /** The plan as the tool shows it. */
  readonly json: PlanJson;
}

/** A line that a step of a program printed, as `terraform apply -json` reports it. */
export interface Said {
  readonly address: string;
  readonly said: string;
}

/** One resource done, as `terraform apply -json` reports it. */
export interface Progress {
  readonly address: string;
  readonly action: string;
  readonly seconds: number;
}

/**
 * What the tool may see. GITHUB_OWNER and GITHUB_ORGANIZATION are taken out because they beat the provider's `owner` argument
 * (reference: provider.md §3) and would send one fork's plan to another account. GITHUB_API_URL, which every GitHub runner
 * sets, names another GitHub than github.com.
 */
export function toolEnvironment(env: NodeJS.ProcessEnv, mirror: ProviderMirror): Record<string, string> {
  const kept = Object.entries(env).filter(
    ([name, value]) =>
      value !== undefined && !["GITHUB_OWNER", "GITHUB_ORGANIZATION", "TF_CLI_CONFIG_FILE"].includes(name),
  ) as [string, string][];
  const api = env.GITHUB_API_URL;
  return {
    ...Object.fromEntries(kept),
    ...(api && api !== "https://api.github.com" ? { GITHUB_BASE_URL: `${api.replace(/\/api\/v3\/?$/, "")}/` } : {}),
    TF_CLI_CONFIG_FILE: mirror.cliConfig,
    TF_IN_AUTOMATION: "1",
    TF_INPUT: "0",
    CHECKPOINT_DISABLE: "1",
    // A plan is mostly the provider's schema being read, and a third of that is garbage collection. Measured on a stack of 15
    // resources: 1.8 s of processor time become 1.2 s, at 230 MB instead of 105 MB.
    GOGC: env.GOGC ?? "400",
  };
}

export async function init(workspace: Workspace): Promise<void> {
  await run(workspace, ["init", "-no-color"], "init");
}

/** Plans and saves the plan beside the stack. */
export async function plan(workspace: Workspace, { destroy }: { destroy: boolean }): Promise<SavedPlan> {
  const file = planFile(workspace, destroy ? "destroy" : "apply");
  await run(workspace, ["plan", "-json", `-out=${file}`, ...(destroy ? ["-destroy"] : [])], "plan");
  chmodSync(file, 0o600);
  return await readPlan(workspace, file);
}

/** What an apply would still change. The plan is read back only where the tool says that there is something. */
export async function leftToChange(workspace: Workspace): Promise<readonly Change[]> {
  const file = planFile(workspace, "apply");
  const result = await start(workspace, ["plan", "-json", `-out=${file}`, "-detailed-exitcode"]);
  if (result.exitCode !== 0 && result.exitCode !== changesFound) throw failed(workspace, "plan", result);
  chmodSync(file, 0o600);
  return result.exitCode === 0 ? [] : (await readPlan(workspace, file)).changes;
}

/** https://developer.hashicorp.com/terraform/cli/commands/plan#detailed-exitcode */
const changesFound = 2;

function planFile({ folder }: Workspace, name: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return join(folder, `${name}.tfplan`);
}

/**
 * After an apply that was cut short: what the tool takes for half-made is kept, and what the provider could not read back and so plans
 * to make a second time is forgotten, so that the stack's own import finds it where it is there.
 * @returns the addresses that another plan will see differently.
 */
export async function mendState(workspace: Workspace, planned: PlanJson): Promise<string[]> {
  const unconfirmed = unconfirmedIn(planned);
  for (const address of unconfirmed) await run(workspace, ["untaint", address], `keep ${address}`);
  const made = madeAnewIn(planned);
  // It fails where there is no state yet, and what is there already was all imported.
  const known = made.length === 0 ? [] : (await start(workspace, ["state", "list"])).stdout.split("\n");
  const unread = made.filter((address) => known.includes(address));
  if (unread.length > 0) await run(workspace, ["state", "rm", ...unread], `forget ${unread.join(", ")}`);
  return [...unconfirmed, ...unread];
}

export async function readPlan(workspace: Workspace, file: string): Promise<SavedPlan> {
  const json = JSON.parse(await run(workspace, ["show", "-json", file], "read the plan")) as PlanJson;
  return { file, changes: changesOf(json), json };
}

/** Applies exactly the saved plan, yielding what programs say and each resource as it is done; the tool refuses when the state has moved on. */
export async function* apply(workspace: Workspace, saved: SavedPlan): AsyncGenerator<Progress | Said, void> {
  const temporary = temporaryFolder();
  const child = execa(workspace.tool.command, ["apply", "-json", saved.file], {
    ...optionsOf(workspace, temporary),
    buffer: { stdout: false },
  });
  const diagnostics: string[] = [];
  const said: Said[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const event = parseEvent(line);
    if (event?.type === "apply_complete" && event.hook?.resource) {
      yield {
        address: event.hook.resource.addr,
        action: event.hook.action ?? "",
        seconds: event.hook.elapsed_seconds ?? 0,
      };
    }
    if (event?.type === "provision_progress" && event.hook?.resource && event.hook.output !== undefined) {
      // Of the program, not of Terraform about it.
      if (event.hook.output.startsWith("local-exec: Executing: ")) continue;
      said.push({ address: event.hook.resource.addr, said: event.hook.output });
      yield said.at(-1) as Said;
    }
    if (event?.type === "diagnostic" && event["@level"] === "error" && event.diagnostic) {
      const { address, summary, detail } = event.diagnostic;
      diagnostics.push(`${address ? `${address}: ` : ""}${[summary, detail].filter(Boolean).join(": ")}`);
    }
  }
  const result = await child.finally(temporary.remove);
  if (result.exitCode !== 0) {
    if (diagnostics.some((text) => text.includes("Saved plan is stale"))) {
      throw new Failure(
        "nothing was applied: the state has moved since the plan was made",
        "plan again, look at the new plan, then apply that",
        diagnostics.join("\n"),
      );
    }
    // A program's own words instead of the tool's about its exit code.
    const last = said.findLast(({ address }) => diagnostics[0]?.startsWith(`${address}: local-exec`))?.said;
    throw new Failure(
      `${workspace.tool.name} could not apply the plan: ${last ?? diagnostics[0] ?? result.shortMessage ?? "no reason given"}`,
      `what was done so far is recorded in the state; ${remedyFor(diagnostics.join("\n")) ?? "mend the cause and run the same command again"}`,
      [...diagnostics, result.stderr].join("\n"),
    );
  }
}

interface ApplyEvent {
  readonly type?: string;
  readonly "@level"?: string;
  readonly hook?: {
    readonly resource?: { readonly addr: string };
    readonly action?: string;
    readonly elapsed_seconds?: number;
    readonly output?: string;
  };
  readonly diagnostic?: { readonly summary: string; readonly detail?: string; readonly address?: string };
}

function parseEvent(line: string): ApplyEvent | undefined {
  try {
    return JSON.parse(line) as ApplyEvent;
  } catch {
    // A panic of a provider is printed as plain text between the events.
    return undefined;
  }
}

interface Result {
  readonly exitCode?: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function start(workspace: Workspace, args: readonly string[]): Promise<Result> {
  const temporary = temporaryFolder();
  return await execa(workspace.tool.command, args, optionsOf(workspace, temporary)).finally(temporary.remove);
}

function optionsOf({ folder, env }: Workspace, temporary: TemporaryFolder) {
  return {
    cwd: folder,
    env: { ...env, TMPDIR: temporary.folder },
    extendEnv: false,
    reject: false,
    stdin: "ignore",
  } as const;
}

interface TemporaryFolder {
  readonly folder: string;
  remove(): void;
}

/** For one run of the tool: the provider keeps GitHub's answers in a temporary file and leaves it behind, a megabyte each time. */
function temporaryFolder(): TemporaryFolder {
  // Below the machine's own: the tool's sockets are in there, and their paths may have about a hundred characters.
  const folder = mkdtempSync(join(tmpdir(), "upstream-sync-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

async function run(workspace: Workspace, args: readonly string[], doing: string): Promise<string> {
  const result = await start(workspace, args);
  if (result.exitCode !== 0) throw failed(workspace, doing, result);
  return result.stdout;
}

function failed(workspace: Workspace, doing: string, result: Result): Failure {
  const errors = diagnosticsIn(result.stdout).filter(({ severity }) => severity === "error");
  const text = result.stderr || result.stdout;
  const said = errors.length > 0 ? errors : [{ severity: "error", summary: plainReason(text) } as const];
  return failureOf(workspace.tool.name, doing, said, text);
}

/** Of a run that does not speak JSON, such as `init`. */
function plainReason(text: string): string {
  return /Error: (?<reason>.+)/.exec(text)?.groups?.reason ?? text.split("\n", 1)[0] ?? "";
}
