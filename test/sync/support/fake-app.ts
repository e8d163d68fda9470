/** App 4711 as GitHub keeps it: its key, its installation on acme/fork, the tokens it was given. */
import { createPublicKey, generateKeyPairSync, type KeyObject, verify } from "node:crypto";

export interface FakeApp {
  /** What the secret of the environment holds. */
  readonly secret: string;
  readonly publicKey: KeyObject;
  /** Requested permissions by token; a revoked token is not among them. */
  readonly tokens: Map<string, unknown>;
  readonly revoked: string[];
  installed: boolean;
  /** What the installation was granted. */
  granted: readonly string[];
}

export function fakeApp(): FakeApp {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    // The form in which GitHub hands out an App's key.
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  return {
    secret: JSON.stringify({ appId: 4711, privateKey }),
    publicKey: createPublicKey(publicKey),
    tokens: new Map(),
    revoked: [],
    installed: true,
    granted: ["contents", "issues", "pull_requests", "statuses", "workflows"],
  };
}

/** Undefined for a path that is not about Apps. */
export function appAnswer(
  app: FakeApp,
  request: string,
  bearer: string,
  body: unknown,
): { status: number; body: unknown } | undefined {
  if (request === "DELETE /installation/token") {
    if (!app.tokens.delete(bearer)) return { status: 401, body: { message: "Bad credentials" } };
    app.revoked.push(bearer);
    return { status: 204, body: undefined };
  }
  const lookUp = request === "GET /repos/acme/fork/installation";
  if (!lookUp && request !== "POST /app/installations/99/access_tokens") return undefined;
  if (!isJwtOf(app, bearer)) return { status: 401, body: { message: "A JSON web token could not be decoded" } };
  if (!app.installed) return { status: 404, body: { message: "Not Found" } };
  if (lookUp) return { status: 200, body: { id: 99 } };
  const { repositories, permissions } = body as { repositories: string[]; permissions: Record<string, string> };
  if (Object.keys(permissions).some((name) => !app.granted.includes(name))) {
    return { status: 422, body: { message: "The permissions requested are not granted to this installation." } };
  }
  const token = `ghs_${app.tokens.size + app.revoked.length}`;
  app.tokens.set(token, { repositories, permissions });
  return { status: 201, body: { token } };
}

/** https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app */
function isJwtOf(app: FakeApp, jwt: string): boolean {
  const [header = "", payload = "", signature = ""] = jwt.split(".");
  if (!verify("RSA-SHA256", Buffer.from(`${header}.${payload}`), app.publicKey, Buffer.from(signature, "base64url")))
    return false;
  const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
  const { iat, exp, iss } = read(payload);
  return read(header).alg === "RS256" && iss === 4711 && exp > iat && exp - iat <= 600;
}
