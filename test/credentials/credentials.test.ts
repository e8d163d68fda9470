import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import sodium from "libsodium-wrappers";
import ssh2 from "ssh2";
import { credentialsPath, readCredentials, writeCredentials } from "../../lib/credentials/credentials-file.ts";
import { createSealedDeployKey } from "../../lib/credentials/deploy-key.ts";
import { forkConfig } from "../support/fork-config.ts";

describe("the deploy key", () => {
  test("what the environment's private key opens is the private half of the public key", async () => {
    await sodium.ready;
    const environment = sodium.crypto_box_keypair();
    const base64 = sodium.base64_variants.ORIGINAL;
    const sealed = await createSealedDeployKey(sodium.to_base64(environment.publicKey, base64));
    const opened = sodium.crypto_box_seal_open(
      sodium.from_base64(sealed.encrypted, base64),
      environment.publicKey,
      environment.privateKey,
    );

    const key = ssh2.utils.parseKey(sodium.to_string(opened));
    if (key instanceof Error) throw key;
    expect(`ssh-ed25519 ${key.getPublicSSH().toString("base64")}`).toBe(sealed.publicKey);
    expect(key.isPrivateKey()).toBe(true);
  });
});

describe("the credentials file", () => {
  const credentials = {
    version: 1,
    kind: "deploy-key",
    repository: "acme/open-webui",
    createdAt: "2026-11-01T00:00:00.000Z",
    environment: "upstream-sync",
    publicKey: "ssh-ed25519 AAAA",
    secret: { name: "UPSTREAM_SYNC_DEPLOY_KEY", keyId: "1", encrypted: "c2VhbGVk" },
  } as const;

  test("is read back as it was written", () => {
    const folder = mkdtempSync(join(tmpdir(), "upstream-sync-"));
    expect(writeCredentials(folder, credentials)).toBe(join("credentials", "acme--open-webui.json"));
    expect(readCredentials(folder, forkConfig())).toEqual(credentials);
  });

  test("a missing one names the command that makes it", () => {
    const folder = mkdtempSync(join(tmpdir(), "upstream-sync-"));
    expect(() => readCredentials(folder, forkConfig())).toThrow(
      expect.objectContaining({
        message:
          "credentials/acme--open-webui.json is missing: got no credential for acme/open-webui, expected the file",
        remedy: "run `upstream-sync credentials create acme/open-webui`",
      }),
    );
  });

  test("one that was edited by hand or belongs to another fork is refused", () => {
    const folder = mkdtempSync(join(tmpdir(), "upstream-sync-"));
    writeCredentials(folder, credentials);
    const file = join(folder, credentialsPath("acme/open-webui"));
    writeFileSync(file, readFileSync(file, "utf8").replace("acme/open-webui", "acme/other"));
    expect(() => readCredentials(folder, forkConfig())).toThrow(
      "is for another fork: got acme/other, expected acme/open-webui",
    );
    writeFileSync(file, "{");
    expect(() => readCredentials(folder, forkConfig())).toThrow("is not a credentials file");
  });

  test("one of another kind than the config's, or without the upstream's token, is refused before anything starts", () => {
    const folder = mkdtempSync(join(tmpdir(), "upstream-sync-"));
    writeCredentials(folder, credentials);
    expect(() => readCredentials(folder, forkConfig({ credentials: "github-app" }))).toThrow(
      "holds another kind of credential: got deploy-key, expected github-app as in the config",
    );
    const upstream = { repository: "open-webui/open-webui", private: true };
    expect(() => readCredentials(folder, forkConfig({ upstream }))).toThrow(
      expect.objectContaining({
        message: expect.stringContaining("has no token for the private upstream"),
        remedy: "run `upstream-sync credentials create acme/open-webui --replace --upstream-token`",
      }),
    );
    const { publicKey: _, ...rest } = credentials;
    const upstreamToken = { name: "UPSTREAM_SYNC_UPSTREAM_TOKEN", keyId: "1", encrypted: "c2VhbGVk" };
    const app = { ...rest, kind: "github-app", appId: 7, upstreamToken } as const;
    writeCredentials(folder, app);
    expect(readCredentials(folder, forkConfig({ upstream, credentials: "github-app" }))).toEqual(app);
  });
});
