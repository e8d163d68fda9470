/** `upstream-sync credentials create` */
import { Command } from "commander";
import { selectForks } from "../lib/operations/context.ts";
import { createCredentials } from "../lib/operations/create-credentials.ts";
import { follow, print, printJson } from "./output.ts";
import { openProject, type ProjectOptions, withProjectOptions } from "./project.ts";

export function credentialsCommand(): Command {
  const create = withProjectOptions(new Command("create"))
    .description("make a deploy key, seal it for the fork's environment and write its public half to credentials/")
    .argument("[fork...]", "forks of the config, all when none is named")
    .option("--replace", "make a new key although there is a file already (needed after a destroy)")
    .addHelpText(
      "after",
      `
Writes on GitHub: the environment "upstream-sync" (no branch may use it until the first apply).
Writes here: credentials/<owner>--<repo>.json, which holds no secret and belongs into version control.

Example:
  GITHUB_TOKEN=$(gh auth token) upstream-sync credentials create acme/open-webui`,
    )
    .action(async (names: string[], options: ProjectOptions & { replace?: boolean }) => {
      const context = openProject(options);
      const created = [];
      for (const fork of selectForks(context.config, names)) {
        created.push(await follow(createCredentials(context, { fork, replace: options.replace ?? false })));
      }
      if (options.json) return printJson({ credentials: created });
      for (const { repository, path } of created) print(`${repository}: wrote ${path}; commit it`);
    });
  return new Command("credentials").description("the key the workflow pushes with").addCommand(create);
}
