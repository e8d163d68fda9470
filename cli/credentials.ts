/** `upstream-sync credentials create`, `rotate`, `revoke` and `status` */
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { Command } from "commander";
import { InputFailure } from "../lib/failure.ts";
import { selectForks } from "../lib/operations/context.ts";
import type { CreateCredentialsOptions } from "../lib/operations/create-credentials.ts";
import { confirm } from "./confirm.ts";
import { credentialsText, revocationText } from "./credentials-text.ts";
import { announce, exitCodes, follow, print, printJson } from "./output.ts";
import { openProject, type ProjectOptions, withProjectOptions } from "./project.ts";

interface CreateOptions extends ProjectOptions {
  readonly replace?: boolean;
  readonly appId?: string;
  readonly privateKeyFile?: string;
  readonly upstreamToken?: boolean;
}

const forksHelp = "forks of the config, all when none is named";

export function credentialsCommand(): Command {
  return new Command("credentials")
    .description("what the workflow pushes with: create, rotate, revoke, status")
    .addCommand(createCommand())
    .addCommand(rotateCommand())
    .addCommand(revokeCommand())
    .addCommand(statusCommand());
}

function createCommand(): Command {
  return withProjectOptions(new Command("create"))
    .description(
      "make what the workflow pushes with, seal it for the fork's environment, write what is public to credentials/",
    )
    .argument("[fork...]", forksHelp)
    .option("--replace", "make a new one although there is a file already (needed after a destroy)")
    .option("--app-id <number>", "with credentials: github-app: the App's number, from its settings page")
    .option("--private-key-file <file>", "with credentials: github-app: its private key, PEM")
    .option(
      "--upstream-token",
      "seal a token that may read a private upstream: standard input, or UPSTREAM_SYNC_UPSTREAM_TOKEN",
    )
    .addHelpText(
      "after",
      `
Writes on GitHub: the environment "upstream-sync" (no branch may use it until the first apply).
Writes here: credentials/<owner>--<repo>.json, which holds no secret and belongs into version control.

Examples:
  GITHUB_TOKEN=$(gh auth token) upstream-sync credentials create acme/open-webui
  upstream-sync credentials create acme/open-webui --app-id 12345 --private-key-file app.pem
  pass show upstream-reader | upstream-sync credentials create acme/open-webui --upstream-token`,
    )
    .action(async (names: string[], options: CreateOptions) => {
      const context = await openProject(options);
      const { createCredentials } = await import("../lib/operations/create-credentials.ts");
      const given = {
        replace: options.replace ?? false,
        app: readApp(options),
        upstreamToken: options.upstreamToken ? await readUpstreamToken() : undefined,
      };
      const created = [];
      for (const fork of selectForks(context.config, names)) {
        created.push(await follow(createCredentials(context, { fork, ...given })));
      }
      if (options.json) return printJson("credentials create", { credentials: created });
      for (const { repository, path } of created) print(`${repository}: wrote ${path}; commit it`);
    });
}

function rotateCommand(): Command {
  return withProjectOptions(new Command("rotate"))
    .description("make a new credential beside the one in use; the next apply brings it in, and then the old one goes")
    .argument("[fork...]", forksHelp)
    .option("--app-id <number>", "with credentials: github-app: checked against the one in use")
    .option("--private-key-file <file>", "with credentials: github-app: a second private key of the App, PEM")
    .option(
      "--upstream-token",
      "seal another token for a private upstream: standard input, or UPSTREAM_SYNC_UPSTREAM_TOKEN",
    )
    .addHelpText(
      "after",
      `
Writes here: credentials/<owner>--<repo>.json. Writes nothing on GitHub: a run started before, during or after the apply can push.

Examples:
  upstream-sync credentials rotate acme/open-webui && upstream-sync apply acme/open-webui
  upstream-sync credentials rotate acme/open-webui --private-key-file app.second.pem`,
    )
    .action(async (names: string[], options: CreateOptions) => {
      const context = await openProject(options);
      const { rotateCredentials } = await import("../lib/operations/rotate-credentials.ts");
      const given = {
        app: readRotatedApp(options),
        upstreamToken: options.upstreamToken ? await readUpstreamToken() : undefined,
      };
      const rotated = [];
      for (const fork of selectForks(context.config, names)) {
        rotated.push(await follow(rotateCredentials(context, { fork, ...given })));
      }
      if (options.json) return printJson("credentials rotate", { credentials: rotated });
      for (const { repository, from, to, next } of rotated) {
        print(`${repository}: ${from ?? "the credential in use"} -> ${to}`);
        for (const step of next) print(`  next: ${step}`);
      }
    });
}

