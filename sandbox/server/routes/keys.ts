/** Deploy keys: one key, one repository, in the whole of GitHub. */
import { Hono } from "hono";
import { optionalBoolean, optionalString, readBody, requiredString } from "../body.ts";
import {
  authorize,
  type Env,
  GitHubError,
  notFound,
  type RouteContext,
  type Routes,
  validationFailed,
} from "../http.ts";
import { paginate } from "../paging.ts";
import { repositoryUrl } from "../shapes.ts";
import type { DeployKey, Repository } from "../state.ts";

const admin = { role: "admin", job: "never" } as const;

const keyTypes = /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-ssh-ed25519@openssh\.com)$/;

/** "type base64" without the comment, as GitHub stores it; undefined when it is no OpenSSH public key. */
function normalized(text: string): string | undefined {
  const [type = "", blob = ""] = text.trim().split(/\s+/);
  const bytes = Buffer.from(blob, "base64");
  // The blob repeats its type, behind a length of four bytes (RFC 4253, 6.6).
  const inner = bytes.length > 4 ? bytes.subarray(4, 4 + bytes.readUInt32BE(0)).toString() : "";
  return keyTypes.test(type) && inner === type ? `${type} ${blob}` : undefined;
}

/** An organization's policy also switches off the keys that are there (docs: restricting-deploy-keys-in-your-organization). */
function allowed(c: RouteContext, { owner, actions }: Repository): boolean {
  return actions.deployKeysAllowed && c.var.sandbox.state.owner(owner)?.deployKeysEnabled !== false;
}

function keyShape(c: RouteContext, repository: Repository, key: DeployKey) {
  return {
    id: key.id,
    key: key.key,
    url: `${repositoryUrl(c.var.sandbox, repository)}/keys/${key.id}`,
    title: key.title,
    verified: true,
    created_at: key.created_at,
    read_only: key.read_only,
    last_used: key.last_used ?? null,
    enabled: allowed(c, repository),
  };
}

function find(c: RouteContext, repository: Repository): DeployKey {
  const key = repository.keys.find((one) => one.id === Number(c.req.param("id")));
  if (!key) throw notFound();
  return key;
}

export function keysRoutes(): Routes {
  const routes = new Hono<Env>();
  routes.get("/repos/:owner/:repo/keys", (c) => {
    const repository = authorize(c, admin);
    return c.json(paginate(c, repository.keys).map((key) => keyShape(c, repository, key)));
  });
  routes.post("/repos/:owner/:repo/keys", async (c) => {
    const repository = authorize(c, admin);
    const { state } = c.var.sandbox;
    const body = await readBody(c);
    const text = requiredString(body, "key");
    if (!allowed(c, repository)) {
      // As in vitodeploy/vito#949.
      const message = "Deploy keys are disabled for this repository";
      throw new GitHubError(422, "Validation Failed", { errors: [{ resource: "PublicKey", code: "custom", message }] });
    }
    const key = normalized(text);
    if (key === undefined) {
      const words = "key is invalid. You must supply a key in OpenSSH public key format";
      throw validationFailed("PublicKey", "key", "custom", words);
    }
    if (state.data.repositories.some((other) => other.keys.some((one) => one.key === key))) {
      throw validationFailed("PublicKey", "key", "custom", "key is already in use");
    }
    const made: DeployKey = {
      id: state.id(),
      title: optionalString(body, "title") ?? "",
      key,
      read_only: optionalBoolean(body, "read_only") ?? false,
      created_at: state.timestamp(),
    };
    repository.keys.push(made);
    return c.json(keyShape(c, repository, made), 201);
  });
  routes.get("/repos/:owner/:repo/keys/:id", (c) => {
    const repository = authorize(c, admin);
    return c.json(keyShape(c, repository, find(c, repository)));
  });
  routes.delete("/repos/:owner/:repo/keys/:id", (c) => {
    const repository = authorize(c, admin);
    const key = find(c, repository);
    repository.keys = repository.keys.filter((other) => other !== key);
    return c.body(null, 204);
  });
  return routes;
}
