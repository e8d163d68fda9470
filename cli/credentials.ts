/** `upstream-sync credentials create` */
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { Command } from "commander";
import { InputFailure } from "../lib/failure.ts";
import { selectForks } from "../lib/operations/context.ts";
import type { CreateCredentialsOptions } from "../lib/operations/create-credentials.ts";
import { follow, print, printJson } from "./output.ts";
import { openProject, type ProjectOptions, withProjectOptions } from "./project.ts";

interface CreateOptions extends ProjectOptions {
  readonly replace?: boolean;
  readonly appId?: string;
  readonly privateKeyFile?: string;
  readonly upstreamToken?: boolean;
}

export function credentialsCommand(): Command {
  const create = withProjectOptions(new Command("create"))
    .description(
      "make what the workflow pushes with, seal it for the fork's environment, write what is public to credentials/",
    )
    .argument("[fork...]", "forks of the config, all when none is named")
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
      if (options.json) return printJson({ credentials: created });
      for (const { repository, path } of created) print(`${repository}: wrote ${path}; commit it`);
    });
  return new Command("credentials").description("what the workflow pushes with").addCommand(create);
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
  if (!/^[1-9][0-9]{0,14}$/.test(appId)) {
    throw new InputFailure(
      `--app-id: got ${JSON.stringify(appId)}, expected digits`,
      "it is the App ID, not the Client ID",
    );
  }
  try {
    return { id: Number(appId), privateKey: readFileSync(privateKeyFile, "utf8") };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new InputFailure(`${privateKeyFile} cannot be read (${code})`, "name the PEM file that GitHub gave you");
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