function revokeCommand(): Command {
  return withProjectOptions(new Command("revoke"))
    .description("take key and secrets away at once; shows what stops working, asks")
    .argument("<fork...>", "forks of the config")
    .option("-y, --yes", "do not ask")
    .addHelpText(
      "after",
      `
Deletes on GitHub: the deploy key, and the secrets in the environment "upstream-sync".
Deletes here: credentials/<owner>--<repo>.json, so that no apply brings the same key back.

Example:
  upstream-sync credentials revoke acme/open-webui`,
    )
    .action(async (names: string[], options: ProjectOptions & { readonly yes?: boolean }) => {
      const context = await openProject(options);
      const { readRevocation, revokeCredentials } = await import("../lib/operations/revoke-credentials.ts");
      const planned = [];
      for (const fork of selectForks(context.config, names)) {
        const revocation = await follow(readRevocation(context, { fork }));
        planned.push({ fork, revocation });
        if (!options.json || !options.yes) announce(revocationText(revocation), options);
      }
      if (!options.yes) await confirm("credentials revoke", "take this away now?");
      for (const { fork, revocation } of planned) await follow(revokeCredentials(context, { fork, revocation }));
      if (options.json) {
        return printJson("credentials revoke", { revoked: planned.map(({ revocation }) => revocation), done: true });
      }
      print("credentials revoke: done");
    });
}

function statusCommand(): Command {
  return withProjectOptions(new Command("status"))
    .description(
      "kind, age, where it is used, when GitHub saw it last, and whether file, key and secret belong together",
    )
    .argument("[fork...]", forksHelp)
    .addHelpText(
      "after",
      `
Reads only. Ends with 3 when something does not belong together, and names what to run.

Example:
  upstream-sync credentials status --json`,
    )
    .action(async (names: string[], options: ProjectOptions) => {
      const context = await openProject(options);
      const { credentialsStatus } = await import("../lib/operations/credentials-status.ts");
      const found = [];
      for (const fork of selectForks(context.config, names)) {
        found.push(await follow(credentialsStatus(context, { fork })));
      }
      if (options.json) printJson("credentials status", { credentials: found });
      else print(found.map(credentialsText).join("\n\n"));
      if (found.some(({ agree }) => !agree)) process.exitCode = exitCodes.checksNotOk;
    });
}

/** @throws InputFailure for half an App, a number that is none, or a file that cannot be read. */
function readApp({ appId, privateKeyFile }: CreateOptions): CreateCredentialsOptions["app"] {
  if (appId === undefined && privateKeyFile === undefined) return undefined;
  if (appId === undefined || privateKeyFile === undefined) {
    throw new InputFailure(
      `an App is its number and its private key: got only ${appId === undefined ? "--private-key-file" : "--app-id"}`,
      "pass both --app-id and --private-key-file",
    );
  }
  return { id: appNumber(appId), privateKey: readPem(privateKeyFile) };
}

function readRotatedApp({ appId, privateKeyFile }: CreateOptions) {
  if (privateKeyFile === undefined) return undefined;
  return { id: appId === undefined ? undefined : appNumber(appId), privateKey: readPem(privateKeyFile) };
}

function appNumber(text: string): number {
  if (/^[1-9][0-9]{0,14}$/.test(text)) return Number(text);
  throw new InputFailure(
    `--app-id: got ${JSON.stringify(text)}, expected digits`,
    "it is the App ID, not the Client ID",
  );
}

function readPem(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new InputFailure(`${file} cannot be read (${code})`, "name the PEM file that GitHub gave you");
  }
}

/** Never an argument: those stand in the list of processes and in the shell's history. @throws InputFailure when there is none. */
async function readUpstreamToken(): Promise<string> {
  const piped = process.env.UPSTREAM_SYNC_UPSTREAM_TOKEN || process.stdin.isTTY ? "" : await text(process.stdin);
  const token = (process.env.UPSTREAM_SYNC_UPSTREAM_TOKEN || piped).trim();
  if (token === "" || /\s/.test(token)) {
    throw new InputFailure(
      `--upstream-token: got ${token === "" ? "nothing" : "several words"} on standard input and in UPSTREAM_SYNC_UPSTREAM_TOKEN, expected a token`,
      "pipe it in, or export it as UPSTREAM_SYNC_UPSTREAM_TOKEN",
    );
  }
  return token;
}
