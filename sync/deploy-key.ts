/** Pushing by the fork's deploy key over ssh. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { GitHub } from "./github.ts";
import { refuseOtherRepository } from "./own-repository.ts";
import type { Remote } from "./push.ts";
import type { Credential, Settings } from "./settings.ts";
import { Stop } from "./stop.ts";

/** The private key is on disk only while `use` runs, in a folder of its own. */
export async function withDeployKey<T>(
  github: GitHub,
  settings: Settings & { readonly credential: Credential },
  use: (remote: Remote) => Promise<T>,
): Promise<T> {
  const { secret } = settings.credential;
  if (secret.trim() === "") throw missingKey();
  const server = await readSshServer(github, settings);
  // mkdtemp makes the folder with mode 0700.
  const folder = await mkdtemp(join(settings.files.temporary, "upstream-sync-key-"));
  try {
    const identity = join(folder, "identity");
    const knownHosts = join(folder, "known_hosts");
    await writeFile(identity, `${secret.trimEnd()}\n`, { mode: 0o600 });
    await writeFile(knownHosts, server.knownHosts, { mode: 0o600 });
    const environment = { GIT_SSH_COMMAND: sshCommand(identity, knownHosts), GIT_SSH_VARIANT: "ssh" };
    return await use({ url: server.url, environment });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function missingKey(): Stop {
  return new Stop({
    what: "there is no deploy key",
    got: 'the environment "upstream-sync" has no secret UPSTREAM_SYNC_DEPLOY_KEY',
    remedy: 'Run "upstream-sync credentials create" and deploy, then run the workflow again',
  });
}

interface SshServer {
  readonly url: string;
  readonly knownHosts: string;
}

/** Host keys come from GitHub's API over https: trusting whatever answers first would be no check at all. */
async function readSshServer(github: GitHub, settings: Settings): Promise<SshServer> {
  const repository = (await github.get(`/repos/${settings.repository}`)) as { ssh_url?: unknown };
  const meta = (await github.get("/meta")) as { ssh_keys?: unknown };
  const address = parseSshUrl(String(repository.ssh_url));
  const keys = Array.isArray(meta.ssh_keys) ? meta.ssh_keys.map(String).filter(isHostKey) : [];
  if (address === undefined || keys.length === 0) {
    throw new Stop({
      what: "the ssh server of the fork is not known",
      got: `ssh_url ${JSON.stringify(repository.ssh_url)}, ${keys.length} host keys in GET /meta`,
      remedy: "Check that the GitHub server names its ssh host keys in GET /meta",
    });
  }
  refuseOtherRepository(settings.repository, address.repository);
  return { url: String(repository.ssh_url), knownHosts: keys.map((key) => `${address.host} ${key}\n`).join("") };
}

/** @returns `host` as known_hosts writes it, and `owner/name`; both forms of GitHub's `ssh_url` are read. */
export function parseSshUrl(url: string): { host: string; repository: string } | undefined {
  const long = /^ssh:\/\/[\w-]+@([\w.-]+)(?::(\d+))?\/([\w.-]+\/[\w.-]+?)(?:\.git)?$/.exec(url);
  if (long) {
    const [, host = "", port = "22", repository = ""] = long;
    return { host: port === "22" ? host : `[${host}]:${port}`, repository };
  }
  const short = /^[\w-]+@([\w.-]+):([\w.-]+\/[\w.-]+?)(?:\.git)?$/.exec(url);
  return short ? { host: short[1] ?? "", repository: short[2] ?? "" } : undefined;
}

function isHostKey(text: string): boolean {
  return /^[\w@.-]+ [A-Za-z0-9+/]+=*$/.test(text);
}

function sshCommand(identity: string, knownHosts: string): string {
  const options = [
    "BatchMode=yes",
    "IdentitiesOnly=yes",
    "IdentityAgent=none",
    "StrictHostKeyChecking=yes",
    `UserKnownHostsFile="${knownHosts}"`,
    "GlobalKnownHostsFile=/dev/null",
    "ConnectTimeout=30",
  ];
  // git hands this line to a shell.
  return ["ssh", "-F", "/dev/null", "-i", identity, ...options.flatMap((option) => ["-o", option])]
    .map((word) => `'${word.replaceAll("'", "'\\''")}'`)
    .join(" ");
}
