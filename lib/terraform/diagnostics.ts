/** What the IaC tool says was wrong (`-json` output), in words for people; pure. */
import { Failure } from "../failure.ts";

export interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly summary: string;
  readonly detail?: string;
  readonly address?: string;
}

/** The diagnostics among the lines of a `-json` run; what is no JSON, such as a provider's panic, is skipped. */
export function diagnosticsIn(output: string): Diagnostic[] {
  return output.split("\n").flatMap((line) => {
    if (!line.startsWith("{")) return [];
    try {
      const event = JSON.parse(line) as { type?: string; diagnostic?: Diagnostic };
      return event.type === "diagnostic" && event.diagnostic ? [event.diagnostic] : [];
    } catch {
      return [];
    }
  });
}

/** The words of GitHub and of the tool, with what to do about them. */
const remedies: readonly (readonly [RegExp, string])[] = [
  [
    /Upgrade to GitHub Pro or make this repository public/,
    "a private repository of a free account has neither rulesets nor environments: make the fork public, or upgrade the account",
  ],
  [
    /Resource not accessible by (personal access token|integration)|Must have admin rights/,
    "use a token with administration rights on the fork (fine-grained: Administration, Contents, Environments, Secrets, Workflows, Pull requests: write)",
  ],
  [/401 Bad credentials/, "the token is not accepted: make a new one and export it as GITHUB_TOKEN"],
  [
    /rate limit/i,
    "GitHub's rate limit is used up: `gh api rate_limit` says until when; then run the same command again",
  ],
  [
    /Deploy keys are disabled/,
    "allow deploy keys (the organization's settings, Member privileges), or write credentials: github-app",
  ],
  [
    /Error acquiring the state lock/,
    "somebody else's apply is going: let it end; a lock that an apply left when it was killed is taken away by `terraform force-unlock`, with the id that --verbose shows",
  ],
  [
    /connection refused|no such host|i\/o timeout|network is unreachable|TLS handshake timeout/,
    "check the network, and GITHUB_API_URL where it is set; then run the same command again",
  ],
];

/** Undefined for words that nobody foresaw. */
export function remedyFor(said: string): string | undefined {
  return remedies.find(([pattern]) => pattern.test(said))?.[1];
}

/**
 * A failed run as one message. A condition of our own carries its remedy after "Fix: "; whatever is said twice is said once.
 *
 * @param doing what did not work, as in "could not plan".
 * @param output everything the tool printed.
 */
export function failureOf(tool: string, doing: string, errors: readonly Diagnostic[], output: string): Failure {
  const own = errors.filter((error) => /^(Resource|Check block|Module output) .*condition failed$/.test(error.summary));
  if (own.length > 0) {
    const [messages, fixes] = [0, 1].map((part) => [
      ...new Set(own.flatMap((error) => (error.detail ?? "").split(/\.? Fix: /)[part]?.trim() ?? [])),
    ]) as [string[], string[]];
    return new Failure(messages.join("\n"), fixes.join("\n") || "mend that, then plan again", output);
  }
  const [first] = errors;
  const said = first ? [first.address, first.summary, first.detail].filter(Boolean).join(": ") : "";
  const reason = said.replaceAll(/\s*\n\s*/g, " ") || output.split("\n", 1)[0] || "no reason given";
  return new Failure(
    `${tool} could not ${doing}: ${reason}`,
    remedyFor(said) ?? "run again with --verbose to see all it said",
    output,
  );
}
