/** `npm run test:full`: every fault, everywhere. One table at the end; a trial that failed is repeated by its name. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Command } from "commander";
import { deploy, destroy, destroyUnlanded } from "./cut-commands.ts";
import { conflict, firstRun, promotion } from "./kill-runs.ts";
import { type Lab, openLab } from "./lab.ts";
import { markdown, type Result, rowsOf } from "./table.ts";
import { together } from "./together.ts";
import { type Story, sample, type Trial } from "./trial.ts";

const stories = [deploy, destroy, destroyUnlanded, firstRun, promotion, conflict, together];

interface Options {
  readonly story: string[];
  readonly trial: string[];
  readonly sample?: number;
  readonly seed: number;
  readonly labs: number;
  readonly report?: string;
}

const many = (value: string, all: string[]) => [...all, value];
const command = new Command("npm run test:full --")
  .description(
    "cuts every connection and kills every run in turn, does it again, and compares with what it should have been",
  )
  .option("--story <name>", `only this story, may be repeated: ${stories.map(({ name }) => name).join(", ")}`, many, [])
  .option("--trial <id>", "only this trial, may be repeated: as it is named when it fails", many, [])
  .option("--sample <count>", "so many trials of each story, chosen by the seed", whole)
  .option("--seed <number>", "of the sample", whole, Math.floor(Date.now() / 86_400_000))
  .option("--labs <count>", "how many work side by side", whole, Math.min(2, availableParallelism()))
  .option("--report <file>", "write the results as JSON, and the table beside it with .md")
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
  const folder = mkdtempSync(join(tmpdir(), "upstream-sync-faults-"));
  const results: Result[] = [];
  try {
    const labs = await Promise.all(Array.from({ length: options.labs }, (_, n) => openLab(join(folder, `lab-${n}`))));
    try {
      for (const story of chosen(options)) results.push(...(await tell(story, labs, options)));
    } finally {
      await Promise.all(labs.map((lab) => lab.close()));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  finish(results, options.report);
}

function chosen({ story: names, trial: ids }: Options): Story[] {
  if (ids.length > 0) return stories.filter(({ name }) => ids.some((id) => id.startsWith(`${name}: `)));
  return names.length > 0 ? stories.filter(({ name }) => names.includes(name)) : stories;
}

/** Every lab tells the story undisturbed once, and then takes one trial after the other from the common heap. */
async function tell(story: Story, labs: readonly Lab[], options: Options): Promise<Result[]> {
  say(`${story.name}: undisturbed`);
  const prepared = await Promise.all(labs.map((lab) => story.prepare(lab)));
  const known = [...new Set(prepared.flat().map(({ id }) => id))];
  const wanted = options.trial.length > 0 ? known.filter((id) => options.trial.includes(id)) : known;
  const heap = options.sample === undefined ? wanted : sample(wanted, options.sample, options.seed);
  const count = heap.length;
  const results: Result[] = [];
  const work = async (trials: readonly Trial[]) => {
    const own = new Map(trials.map((trial) => [trial.id, trial]));
    for (;;) {
      // Requests that go out at once may be counted in another order by another lab.
      const index = heap.findIndex((id) => own.has(id));
      const [id] = index < 0 ? [] : heap.splice(index, 1);
      const trial = id === undefined ? undefined : own.get(id);
      if (trial === undefined) return;
      const result = await attempt(story, trial);
      results.push(result);
      const word = result.lost.length > 0 ? "LOST" : result.converged ? "ok" : "DIFFERS";
      say(`${results.length}/${count} ${word} ${result.id} (${result.seconds.toFixed(1)} s)`);
      if (!result.converged || result.lost.length > 0) say(`    ${result.detail.replaceAll("\n", "\n    ")}`);
    }
  };
  await Promise.all(prepared.map(work));
  return results;
}

async function attempt(story: Story, { id, run }: Trial): Promise<Result> {
  const started = performance.now();
  const verdict = await run().catch((error: Error) => ({ converged: false, lost: [], detail: String(error.stack) }));
  return { story: story.name, id, ...verdict, seconds: Math.round((performance.now() - started) / 100) / 10 };
}

function finish(results: readonly Result[], report: string | undefined): void {
  const rows = rowsOf(results);
  const table = markdown(rows);
  const bad = results.filter(({ converged, lost }) => !converged || lost.length > 0);
  if (report !== undefined) {
    mkdirSync(dirname(report), { recursive: true });
    writeFileSync(report, `${JSON.stringify({ rows, failed: bad, results }, null, 2)}\n`);
    writeFileSync(report.replace(/(\.json)?$/, ".md"), table);
  }
  for (const { id } of bad) say(`again: npm run test:full -- --labs 1 --trial '${id}'`);
  process.stdout.write(`${table}${results.length - bad.length} passed, ${bad.length} failed\n`);
  process.exitCode = bad.length === 0 && results.length > 0 ? 0 : 1;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
