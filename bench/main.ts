/** `npm run bench`: what the product costs, as ratios taken within one run. See docs/bench.md. */
import { Command } from "commander";
import { cacheFolder } from "../lib/terraform/provider.ts";
import { large, popular, tiny } from "./big-project.ts";
import { type Figures, missed } from "./bounds.ts";
import { benchDeploy, type Cycle } from "./deploy.ts";
import { benchLarge, benchSync } from "./sync.ts";
import { benchSynth } from "./synth.ts";

const command = new Command("npm run bench --")
  .description(
    "measures a sync beside the usual recipe, an idle run, a deploy beside the provider's defaults, and synthesis; works in temporary folders and the cache folder",
  )
  .option("--json", "print the figures as JSON alone on stdout")
  .option(
    "--quick",
    "a tiny project, one round, one fork, without the provider's defaults: shows that the bench works, judges nothing",
  )
  .addHelpText(
    "after",
    "\nExit codes: 0 every bound holds, 1 a bound is missed (it is named on stderr) or something failed.",
  )
  .action(run);

await command.parseAsync();

async function run({ json, quick }: { json?: boolean; quick?: boolean }): Promise<void> {
  const say = (text: string) => void process.stderr.write(`bench: ${text}\n`);
  const started = performance.now();
  const { deploy, credentials } = await benchDeploy({ defaults: !quick }, say);
  const synth = [];
  for (const forks of quick ? [1] : [1, 100, 1000])
    synth.push(await benchSynth(forks, credentials, quick ? 1 : 3, say));
  const figures: Figures = {
    ...(await benchSync(cacheFolder(), quick ? tiny : popular, quick ? 1 : 3, say)),
    ...(await benchLarge(cacheFolder(), quick ? tiny : large, say)),
    deploy,
    synth,
  };
  const problems = quick ? [] : missed(figures);
  process.stdout.write(json ? `${JSON.stringify(figures, null, 2)}\n` : table(figures));
  for (const problem of problems) say(`MISSED: ${problem}`);
  say(`${problems.length === 0 ? "done" : "bounds missed"} in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

function table({ sync, idle, policies, conflict, large: { seconds, ...big }, deploy, synth }: Figures): string {
  const cycle = ({ plan, apply, destroy }: Cycle) =>
    Object.entries({ plan, apply, destroy })
      .map(([what, cost]) => `${what} ${cost.requests} requests ${cost.seconds} s`)
      .join(", ");
  return [
    `one sync beside clone, merge, push   ${sync.timeRatio} of the time, ${sync.bytesRatio} of the bytes`,
    `  with policies                      ${policies.timeRatio} of the time, ${policies.bytesRatio} of the bytes`,
    `a conflict beside a clean run        ${conflict.timeRatio} times, ${conflict.partialTimeRatio} with upstream taken in part`,
    `${big.files} files, ${big.commits} commits          ${seconds} s, ${big.peakMegabytes} MB`,
    `nothing happened                     ${idle.refLookups} ref look-ups, ${idle.packBytes} bytes of packs`,
    `deploy of ${deploy.resources} resources              ${cycle(deploy)}`,
    ...(deploy.atProviderDefaults ? [`  with the provider's defaults       ${cycle(deploy.atProviderDefaults)}`] : []),
    ...synth.map(
      (one) =>
        `synth of ${String(one.forks).padEnd(4)} forks                 ${one.seconds} s, ${one.timeRatio} times writing the JSON, ${one.peakMegabytes} MB`,
    ),
    "",
  ].join("\n");
}
