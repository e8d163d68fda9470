/**
 * What GitHub and git say when they refuse, as one message with a remedy. Only `unreachable` and `limited` are worth another
 * try: everything else meets the same answer. An answer of the REST API is matched as `HTTP <status> <GitHub's words>`.
 * Texts: docs.github.com "troubleshooting rules" and "about protected branches", git's own messages.
 */
import { Stop } from "./stop.ts";

export interface Refusal {
  readonly kind: string;
  readonly got: string;
  readonly remedy: string;
}

const TABLE: readonly (Refusal & { readonly pattern: RegExp })[] = [
  {
    kind: "workflow-files",
    pattern:
      /refusing to allow .* to create or update workflow|Unable to determine if workflow can be created or updated/i,
    got: "GitHub refused a push that changes workflow files",
    remedy:
      "Push with a deploy key, or with an App that has the permission Workflows: write; GITHUB_TOKEN never may. With `upstreamWorkflows: hold` only the fork's own changes to workflow files are pushed",
  },
  {
    kind: "push-protection",
    pattern: /Push cannot contain secrets/i,
    got: "GitHub's push protection found what looks like a secret in upstream's commits (GH013)",
    remedy: "Open the link in the log of this step, decide about the finding there, then run the workflow again",
  },
  {
    kind: "ruleset",
    pattern: /GH013/,
    got: "a repository ruleset refused the push (GH013)",
    remedy:
      "Let the deploy key bypass every ruleset that asks for a pull request, a review or a status on this ref; the branch's page under Settings, Rules names them",
  },
  {
    kind: "branch-protection",
    pattern: /GH006|protected branch hook declined/,
    got: "classic branch protection refused the push (GH006)",
    remedy:
      "Remove the classic rule from the sync branch: the ruleset of upstream-sync protects it, and classic rules know no bypass for a key",
  },
  {
    kind: "moved",
    pattern: /stale info|\(fetch first\)|\(non-fast-forward\)|cannot lock ref/,
    got: "a ref moved while this run was under way",
    remedy: "Nothing was overwritten; the next run starts from what is there now",
  },
  {
    kind: "host-key",
    pattern: /Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/i,
    got: "the ssh server is not the one whose keys GitHub's API names",
    remedy: "Do not run again before someone checked the network between the runner and GitHub",
  },
  {
    kind: "deploy-key-read-only",
    pattern: /marked as read only|key you are authenticating with has been marked/i,
    got: "the deploy key may only read",
    remedy: "Deploy again: the key has to be there with write access",
  },
  {
    kind: "deploy-key",
    pattern: /Permission denied \(publickey|error in libcrypto|invalid format/i,
    got: "the ssh server did not accept the deploy key",
    remedy:
      'Run "upstream-sync credentials create" and deploy: the key of the repository and the secret of the environment belong together',
  },
  {
    kind: "limited",
    pattern: /HTTP 429|HTTP 403 .*rate limit|returned error: 429/i,
    got: "GitHub's rate limit is used up",
    remedy: "Run the workflow again in an hour",
  },
  {
    kind: "may-not-open-pull-requests",
    pattern: /not permitted to create or approve pull requests/i,
    got: "GitHub Actions is not permitted to create pull requests in this repository",
    remedy:
      'Allow it under Settings, Actions, General, "Allow GitHub Actions to create and approve pull requests" (of the organization first), then run the workflow again',
  },
  {
    kind: "may-not",
    pattern: /HTTP 403 /,
    got: "GitHub does not let this credential do that (403)",
    remedy:
      "Compare the permissions of the job, or of the App's installation, with those of the workflow file; an archived or locked repository answers so too",
  },
  {
    kind: "invalid",
    pattern: /HTTP 422 /,
    got: "GitHub refused what was asked for (422)",
    remedy: "Its words say which value is at fault: mend that in the configuration, deploy, and run the workflow again",
  },
  {
    kind: "not-found",
    pattern: /Repository not found|repository '.*' not found|does not appear to be a git repository|HTTP 404/i,
    got: "the repository was not found, which is also the answer to a credential without the right to see it",
    remedy: "Check the name and what the credential may read",
  },
  {
    kind: "no-such-branch",
    pattern: /couldn't find remote ref/i,
    got: "a branch is not there",
    remedy: "Check the branch names of the configuration",
  },
  {
    kind: "unauthorized",
    pattern: /Authentication failed|could not read Username|HTTP 401|returned error: (401|403)/i,
    got: "the server did not accept the credential",
    remedy: "Check the permissions of the job, and for a private upstream the secret UPSTREAM_SYNC_UPSTREAM_TOKEN",
  },
  {
    kind: "unreachable",
    pattern:
      /Could not resolve host|Connection (refused|timed out|reset)|Failed to connect|unable to access|Operation too slow|early EOF|hung up|HTTP (0|5\d\d) /i,
    got: "the server could not be reached, or the connection broke",
    remedy: "Run the workflow again; if it stays so, look at the server's status page",
  },
];

const UNKNOWN: Refusal = {
  kind: "unknown",
  got: "the server gave a reason this program does not know",
  remedy: "Read the log of this step, which has git's own words",
};

/** The first row that fits the text; `unknown` when none does. */
export function explainRefusal(text: string): Refusal {
  return TABLE.find(({ pattern }) => pattern.test(text)) ?? UNKNOWN;
}

/** @param what what was being done, as the start of a sentence: "the push of the candidate was refused". */
export function stopForRefusal(what: string, stderr: string): Stop {
  const { got, remedy } = explainRefusal(stderr);
  return new Stop({ what, got, remedy, said: stderr });
}
