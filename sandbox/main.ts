/** The sandbox as a process. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { registerJsonImports } from "./runner/json-imports.ts";

const help = `upstream-sync-sandbox: a stand-in for GitHub on this machine (127.0.0.1 only)

  --data DIR         where its state and repositories are kept; made when missing, taken up again when there
  --port N           HTTP port (default 0: any free one)
  --ready-file FILE  written when it is ready, mode 0600: {"url", "ssh", "controlToken", "pid"}; removed at the end
  --validate         compare every answer with GitHub's description of its API; what does not fit: GET /_sandbox/violations
  --help             this text

SIGTERM or SIGINT ends it: running workflow jobs are cancelled, the state stays.
`;

interface Options {
  data: string;
  port: number;
  readyFile: string | undefined;
  validate: boolean;
}

/** The options, or the text that says what is wrong with them. */
function optionsOf(args: string[]): Options | "help" | { problem: string } {
  let values: { data?: string; port?: string; "ready-file"?: string; validate?: boolean; help?: boolean };
  try {
    const options = {
      data: { type: "string" },
      port: { type: "string" },
      "ready-file": { type: "string" },
      validate: { type: "boolean" },
      help: { type: "boolean" },
    } as const;
    ({ values } = parseArgs({ args, options }));
  } catch (error) {
    return { problem: (error as Error).message };
  }
  if (values.help) return "help";
  if (!values.data)
    return { problem: "--data is missing: name a folder for the sandbox's state, for example --data /tmp/sandbox" };
  const port = Number(values.port ?? "0");
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    return { problem: `--port must be a number from 0 to 65535, got ${JSON.stringify(values.port)}` };
  }
  const readyFile = values["ready-file"];
  return {
    data: resolve(values.data),
    port,
    readyFile: readyFile === undefined ? undefined : resolve(readyFile),
    validate: values.validate ?? false,
  };
}

/** Whole or not there: whoever waits for the file may read it at once. */
function writeReadyFile(path: string, content: object): void {
  const aside = `${path}.${process.pid}`;
  writeFileSync(aside, JSON.stringify(content), { mode: 0o600 });
  renameSync(aside, path);
}

async function main(): Promise<void> {
  const options = optionsOf(process.argv.slice(2));
  if (options === "help") {
    process.stdout.write(help);
    return;
  }
  if ("problem" in options) {
    process.stderr.write(`upstream-sync-sandbox: ${options.problem}\n`);
    process.exitCode = 2;
    return;
  }
  const { data, port, readyFile, validate } = options;
  if (readyFile !== undefined) rmSync(readyFile, { force: true });
  mkdirSync(data, { recursive: true, mode: 0o700 });
  registerJsonImports();
  const { startSandbox } = await import("./server/start.ts");
  const sandbox = await startSandbox({ data, port, validate });
  const { url, ssh, controlToken } = sandbox;
  if (readyFile !== undefined) writeReadyFile(readyFile, { url, ssh, controlToken, pid: process.pid });
  process.stdout.write(`${JSON.stringify({ ready: true, url })}\n`);

  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    if (readyFile !== undefined) rmSync(readyFile, { force: true });
    sandbox.close().then(
      () => process.exit(0),
      (error: Error) => {
        process.stderr.write(`upstream-sync-sandbox: ${error.message}\n`);
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
}

main().catch((error: Error) => {
  process.stderr.write(`upstream-sync-sandbox: ${error.message}\n`);
  process.exitCode = 1;
});
