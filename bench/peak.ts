/** The memory that processes take together while something is done, looked at ten times a second. */
import { execa } from "execa";

interface Process {
  readonly id: number;
  readonly parent: number;
  readonly kilobytes: number;
  readonly command: string;
}

/** @param command of the processes that count, with all that they started. */
export async function peakOf<T>(
  command: RegExp,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly peakMegabytes: number }> {
  let peak = 0;
  let done = false;
  const looking = (async () => {
    while (!done) {
      peak = Math.max(peak, kilobytesOf(await processes(), command));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  try {
    return { result: await work(), peakMegabytes: peak / 1024 };
  } finally {
    done = true;
    await looking;
  }
}

async function processes(): Promise<Process[]> {
  const { stdout } = await execa("ps", ["-A", "-o", "pid=,ppid=,rss=,args="]);
  return stdout.split("\n").map((line) => {
    const [id, parent, kilobytes, ...words] = line.trim().split(/\s+/);
    return { id: Number(id), parent: Number(parent), kilobytes: Number(kilobytes), command: words.join(" ") };
  });
}

function kilobytesOf(all: readonly Process[], command: RegExp): number {
  const mine = new Set(all.filter((one) => command.test(one.command)).map(({ id }) => id));
  for (let size = 0; size !== mine.size; ) {
    size = mine.size;
    for (const one of all) if (mine.has(one.parent)) mine.add(one.id);
  }
  const commands = new Map(all.map(({ id, command: text }) => [id, text]));
  // A child that is still called as its parent shares that one's memory: it is about to become something else.
  const own = all.filter(({ id, parent, command: text }) => mine.has(id) && commands.get(parent) !== text);
  return own.reduce((sum, { kilobytes }) => sum + kilobytes, 0);
}
