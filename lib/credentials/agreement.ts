/** Whether credentials file, key and secret belong together; pure. */
import type { CredentialsFile } from "./credentials-file.ts";
import type { DeployedCredential } from "./deployed.ts";

export interface CredentialProblem {
  readonly what: string;
  /** A command, or what to do by hand. */
  readonly fix: string;
}

/** Empty when they agree. @param file undefined when there is none. */
export function disagreements(
  repository: string,
  file: CredentialsFile | undefined,
  deployed: DeployedCredential,
): CredentialProblem[] {
  const apply = `upstream-sync apply ${repository}`;
  const create = `upstream-sync credentials create ${repository}`;
  const { keys, environment, secrets } = deployed;
  if (!file) {
    const left = keys.length + secrets.length > 0;
    return [
      left
        ? { what: "key or secret are on GitHub, and the credentials file is gone", fix: `${create}, then ${apply}` }
        : { what: "there is no credential yet", fix: `${create}, then ${apply}` },
    ];
  }
  if (environment?.key_id !== file.secret.keyId) {
    const what = environment ? "the environment has another key pair than the one" : "the environment is gone";
    return [{ what: `${what} that the file was sealed for`, fix: `${create} --replace, then ${apply}` }];
  }
  const problems: CredentialProblem[] = [];
  const secret = secrets.find(({ name }) => name === file.secret.name);
  // Both dates are GitHub's own, except for an App, which has no key there.
  let since = file.createdAt;
  if (file.kind === "deploy-key") {
    const key = keys.find(({ publicKey }) => publicKey === file.publicKey);
    const others = keys.filter((one) => one !== key);
    if (!key) {
      const what =
        others.length > 0 ? "the file has a new key, and GitHub the old one" : "the file's key is not on GitHub";
      return [{ what, fix: apply }];
    }
    since = key.createdAt;
    if (others.length > 0) problems.push({ what: `an older key is still there: id ${ids(others)}`, fix: apply });
    if (key.readOnly) problems.push({ what: "the key may only read", fix: apply });
    if (!key.enabled) {
      problems.push({
        what: "deploy keys are switched off for this repository",
        fix: "allow them in the organization's settings, or write credentials: github-app",
      });
    }
  }
  if (!secret) problems.push({ what: `secret ${file.secret.name} is missing`, fix: apply });
  else if (Date.parse(secret.updatedAt) < Date.parse(since))
    problems.push({
      what: `secret ${secret.name} is older than the ${file.kind === "deploy-key" ? "key" : "file"}`,
      fix: apply,
    });
  const token = file.upstreamToken?.name;
  if (token !== undefined && !secrets.some(({ name }) => name === token))
    problems.push({ what: `secret ${token} is missing`, fix: apply });
  return problems;
}

function ids(keys: readonly { readonly id: number }[]): string {
  return keys.map(({ id }) => id).join(", ");
}
