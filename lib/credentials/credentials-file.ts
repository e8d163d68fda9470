/**
 * `credentials/<owner>--<repo>.json`: what a deploy needs to know of a credential, and nothing that is secret. The private half
 * of the key exists only as ciphertext that GitHub alone can open. The file belongs into version control beside the config.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { InputFailure } from "../failure.ts";

const schema = z.strictObject({
  version: z.literal(1),
  kind: z.literal("deploy-key"),
  repository: z.string(),
  createdAt: z.iso.datetime(),
  environment: z.string(),
  publicKey: z.string().regex(/^ssh-ed25519 [A-Za-z0-9+/=]+$/),
  secret: z.strictObject({
    name: z.string().regex(/^[A-Z][A-Z0-9_]*$/),
    keyId: z.string(),
    encrypted: z.base64(),
  }),
});

export type CredentialsFile = Readonly<z.infer<typeof schema>>;

/** Path of a fork's file, relative to the folder of the config. */
export function credentialsPath(repository: string): string {
  return join("credentials", `${repository.replace("/", "--")}.json`);
}

export function hasCredentials(projectFolder: string, repository: string): boolean {
  return readText(join(projectFolder, credentialsPath(repository))) !== undefined;
}

/** @throws InputFailure when the file is missing, is not what we write, or belongs to another fork. */
export function readCredentials(projectFolder: string, repository: string): CredentialsFile {
  const path = credentialsPath(repository);
  const remedy = `run \`upstream-sync credentials create ${repository}\``;
  const text = readText(join(projectFolder, path));
  if (text === undefined) {
    throw new InputFailure(`${path} is missing: got no credential for ${repository}, expected the file`, remedy);
  }
  const parsed = schema.safeParse(parseJson(text));
  if (!parsed.success) {
    throw new InputFailure(`${path} is not a credentials file: ${z.prettifyError(parsed.error)}`, remedy);
  }
  if (parsed.data.repository !== repository) {
    throw new InputFailure(
      `${path} is for another fork: got ${parsed.data.repository}, expected ${repository}`,
      remedy,
    );
  }
  return parsed.data;
}

export function writeCredentials(projectFolder: string, credentials: CredentialsFile): string {
  const path = credentialsPath(credentials.repository);
  const file = join(projectFolder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(schema.parse(credentials), null, 2)}\n`, { mode: 0o600 });
  return path;
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
