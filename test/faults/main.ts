/** `npm run faults`: every fault, everywhere. One table at the end; a trial that failed is repeated by its name. */
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { credentials, deploy, deployProposed, destroy, destroyUnlanded } from "./cut-commands.ts";
import { conflict, firstRun, promotion, resolution } from "./kill-runs.ts";
import { type Lab, openLab } from "./lab.ts";
import { life } from "./life.ts";
import { Report } from "./report.ts";
import { failedOf, markdown, type Result, rowsOf } from "./table.ts";
import { together } from "./together.ts";
import { oneOf, type Story, sample, type Trial } from "./trial.ts";

/** The long ones first, so that no lab is left with one in the end. */
const stories = [
  ...[destroy, destroyUnlanded, life, deploy, deployProposed],
  ...[conflict, resolution, promotion, together, firstRun, credentials],
];

/** A share of a story's trials: what takes one lab much longer than the others is several labs' work. */
interface Share {
  readonly story: Story;
  readonly nth: number;
  readonly of: number;
}

const shares = new Map([
  [destroy, 5],
  [destroyUnlanded, 2],
  [life, 2],
  [deploy, 4],
  [deployProposed, 2],
  [conflict, 2],
  [resolution, 2],
  [promotion, 2],
]);

const sharesOf = (story: Story): Share[] => {
  const of = shares.get(story) ?? 1;
  return Array.from({ length: of }, (_, nth) => ({ story, nth, of }));
};

function isIn({ nth, of }: Share, { id }: Trial): boolean {
  return oneOf(of, id) === nth;
}

/** Somebody wants no further trials. */
let stopping = false;

interface Options {
  readonly story: string[];
  readonly trial: string[];
  readonly sample?: number;
  readonly seed: number;
  readonly labs: number;
  readonly report?: string;
  readonly resume?: boolean;
  readonly list?: boolean;
}

const many = (value: string, all: string[]) => [...all, value];
const command = new Command("npm run faults --")
  .description(
    "cuts every connection and kills every run in turn, does it again, and compares with what it should have been",
  )
  .option("--story <name>", `only this story, may be repeated: ${stories.map(({ name }) => name).join(", ")}`, many, [])
  .option("--trial <id>", "only this trial, may be repeated: as it is named when it fails", many, [])
  .option("--sample <count>", "so many trials of each story, chosen by the seed", whole)
  .option("--seed <number>", "of the sample", whole, Math.floor(Date.now() / 86_400_000))
  // A cut connection is mostly waiting: for up to a minute it is tried again.
  .option("--labs <count>", "how many work side by side", whole, 5 * Math.min(2, availableParallelism()))
  .option("--report <file>", "write the results as JSON after each trial, and the table beside it with .md")
  .option("--resume", "take what went well in the report as done, and do the rest")
  .option("--list", "name the trials and run none of them")
  .addHelpText("after", "\nA SIGINT or SIGTERM lets the running trials end and prints the table so far.")
  .addHelpText("after", "\nExit codes: 0 everything converged and nothing was lost, 1 not so.")
  .action(run);

await command.parseAsync();

function whole(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0) command.error(`expected a whole number, got ${value}`);
  return number;
}

async function run(options: Options): Promise<void> {
  const unknown = options.story.filter((name) => !stories.some((story) => story.name === name));
  if (unknown.length > 0) command.error(`no story is named ${unknown.join(", ")}`);
  if (options.sample !== undefined) say(`seed ${options.seed}`);
  const started = performance.now();
  const report = new Report(options.report, options.resume ?? false);
  const folder = mkdtempSync(join(tmpdir(), "upstream-sync-faults-"));
  try {
    const few = options.list || options.trial.length > 0;
    const queue = chosen(options).flatMap((story) => (few ? [{ story, nth: 0, of: 1 }] : sharesOf(story)));
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop(queue));
    const labs = Math.min(options.labs, queue.length);
    const work = Array.from({ length: labs }, (_, n) => workThrough(queue, join(folder, `lab-${n}`), report, options));
    // A lab that breaks ends all of it, but none is left standing.
    await Promise.all(work).catch(() => stop(queue));
    const broken = (await Promise.allSettled(work)).find(({ status }) => status === "rejected");
    if (broken?.status === "rejected") throw broken.reason;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (!options.list) finish(report.results, performance.now() - started);
}

function chosen({ story: names, trial: ids }: Options): Story[] {
  if (ids.length > 0) return stories.filter(({ name }) => ids.some((id) => id.startsWith(`${name}: `)));
  return names.length > 0 ? stories.filter(({ name }) => names.includes(name)) : [...stories];
}

function stop(queue: Share[]): void {
  say("stopping after the running trials");
  stopping = true;
  queue.length = 0;
}

/**
 * Each lab tells stories or shares of them, one after the other from the common queue: a story's trials are compared with what the same lab made
 * of it undisturbed.
 */
async function workThrough(queue: Share[], folder: string, report: Report, options: Options): Promise<void> {
  const lab = await openLab(folder);
  try {
    for (let share = queue.shift(); share; share = queue.shift()) await tell(share, lab, report, options);
  } finally {
    await lab.close();
  }
}

async function tell(share: Share, lab: Lab, report: Report, options: Options): Promise<void> {
  const { story } = share;
  say(`${story.name}: undisturbed`);
  const known = [...(await story.prepare(lab))].sort((one, other) => one.id.localeCompare(other.id));
  const wanted = options.trial.length > 0 ? known.filter(({ id }) => options.trial.includes(id)) : known;
  const all = options.sample === undefined ? wanted : sample(wanted, options.sample, options.seed);
  const trials = all.filter((trial) => isIn(share, trial));
  for (const [index, trial] of trials.entries()) {
    if (options.list) process.stdout.write(`${trial.id}\n`);
    if (options.list || report.has(trial.id)) continue;
    if (stopping) return;
    const result = await attempt(story, trial);
    // A signal at a terminal reaches the running commands too: what came of it says nothing.
    if (stopping && failedOf([result]).length > 0) return;
    report.add(result);
    const word = result.lost.length > 0 ? "LOST" : result.converged ? "ok" : "DIFFERS";
    say(`${index + 1}/${trials.length} ${word} ${result.id} (${result.seconds.toFixed(1)} s)`);
    if (!result.converged || result.lost.length > 0) say(`    ${result.detail.replaceAll("\n", "\n    ")}`);
  }
}

async function attempt(story: Story, { id, run }: Trial): Promise<Result> {
  const started = performance.now();
  const verdict = await run().catch((error: Error) => ({ converged: false, lost: [], detail: String(error.stack) }));
  return { story: story.name, id, ...verdict, seconds: Math.round((performance.now() - started) / 100) / 10 };
}

function finish(results: readonly Result[], milliseconds: number): void {
  const bad = failedOf(results);
  for (const { id } of bad) say(`again: npm run faults -- --labs 1 --trial '${id}'`);
  say(`${Math.round(milliseconds / 1000)} s`);
  process.stdout.write(`${markdown(rowsOf(results))}${results.length - bad.length} passed, ${bad.length} failed\n`);
  process.exitCode = bad.length === 0 && results.length > 0 ? 0 : 1;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
