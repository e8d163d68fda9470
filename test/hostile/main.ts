/** A part of `npm run test:full`: ten thousand hostile texts and names. What fails is told with its smallest case and its seed. */
import { Command } from "commander";
import { names } from "./names.ts";
import type { Property } from "./property.ts";
import { terminal } from "./terminal.ts";
import { texts } from "./texts.ts";

/** Shares of all cases: of the sync program's texts, of what the command line prints. */
const parts: readonly (readonly [number, readonly Property[]])[] = [
  [0.75, texts],
  [0.248, terminal],
  // Whole repositories of some 25 names each.
  [0.002, names],
];
const properties = parts.flatMap(([part, all]) => all.map((one) => ({ ...one, share: one.share * part })));

await new Command("npm run hostile --")
  .description("makes up hostile names and texts, and looks whether they stay names and texts")
  .option("--cases <count>", "how many in all", Number, 10_000)
  .option("--seed <number>", "of the cases", Number, Math.floor(Date.now() / 86_400_000))
  .action(run)
  .parseAsync();

async function run({ cases, seed }: { cases: number; seed: number }): Promise<void> {
  process.stderr.write(`seed ${seed}\n`);
  let [done, failed] = [0, 0];
  for (const { name, share, check } of properties) {
    const [count, started] = [Math.ceil((cases * share) / 100), performance.now()];
    const problem = await check(count, seed).then(
      () => undefined,
      (error: Error) => error,
    );
    done += count;
    if (problem !== undefined) failed += 1;
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    process.stderr.write(`${problem === undefined ? "ok" : "FAILED"} ${count} cases: ${name} (${seconds} s)\n`);
    if (problem !== undefined) process.stderr.write(`${problem.message.slice(0, 4000)}\n`);
  }
  process.stdout.write(`${done} hostile cases, ${failed} of ${properties.length} statements broken\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}
