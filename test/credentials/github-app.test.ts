import { generateKeyPairSync, verify } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import {
  appJwt,
  missingPermissions,
  neededPermissions,
  readAppKey,
  settingsPage,
} from "../../lib/credentials/github-app.ts";
import { forkConfig } from "../support/fork-config.ts";

const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = pair.privateKey.export({ type: "pkcs1", format: "pem" }).toString();

describe("a GitHub App's private key", () => {
  test("signs a token as GitHub asks: RS256, issued a minute ago, for at most ten minutes", () => {
    const [head = "", claims = "", signature = ""] = appJwt(readAppKey(4711, pem), 1_790_000_000_000).split(".");
    const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
    expect([read(head), read(claims)]).toEqual([
      { alg: "RS256", typ: "JWT" },
      { iat: 1_789_999_940, exp: 1_790_000_060, iss: 4711 },
    ]);
    const signed = Buffer.from(`${head}.${claims}`);
    expect(verify("RSA-SHA256", signed, pair.publicKey, Buffer.from(signature, "base64url"))).toBe(true);
  });

  test("what is no RSA key is refused without being shown", () => {
    for (const wrong of ["", "secret text", pem.slice(0, 200)]) {
      expect(() => readAppKey(1, wrong)).toThrow(/^the private key of App 1 cannot be read: expected a PEM file/);
    }
    const other = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    expect(() => readAppKey(1, other)).toThrow("the private key of App 1: got ed25519, expected RSA");
  });
});

test("what an App has to be allowed depends on what the config asks of it", () => {
  const basic = { contents: "write", issues: "write", pull_requests: "write", statuses: "write", workflows: "write" };
  expect(neededPermissions(forkConfig({ credentials: "github-app" }))).toEqual(basic);
  const teams = forkConfig({ credentials: "github-app", pullRequest: { teamReviewers: ["core"] } });
  expect(neededPermissions(teams)).toEqual({ ...basic, members: "read" });
  expect(missingPermissions({ contents: "write", members: "read" }, { contents: "read", members: "write" })).toEqual([
    "contents: write",
  ]);
});

test("an App's settings page lies with its owner", () => {
  const app = { slug: "sync", html_url: "https://github.com/apps/sync" };
  expect(settingsPage({ ...app, owner: { login: "acme", type: "Organization" } })).toBe(
    "https://github.com/organizations/acme/settings/apps/sync",
  );
  expect(settingsPage({ ...app, owner: { login: "ada", type: "User" } })).toBe("https://github.com/settings/apps/sync");
});
