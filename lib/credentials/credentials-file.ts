/**
 * `credentials/<owner>--<repo>.json`: what a deploy needs to know of a credential, and nothing that is secret. Secrets are in it only
 * as ciphertext that GitHub alone can open. The file belongs into version control beside the config.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { ForkConfig } from "../config/schema.ts";
import { InputFailure } from "../failure.ts";

const sealedSecret = z.strictObject({
  name: z.string().regex(/^[A-Z][A-Z0-9_]*$/),
  keyId: z.string(),
  encrypted: z.base64(),
});

const common = {
  version: z.literal(1),
  repository: z.string(),
  createdAt: z.iso.datetime(),
  environment: z.string(),
  /** What the workflow pushes with. */
  secret: sealedSecret,
  /** Reads a private upstream. */
  upstreamToken: sealedSecret.optional(),
};

const schema = z.discriminatedUnion("kind", [
  z.strictObject({
    ...common,
    kind: z.literal("deploy-key"),
    publicKey: z.string().regex(/^ssh-ed25519 [A-Za-z0-9+/=]+$/),
  }),
  z.strictObject({
    ...common,
    kind: z.literal("github-app"),
    appId: z.int().positive(),
    /** Of the private key that is sealed, as GitHub shows it on the App's settings page: SHA-256 of the public half, base64. */
    keyFingerprint: z.string().optional(),
    /** The App's settings page, where people make and delete private keys. */
    settings: z.url().optional(),
  }),
]);

export type SealedSecret = Readonly<z.infer<typeof sealedSecret>>;
export type CredentialsFile = Readonly<z.infer<typeof schema>>;
export type DeployKeyFile = Extract<CredentialsFile, { kind: "deploy-key" }>;
export type GitHubAppFile = Extract<CredentialsFile, { kind: "github-app" }>;

/** Path of a fork's file, relative to the folder of the config. */
export function credentialsPath(repository: string): string {
  return join("credentials", `${repository.replace("/", "--")}.json`);
}

export function hasCredentials(projectFolder: string, repository: string): boolean {
  return readText(join(projectFolder, credentialsPath(repository))) !== undefined;
}

/** @throws InputFailure when the file is missing, is not what we write, or does not fit what the config says of the fork. */
export function readCredentials(projectFolder: string, fork: ForkConfig): CredentialsFile {
  const { repository } = fork;
  const path = credentialsPath(repository);
  const remedy = `run \`upstream-sync credentials create ${repository}\``;
  const again = `${remedy.slice(0, -1)} --replace\``;
  const text = readText(join(projectFolder, path));
  if (text === undefined) {
    throw new InputFailure(`${path} is missing: got no credential for ${repository}, expected the file`, remedy);
  }
  const parsed = schema.safeParse(parseJson(text));
  if (!parsed.success) {
    throw new InputFailure(`${path} is not a credentials file: ${z.prettifyError(parsed.error)}`, again);
  }
  const file = parsed.data;
  if (file.repository !== repository) {
    throw new InputFailure(`${path} is for another fork: got ${file.repository}, expected ${repository}`, again);
  }
  if (file.kind !== fork.credentials) {
    throw new InputFailure(
      `${path} holds another kind of credential: got ${file.kind}, expected ${fork.credentials} as in the config`,
      again,
    );
  }
  if (fork.upstream.private && !file.upstreamToken) {
    throw new InputFailure(
      `${path} has no token for the private upstream: got none, expected one as upstream.private is true`,
      `${remedy.slice(0, -1)} --replace --upstream-token\``,
    );
  }
  return file;
}

export function writeCredentials(projectFolder: string, credentials: CredentialsFile): string {
  const path = credentialsPath(credentials.repository);
  const file = join(projectFolder, path);
  mkdirSync(dirname(file), { recursive: true });
  // In one step: half a file would be no credential at all.
  writeFileSync(`${file}.new`, `${JSON.stringify(schema.parse(credentials), null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return path;
}

/** @returns the path when there was a file. */
export function removeCredentials(projectFolder: string, repository: string): string | undefined {
  if (!hasCredentials(projectFolder, repository)) return undefined;
  rmSync(join(projectFolder, credentialsPath(repository)));
  return credentialsPath(repository);
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
