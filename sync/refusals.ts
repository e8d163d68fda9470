/**
 * What GitHub and git say when they refuse, as one message with a remedy. None of these is retried: the same push meets
 * the same answer. Texts: docs.github.com "troubleshooting rules" and "about protected branches", git's own messages.
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
    pattern: /refusing to allow .* to create or update workflow|workflows scope may be required/i,
    got: "GitHub refused a push that changes workflow files",
    remedy:
      "Push with a deploy key that may write, or keep `upstreamWorkflows: hold` so that the candidate has the fork's own files",
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
      "Let the deploy key bypass every ruleset that asks for a pull request, a review or a status on this ref; `upstream-sync doctor` names them",
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
    pattern: /Authentication failed|could not read Username|HTTP (401|403)|returned error: (401|403)/i,
    got: "the server did not accept the credential",
    remedy: "Check the permissions of the job",
  },
  {
    kind: "unreachable",
    pattern:
      /Could not resolve host|Connection (refused|timed out|reset)|Failed to connect|unable to access|Operation too slow|early EOF|hung up/i,
    got: "the server could not be reached, or the connection broke",
    remedy: "Run the workflow again; if it stays so, look at the server's status page",
  },
];

const UNKNOWN: Refusal = {
  kind: "unknown",
  got: "git gave a reason this program does not know",
  remedy: "Read the log of this step",
};

/** The first row that fits git's error text; `unknown` when none does. */
export function explainRefusal(stderr: string): Refusal {
  return TABLE.find(({ pattern }) => pattern.test(stderr)) ?? UNKNOWN;
}

/** @param what what was being done, as the start of a sentence: "the push of the candidate was refused". */
export function stopForRefusal(what: string, stderr: string): Stop {
  const { got, remedy } = explainRefusal(stderr);
  return new Stop({ what, got, remedy });
}
