/** Preloaded (`node --import`) by a process that is measured: at its end it writes how long it lived and its peak of memory. */
import { writeFileSync } from "node:fs";

process.once("exit", () => {
  const file = process.env.BENCH_USAGE;
  // Kilobytes on every platform (libuv's uv_getrusage).
  const peakMegabytes = process.resourceUsage().maxRSS / 1024;
  // performance.now() counts from the start of the process.
  if (file) writeFileSync(file, JSON.stringify({ seconds: performance.now() / 1000, peakMegabytes }));
});
