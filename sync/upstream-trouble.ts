/** What keeps upstream from being read, each in its own words and with its own remedy; pure. */
import { explainRefusal } from "./refusals.ts";
import type { Settings } from "./settings.ts";
import { Stop } from "./stop.ts";

interface Trouble {
  readonly pattern: RegExp;
  readonly got: string;
  readonly remedy: string;
}

const AGAIN = "Run the workflow again; if it stays so, look at the server's status page and at the runner's network";

/** By git's own messages and curl's; the first that fits. */
const TABLE: readonly Trouble[] = [
  {
    pattern: /Could not resolve host/i,
    got: "its name is not known to the network",
    remedy: "Check the address under `upstream` in the configuration; if it is right, the runner cannot resolve names",
  },
  {
    pattern: /timed out|Operation too slow|timeout/i,
    got: "the server did not answer in time",
    remedy: AGAIN,
  },
  {
    pattern: /certificate|SSL|TLS/,
    got: "the server could not prove who it is, or no encrypted connection came about",
    remedy: "Check the address under `upstream`; on a self-hosted runner, the certificates that it trusts",
  },
  {
    pattern: /returned error: 429/,
    got: "the server says that it was asked too often (429)",
    remedy: "Run the workflow again in an hour",
  },
  {
    pattern: /unable to update url base from redirection|returned error: 30\d/i,
    got: "the address leads on to another one, where the token is not sent along",
    remedy: "Was upstream renamed or moved? Set its new address under `upstream` in the configuration and deploy again",
  },
  {
    pattern: /repository '.*' not found|Repository not found|returned error: (?:404|410)/i,
    got: "there is no repository at that address (404)",
    remedy:
      "Was upstream renamed, moved, deleted or made private? Set its address under `upstream` in the configuration, with `private: true` and a token if it needs one, and deploy again",
  },
  {
    pattern: /returned error: (?:403|451)/,
    got: "the server refuses access (403)",
    remedy:
      "Open the address in a browser: it may have been blocked, or it lets only some people or addresses in. A private upstream needs `private: true` and a token",
  },
  {
    pattern: /returned error: 5\d\d/,
    got: "the server is in trouble itself",
    remedy: AGAIN,
  },
  {
    pattern:
      /Connection refused|Failed to connect|Connection reset|Could not connect|early EOF|hung up|unable to access/i,
    got: "no connection came about, or it broke",
    remedy: AGAIN,
  },
];

const ASKED = /could not read Username|Authentication failed|returned error: 401|terminal prompts disabled/i;

/** @param what the start of a sentence: "upstream https://… could not be read". */
export function stopForUpstream(what: string, stderr: string, { upstream }: Pick<Settings, "upstream">): Stop {
  const asked = upstream.token === "" ? NO_TOKEN : WRONG_TOKEN;
  if (ASKED.test(stderr)) return new Stop({ what, ...asked, said: stderr });
  const found = TABLE.find(({ pattern }) => pattern.test(stderr)) ?? explainRefusal(stderr);
  return new Stop({ what, got: found.got, remedy: found.remedy, said: stderr });
}

const NO_TOKEN = {
  got: "the server asks who we are (401), which is also GitHub's answer for a repository that is gone",
  remedy:
    'Was upstream renamed, deleted or made private? Set its address under `upstream` in the configuration; if it is private now, write `private: true`, run "upstream-sync credentials create --upstream-token" and deploy',
};

const WRONG_TOKEN = {
  got: "the server did not accept the token for it (401)",
  remedy:
    'Has the token run out, or lost the right to read upstream? Seal a new one with "upstream-sync credentials create --upstream-token" and deploy',
};
