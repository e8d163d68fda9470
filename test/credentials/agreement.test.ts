import { expect, test } from "@jest/globals";
import { disagreements } from "../../lib/credentials/agreement.ts";
import type { DeployedCredential } from "../../lib/credentials/deployed.ts";

const file = {
  version: 1,
  kind: "deploy-key",
  repository: "acme/fork",
  createdAt: "2026-11-01T00:00:00.000Z",
  environment: "upstream-sync",
  publicKey: "ssh-ed25519 NEW",
  secret: { name: "UPSTREAM_SYNC_DEPLOY_KEY", keyId: "1", encrypted: "c2VhbGVk" },
} as const;
const key = {
  id: 7,
  publicKey: file.publicKey,
  fingerprint: "SHA256:x",
  createdAt: "2026-11-02T10:00:00Z",
  lastUsed: null,
  readOnly: false,
  enabled: true,
};
const secret = { name: file.secret.name, createdAt: "2026-11-02T10:00:01Z", updatedAt: "2026-11-02T10:00:01Z" };
const good: DeployedCredential = { keys: [key], environment: { key: "k", key_id: "1" }, secrets: [secret] };
const apply = "upstream-sync apply acme/fork";
const create = "upstream-sync credentials create acme/fork";

test.each<[string, Partial<DeployedCredential>, [string, string][]]>([
  ["all belongs together", {}, []],
  [
    "rotated, not applied",
    { keys: [{ ...key, publicKey: "ssh-ed25519 OLD" }] },
    [["the file has a new key, and GitHub the old one", apply]],
  ],
  ["removed by people", { keys: [] }, [["the file's key is not on GitHub", apply]]],
  [
    "an apply that was cut off",
    { keys: [key, { ...key, id: 6, publicKey: "ssh-ed25519 OLD" }] },
    [["an older key is still there: id 6", apply]],
  ],
  [
    "an older secret",
    { secrets: [{ ...secret, updatedAt: "2026-11-02T09:00:00Z" }] },
    [["secret UPSTREAM_SYNC_DEPLOY_KEY is older than the key", apply]],
  ],
  ["no secret", { secrets: [] }, [["secret UPSTREAM_SYNC_DEPLOY_KEY is missing", apply]]],
  ["reads only", { keys: [{ ...key, readOnly: true }] }, [["the key may only read", apply]]],
  [
    "forbidden",
    { keys: [{ ...key, enabled: false }] },
    [
      [
        "deploy keys are switched off for this repository",
        "allow them in the organization's settings, or write credentials: github-app",
      ],
    ],
  ],
  [
    "another environment",
    { environment: { key: "k", key_id: "2" } },
    [
      [
        "the environment has another key pair than the one that the file was sealed for",
        `${create} --replace, then ${apply}`,
      ],
    ],
  ],
  [
    "no environment",
    { environment: undefined },
    [["the environment is gone that the file was sealed for", `${create} --replace, then ${apply}`]],
  ],
])("%s", (_what, changed, problems) => {
  expect(disagreements("acme/fork", file, { ...good, ...changed })).toEqual(
    problems.map(([what, fix]) => ({ what, fix })),
  );
});

test("without a file: nothing yet, or something that is left", () => {
  const of = (deployed: DeployedCredential) => disagreements("acme/fork", undefined, deployed).map(({ what }) => what);
  expect(of(good)).toEqual(["key or secret are on GitHub, and the credentials file is gone"]);
  expect(of({ keys: [], environment: undefined, secrets: [] })).toEqual(["there is no credential yet"]);
});

test("an App has no key there: the secret is compared with the file", () => {
  const { publicKey: _, ...rest } = file;
  const app = { ...rest, kind: "github-app", appId: 3 } as const;
  expect(disagreements("acme/fork", app, { ...good, keys: [] })).toEqual([]);
  const older = { ...secret, updatedAt: "2026-10-31T00:00:00Z" };
  expect(disagreements("acme/fork", app, { ...good, keys: [], secrets: [older] })).toEqual([
    { what: "secret UPSTREAM_SYNC_DEPLOY_KEY is older than the file", fix: apply },
  ]);
});
