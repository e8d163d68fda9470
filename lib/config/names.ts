/** Names GitHub and git give rules for: repositories, people, teams, labels, branches. */
import type { Check, Complaint } from "./problems.ts";

// GitHub's 39 characters; `_` occurs in the logins of managed users (`octo_acme`).
// https://docs.github.com/en/enterprise-cloud@latest/admin/managing-iam/iam-configuration-reference/username-considerations-for-external-authentication
const loginPattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,38}$/;
const slugPattern = /^[a-z0-9][a-z0-9_-]{0,254}$/;

/** Control characters, line ends included, and what Actions would evaluate. Safe to put into a workflow as one line. */
export const oneLine: Check = (value) => {
  if (value === "") return { expected: "some text", fix: "write a value, or remove the key to get the default" };
  if (value !== value.trim())
    return { expected: "text without space at its ends", fix: `write ${JSON.stringify(value.trim())}` };
  if (/\p{Cc}|[\u2028\u2029]/u.test(value))
    return { expected: "one line without control characters", fix: "remove them" };
  return noExpression(value);
};

/** GitHub evaluates `${{ … }}` wherever it stands in a workflow, also inside quotes. */
export const noExpression: Check = (value) =>
  value.includes("${{")
    ? {
        expected: "text without ${{, which GitHub Actions evaluates",
        fix: "write the value itself, or read an environment variable",
      }
    : undefined;

/**
 * `owner/name` by GitHub's rules.
 * https://docs.github.com/en/repositories/creating-and-managing-repositories/repository-limits#repository-name
 */
export const repositoryName: Check = (value) => {
  const [owner = "", name = "", ...rest] = value.split("/");
  if (rest.length > 0 || !loginPattern.test(owner) || !/^[A-Za-z0-9._-]{1,100}$/.test(name) || /^\.{1,2}$/.test(name)) {
    return {
      expected: "owner/name with GitHub's characters (letters, digits, - _ .)",
      fix: "copy it from the repository's address",
    };
  }
  if (/\.(git|wiki)$/i.test(name)) {
    return {
      expected: "a name that does not end in .git or .wiki",
      fix: `write ${value.replace(/\.(git|wiki)$/i, "")}`,
    };
  }
  return undefined;
};

export const login: Check = (value) =>
  loginPattern.test(value) ? undefined : { expected: "a GitHub login without @", fix: teamOrLogin(value) };

function teamOrLogin(value: string): string {
  if (value.includes("/")) return "name teams by their slug under teamReviewers";
  return value.startsWith("@") ? `write ${value.slice(1)}` : "copy the login from the person's profile address";
}

/** The slug alone: the organisation is the fork's owner. */
export const teamSlug: Check = (value) =>
  slugPattern.test(value)
    ? undefined
    : {
        expected: "the slug of a team in the fork's organisation, lower case",
        fix: "copy the last part of the team's address",
      };

/**
 * At most 50 characters; `#`, `?` and `%` break the provider's address of a label, a comma separates labels in GitHub's own
 * queries and in gh.
 */
export const labelName: Check = (value) => {
  const complaint = oneLine(value);
  if (complaint) return complaint;
  if ([...value].length > 50) return { expected: "at most 50 characters", fix: "choose a shorter label" };
  if (/[#?%,]/.test(value)) return { expected: "a label without # ? % and comma", fix: "write it with spaces, - or :" };
  return undefined;
};

/** https://git-scm.com/docs/git-check-ref-format, with `refs/heads/` before it, and GitHub's own limits. */
export const branchName: Check = (value) => {
  const complaint = oneLine(value) ?? unseenIn(value) ?? gitRefuses(value);
  if (complaint) return complaint;
  // GitHub refuses a branch named like a commit; 64 digits are a commit of a SHA-256 repository.
  if (/^([0-9a-f]{40}|[0-9a-f]{64})$/i.test(value)) {
    return { expected: "a branch that does not look like a commit SHA", fix: "name the branch, not a commit" };
  }
  if (value.startsWith("refs/"))
    return { expected: "the branch's short name", fix: `write ${value.replace(/^refs\/(heads\/)?/, "")}` };
  if (Buffer.byteLength(value) > 250)
    return { expected: "at most 250 bytes, GitHub's limit", fix: "choose a shorter name" };
  return undefined;
};

/** People copy it into a shell from a text where they could not see it. */
function unseenIn(value: string): Complaint | undefined {
  if (!/[\p{Cf}\p{Cs}\p{DI}]|(?! )\p{Zs}/u.test(value)) return undefined;
  return { expected: "a name without characters that nobody sees", fix: "type it anew, or rename the branch" };
}

function gitRefuses(value: string): Complaint | undefined {
  const parts = value.split("/");
  const broken =
    /[ ~^:?*[\\\u007f]/.test(value) ||
    value.includes("..") ||
    value.includes("@{") ||
    value.startsWith("-") ||
    value.endsWith(".") ||
    value === "@" ||
    value === "HEAD" ||
    parts.some((part) => part === "" || part.startsWith(".") || part.endsWith(".lock"));
  if (!broken) return undefined;
  return {
    expected: "a branch name git accepts (git check-ref-format --branch)",
    fix: "use letters, digits, - _ . and / inside, no space, no .. and no .lock at the end",
  };
}
