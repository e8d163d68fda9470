/** Other values with rules of their own: schedules, addresses, commands, paths, code owners. */
import { CronExpressionParser } from "cron-parser";
import { noExpression, oneLine, repositoryName } from "./names.ts";
import type { Check } from "./problems.ts";

/** A `run:` of a workflow has to stay under this many characters (design §9). */
export const longestRun = 20_000;

const months = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC";
const days = "SUN|MON|TUE|WED|THU|FRI|SAT";
const cronFields = ["\\d{1,2}", "\\d{1,2}", "\\d{1,2}", `\\d{1,2}|${months}`, `[0-6]|${days}`].map((value) => {
  const item = `(\\*|(${value})(-(${value}))?)(/\\d{1,2})?`;
  return new RegExp(`^${item}(,${item})*$`, "i");
});

/**
 * GitHub's POSIX cron: five fields, names of months and days, `* , - /`, not more often than every five minutes.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule
 */
export const cron: Check = (value) => {
  const fields = value.split(/ +/);
  if (fields.length !== 5 || !fields.every((field, n) => cronFields[n]?.test(field))) {
    return {
      expected: "five cron fields: minute hour day month weekday (0-6 or SUN-SAT)",
      fix: 'for example "17 0 * * *", daily at 00:17',
    };
  }
  try {
    const expression = CronExpressionParser.parse(value, { tz: "Etc/UTC" });
    expression.next();
    if (shortestGap(expression.fields.minute.values, expression.fields.hour.values) < 5) {
      return {
        expected: "at least five minutes between runs, GitHub's limit",
        fix: 'for example "*/5 * * * *", or better once a day',
      };
    }
    return undefined;
  } catch (error) {
    return {
      expected: `a schedule that comes round (${(error as Error).message})`,
      fix: 'for example "17 0 * * *", daily at 00:17',
    };
  }
};

/** Minutes between two runs that follow each other, within an hour or into the next one. */
function shortestGap(minutes: readonly number[], hours: readonly (number | string)[]): number {
  const gaps = minutes.slice(1).map((minute, n) => minute - (minutes[n] as number));
  const nextHourToo = hours.some((hour) => hours.includes((Number(hour) + 1) % 24));
  if (nextHourToo) gaps.push((minutes[0] as number) + 60 - (minutes.at(-1) as number));
  return Math.min(60, ...gaps);
}

export const timezone: Check = (value) => {
  const complaint = { expected: "an IANA time zone", fix: "for example Etc/UTC or Europe/Berlin" };
  // Newer versions of Node.js also take offsets such as +02:00, GitHub does not.
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(value)) return complaint;
  try {
    const canonical = new Intl.DateTimeFormat("en", { timeZone: value }).resolvedOptions().timeZone;
    const onlyCaseDiffers = canonical !== value && canonical.toLowerCase() === value.toLowerCase();
    return onlyCaseDiffers ? { ...complaint, fix: `write ${canonical}` } : undefined;
  } catch {
    return complaint;
  }
};

/** The address stands in the workflow for everybody to read, so no credential may be in it. */
export const gitUrl: Check = (value) => {
  const complaint = {
    expected: "the https:// address of a repository",
    fix: "for example https://github.com/open-webui/open-webui.git",
  };
  const refused = oneLine(value);
  if (refused) return refused;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || url.pathname === "/" || url.search !== "" || url.hash !== "") return complaint;
  if (url.username !== "" || url.password !== "") {
    return {
      expected: "an address without a user name or password",
      fix: "remove what stands before @; for an upstream that not everybody may read, write private: true beside it",
    };
  }
  const loopback = ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
  return url.protocol === "https:" || (url.protocol === "http:" && loopback) ? undefined : complaint;
};

/** `owner/name` on github.com, or an address. */
export const upstreamText: Check = (value) => (value.includes("://") ? gitUrl(value) : repositoryName(value));

/** One or more lines of shell. */
export const command: Check = (value) => {
  if (value.trim() === "") return { expected: "a command", fix: "write one, for example npm test, or remove the item" };
  if (/(?![\n\t])\p{Cc}/u.test(value))
    return { expected: "a command without control characters", fix: "remove them (line ends are \\n)" };
  if (value.length >= longestRun) {
    return {
      expected: `fewer than ${longestRun} characters, the limit of a workflow step`,
      fix: "put the command into a script of the fork",
    };
  }
  return noExpression(value);
};

/** A file of the repository, by its path from the top. */
export const filePath: Check = (value) => {
  const refused = oneLine(value);
  if (refused) return refused;
  const parts = value.split("/");
  if (value.startsWith("-") || value.includes("\\") || parts.some((part) => /^(\.{0,2}|\.git)$/i.test(part))) {
    return {
      expected: "a path inside the repository, from its top, with /",
      fix: "for example docs/upstream-sync.md, no leading /, no ..",
    };
  }
  return undefined;
};

/** `#`, `?` and `%` break the provider's address of a file; `* [ ]` are not literal in CODEOWNERS. */
export const documentPath: Check = (value) => {
  const refused = filePath(value);
  if (refused) return refused;
  if (/[#?%*[\]]/.test(value))
    return { expected: "a path without # ? % * [ ]", fix: "for example docs/upstream-sync.md" };
  return /[^/]\.md$/.test(value) ? undefined : { expected: "a Markdown file", fix: "let the path end in .md" };
};

/** The Compose Specification's names of services, with a letter or digit first so that none is read as an option. */
export const composeService: Check = (value) =>
  /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(value)
    ? undefined
    : { expected: "the name of a service (letters, digits, . _ -)", fix: "copy it from the compose file" };

/** https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners#syntax-exceptions */
export const ownersPattern: Check = (value) => {
  const refused = oneLine(value);
  if (refused) return refused;
  if (/^[!#]|^\\#|[[\]]/.test(value))
    return { expected: "a CODEOWNERS pattern: no !, no [ ], no # first", fix: "for example /.github/ or *.ts" };
  return /(?<!\\) /.test(value)
    ? { expected: "a pattern without bare spaces", fix: `write ${value.replace(/(?<!\\) /g, "\\ ")}` }
    : undefined;
};

/** What sync/patterns.ts understands of https://git-scm.com/docs/gitignore#_pattern_format. */
export const pathPattern: Check = (value) => {
  const refused = oneLine(value);
  if (refused) return refused;
  const parts = value.replace(/^\//, "").replace(/\/$/, "").split("/");
  if (
    /^[!#]|[^/]\*\*|\*\*[^/]|(?<!\\)[[\]]|(?<!\\)(?:\\\\)*\\$/.test(value) ||
    parts.some((part) => /^\.{0,2}$/.test(part))
  ) {
    return {
      expected: "a pattern as in a .gitignore: no ! or # first, no [ ], no // or .., ** alone between slashes",
      fix: "for example /branding/, locales/*.json or **/telemetry.py",
    };
  }
  return parts.every((part) => /^\*+$/.test(part))
    ? { expected: "a pattern that leaves something to upstream", fix: "name the folders that are the fork's own" }
    : undefined;
};

export const codeOwner: Check = (value) =>
  /^@[A-Za-z0-9][A-Za-z0-9_-]{0,38}(\/[a-z0-9][a-z0-9_-]{0,254})?$/.test(value) ||
  /^[^\s@#]+@[^\s@#]+\.[^\s@#]+$/.test(value)
    ? undefined
    : {
        expected: "@login, @organisation/team or an e-mail address",
        fix: /^[\w-]+$/.test(value) ? `write "@${value}"` : 'for example "@devops-lead"',
      };
