import { tmpdir } from "node:os";
import { expect, test } from "@jest/globals";
import { gitFailure, localGit } from "../../lib/fork/local-git.ts";

test("a token goes to its own address alone, in the environment, beside what the person has there", async () => {
  const mine = { GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "user.name", GIT_CONFIG_VALUE_0: "Dana" };
  const env = { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1", ...mine };
  const git = localGit(tmpdir(), env, [
    { url: "https://github.com/acme/fork.git", token: "secret" },
    { url: "git@github.com:acme/other.git", token: "unused" },
    { url: "https://github.com/up/stream.git", token: "" },
  ]);
  expect(await git.text(["config", "user.name"])).toBe("Dana");
  const header = `Authorization: Basic ${Buffer.from("x-access-token:secret").toString("base64")}`;
  expect(await git.text(["config", "--get-regexp", "extraheader"])).toBe(
    `http.https://github.com/acme/fork.git.extraheader ${header}`,
  );
});

test.each([
  ["fatal: Authentication failed for 'https://github.com/acme/fork.git/'", "does not let you in"],
  [" ! [rejected]  a -> a (fetch first)\nerror: failed to push some refs", "somebody pushed there meanwhile"],
  ["fatal: unable to access 'https://x/': Could not resolve host: x", "check the network"],
  ["Author identity unknown\n\n*** Please tell me who you are.\nfatal: empty ident name", "tell git who you are"],
  ["remote: error: GH013: Repository rule violations found", "a rule of the fork refuses the push"],
  ["fatal: something new", "--verbose"],
])("git's %j has a remedy", (said, remedy) => {
  const failure = gitFailure(["push", "--quiet", "origin"], "/clone", { code: 1, stdout: "", stderr: said });
  expect(failure.remedy).toContain(remedy);
  expect(failure.original).toBe(`git push --quiet origin\n${said.trim()}`);
  expect(failure.message.startsWith("git push failed in /clone: ")).toBe(true);
});
