/** The fork's credential, whatever its kind: chosen once from the settings, gone when the work is done. */
import { withInstallationToken } from "./app-token.ts";
import { withDeployKey } from "./deploy-key.ts";
import { authorization, type Git } from "./git.ts";
import { connect, type GitHub } from "./github.ts";
import type { Context } from "./look.ts";
import { refuseOtherRepository } from "./own-repository.ts";
import { type Push, pushTo } from "./push.ts";
import { forkUrl } from "./repository.ts";
import type { Credential, Settings } from "./settings.ts";

export interface Access {
  readonly push: Push;
  /** In whose name issues, pull requests and statuses are written: the App's own, else the job's. */
  readonly github: GitHub;
}

/** What an App's token is asked for, in the words of the REST API; the job token has what the workflow gives the job. */
export type Permissions = Readonly<Record<string, "read" | "write">>;

/** @throws Stop when the credential is missing or not accepted. */
export function withAccess<T>(
  git: Git,
  context: Context,
  settings: Settings & { readonly credential: Credential },
  permissions: Permissions,
  use: (access: Access) => Promise<T>,
): Promise<T> {
  const { github } = context;
  const overHttps = (token: string) => {
    const url = forkUrl(settings);
    refuseOtherRepository(settings.repository, /([^/]+\/[^/]+)\.git$/.exec(url)?.[1] ?? "");
    return pushTo(git, context.sleep, { url, environment: authorization([{ url, token }]) });
  };
  switch (settings.credential.kind) {
    case "deploy-key":
      return withDeployKey(github, settings, (remote) => use({ push: pushTo(git, context.sleep, remote), github }));
    case "github-app":
      return withInstallationToken(settings, context, permissions, (token) =>
        use({ push: overHttps(token), github: connect({ ...settings, token, sleep: context.sleep }) }),
      );
    case "github-token":
      return use({ push: overHttps(settings.token), github });
  }
}
