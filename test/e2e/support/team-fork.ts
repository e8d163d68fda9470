/** A team's fork on a stand-in of its own: what the team does by the API, what the product does, and how the fork stands. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { differences, type ForkSnapshot, snapshotFork } from "../../../demo/fork-snapshot.ts";
import { pocketBoard } from "../../../demo/pocket-board.ts";
import { standUp } from "../../../demo/stand-up.ts";
import type { World } from "../../../demo/world.ts";
import { GitHubStandIn } from "../../../lib/rehearsal/stand-in.ts";
import { cacheFolder } from "../../../lib/terraform/provider.ts";

export class TeamFork {
  readonly world: World;
  private readonly folder: string;

  private constructor(world: World, folder: string) {
    this.world = world;
    this.folder = folder;
  }

  static async standUp(): Promise<TeamFork> {
    const folder = mkdtempSync(join(tmpdir(), "upstream-sync-fork-"));
    const github = await GitHubStandIn.start(join(folder, "github"));
    return new TeamFork(await standUp(github, folder, await pocketBoard(folder)), folder);
  }

  async takeDown(): Promise<void> {
    await this.world.github.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get gitUrl(): string {
    return this.world.github.gitUrl(this.world.fork);
  }

  /** As the team, by the API; fails unless GitHub takes it. */
  async team(method: string, path: string, body?: unknown) {
    const answer = await this.world.rest("administrator", method, `${this.world.forkPath}${path}`, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.data)}`);
    return answer.data;
  }

  /** Labels with colour and description, besides all that the demo compares. */
  async snapshot(): Promise<ForkSnapshot> {
    const labels: Record<string, unknown>[] = await this.team("GET", "/labels?per_page=100");
    return {
      ...(await snapshotFork(this.world.github, this.world.fork, this.world.people.administrator)),
      labels: JSON.stringify(labels.map(({ name, color, description }) => [name, color, description])),
    };
  }

  /** Things that differ. Files are committed and removed again, so the tips of their branches are left out. */
  changed(before: ForkSnapshot, after: ForkSnapshot): string[] {
    const { from, target } = this.world.fork.branches;
    const tips = [`refs/heads/${from}`, `refs/heads/${target}`];
    return differences(before, after)
      .map(({ thing }) => thing)
      .filter((thing) => !tips.includes(thing));
  }

  async credentials(): Promise<void> {
    await this.world.upstreamSyncJson("credentials", "create");
  }

  async apply() {
    return (await this.world.upstreamSyncJson("apply", "--yes")).forks[0];
  }

  async destroy() {
    return (await this.world.upstreamSyncJson("destroy", "--yes")).forks[0];
  }

  /** "<action> <address>" of each change that a plan has. */
  async planned(): Promise<string[]> {
    return (await this.world.upstreamSyncJson("plan")).forks[0].changes.map(actionAndAddress);
  }

  /** Terraform itself in the stack's folder, as `cdktf deploy` and people run it. */
  async terraform(...args: string[]): Promise<string> {
    const result = await execa(process.env.TERRAFORM_BINARY_NAME ?? "terraform", args, {
      cwd: join(this.world.project, "cdktf.out", "stacks", "acme--pocket-board"),
      env: {
        GITHUB_TOKEN: this.world.people.administrator,
        GITHUB_BASE_URL: `${this.world.github.url}/`,
        TF_CLI_CONFIG_FILE: join(cacheFolder(), "terraform.tfrc"),
        CHECKPOINT_DISABLE: "1",
      },
      all: true,
      reject: false,
    });
    if (result.exitCode !== 0) throw new Error(`terraform ${args.join(" ")}:\n${result.all}`);
    return result.all;
  }

  /** With changes Terraform ends with 2, and this fails: https://developer.hashicorp.com/terraform/cli/commands/plan#detailed-exitcode */
  async planEmpty(): Promise<void> {
    await this.terraform("plan", "-detailed-exitcode", "-no-color", "-lock=false");
  }
}

export function actionAndAddress(change: { action: string; address: string }): string {
  return `${change.action} ${change.address}`;
}
