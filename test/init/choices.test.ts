/** The config that `init` writes for forks of different kinds: what it says, and that it is a config. */
import { describe, expect, test } from "@jest/globals";
import { resolveConfig } from "../../lib/config/resolve.ts";
import type { ForkConfig } from "../../lib/config/schema.ts";
import type { ForkFacts, Settings } from "../../lib/fork/facts.ts";
import { type Answers, choose, suggestions } from "../../lib/init/choices.ts";
import { configText } from "../../lib/init/config-text.ts";
import { propose } from "../../lib/operations/init.ts";
import { healthyFacts, rule, settings, told } from "../support/fork-facts.ts";

const github = "https://github.com";
const text = (content: string) => ({ oid: "1".repeat(40), text: content });

function factsOf(facts: Partial<ForkFacts>, own: Partial<Settings> = {}): ForkFacts {
  return { ...healthyFacts(), files: new Map(), ...facts, settings: { ...settings, ...own } };
}

function written(facts: ForkFacts, answers: Answers = {}, web = github): ForkConfig {
  const result = resolveConfig(configText(choose(facts, web, answers)));
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config.forks[0] as ForkConfig;
}

describe("what is written resolves, and says what the fork is like", () => {
  test("a fork with dev, test and main, and a compose file", () => {
    const compose = "services:\n  app:\n    build: .\n  # tests\n  whatever-cypress:\n    image: cypress\n";
    const fork = written(factsOf({ files: new Map([["docker-compose.test.yaml", text(compose)]]) }));
    expect(fork.upstream).toMatchObject({ repository: "open-webui/open-webui", branch: "main", private: false });
    expect(fork.branches).toEqual({ sync: "sync/upstream", from: "main", target: "dev" });
    expect(fork.tests).toMatchObject({ compose: { file: "docker-compose.test.yaml", service: "whatever-cypress" } });
    expect(fork.document.branches).toEqual(["dev", "test", "main"]);
    expect(fork.credentials).toBe("deploy-key");
  });

  test("an unusual default branch and nothing beside it", () => {
    const facts = factsOf(
      {
        branchNames: ["trunk"],
        topNames: ["package-lock.json"],
        files: new Map([["package.json", text('{"scripts":{"test":"vitest"}}')]]),
      },
      { defaultBranch: "trunk", parent: { repository: "up/stream", private: false, defaultBranch: "trunk" } },
    );
    const fork = written(facts);
    expect(fork.branches).toEqual({ sync: "sync/upstream", from: "trunk", target: "trunk" });
    expect(fork.upstream.branch).toBe("trunk");
    expect(fork.tests).toMatchObject({ run: ["npm ci && npm test"] });
    expect(fork.document.branches).toEqual(["trunk"]);
  });

  test("a private fork of a private parent, on the free plan", () => {
    const own = {
      private: true,
      owner: { login: "ada", organization: false },
      parent: { repository: "acme/secret", private: true, defaultBranch: "main" },
    };
    const refused = {
      told: false,
      why: "GitHub answered 403 Upgrade to GitHub Pro or make this repository public",
    } as const;
    const facts = factsOf({ plan: told("free"), rules: new Map([["main", refused]]) }, own);
    expect(written(facts).upstream).toMatchObject({ repository: "acme/secret", private: true });
    const { findings } = propose({ facts, web: github, suggestions: suggestions(facts), found: [], requests: 0 }, {});
    expect(findings.filter(({ state }) => state === "not ok").map(({ id }) => id)).toEqual(["plan", "drafts"]);
  });

  test("no parent: the upstream has to be named", () => {
    const facts = factsOf({}, { parent: undefined, source: undefined });
    const inspection = { facts, web: github, suggestions: suggestions(facts), found: [], requests: 0 };
    expect(suggestions(facts)[0]).toMatchObject({ question: "upstream", suggested: "" });
    expect(() => propose(inspection, {})).toThrow("got no upstream, expected one");
    expect(written(facts, { upstream: "https://codeberg.org/up/stream.git" }).upstream).toMatchObject({
      url: "https://codeberg.org/up/stream.git",
    });
  });

  test("on a server of one's own, and with a branch where the sync branch would be", () => {
    const fork = written(factsOf({ branchNames: ["main", "sync"] }), {}, "https://git.example.com");
    expect(fork.upstream.url).toBe("https://git.example.com/open-webui/open-webui.git");
    expect(fork.branches.sync).toBe("upstream-sync");
  });

  test("every question answered otherwise", () => {
    const fork = written(factsOf({}), {
      upstream: "other/project",
      target: "next",
      from: "stable",
      sync: "vendor/upstream",
      tests: ["npm ci", 'npm run "test: all" # quoted'],
      reviewers: ["ada", "rita"],
      credentials: "github-token",
    });
    expect(fork.upstream).toMatchObject({ repository: "other/project", branch: "main" });
    expect(fork.branches).toEqual({ sync: "vendor/upstream", from: "stable", target: "next" });
    expect(fork.tests).toMatchObject({ run: ["npm ci", 'npm run "test: all" # quoted'] });
    expect(fork.pullRequest.reviewers).toEqual(["ada", "rita"]);
    expect(fork.protection.sync.mode).toBe("minimal");
  });
});

test("a rule that refuses our commits makes it a delivery by pull request", () => {
  const facts = factsOf({
    rules: new Map([
      ["main", told([rule("pull_request")])],
      ["dev", told([])],
    ]),
  });
  const { fork } = propose({ facts, web: github, suggestions: suggestions(facts), found: [], requests: 0 }, {});
  expect(fork.delivery).toBe("pull-request");
});

test("an answer that makes no config is refused with the config's own words", () => {
  const facts = factsOf({});
  const inspection = { facts, web: github, suggestions: suggestions(facts), found: [], requests: 0 };
  expect(() => propose(inspection, { target: "sync/upstream" })).toThrow("a branch of its own, not branches.target");
});

test("at most five questions, each with its reason", () => {
  const asked = suggestions(factsOf({}));
  expect(asked.length).toBeLessThanOrEqual(5);
  for (const { question, why } of asked)
    expect({ question, why }).toEqual({ question, why: expect.stringMatching(/.{10}/) });
});
