/** Opens or updates the one pull request from the sync branch to the target, in the fork and nowhere else. */
import { askPeople } from "./ask-people.ts";
import { type Asked, askedIn, isMissing, NOTHING, withAsked } from "./asked.ts";
import { type GitHub, GitHubError } from "./github.ts";
import { BEGIN, knownPullRequests, type PullRequest } from "./known-pull-request.ts";
import { code, LIMIT } from "./markdown.ts";
import { withLastWord, withOurPart } from "./pull-request.ts";
import type { Settings } from "./settings.ts";

export interface Wanted {
  /** The commit that the text is about. */
  readonly tip: string;
  /** Our text for what was asked of people, in at most so many characters. */
  readonly body: (asked: Asked, room: number) => string;
  /** `heal` opens a pull request that is missing, and of any other says nothing new: a run that was killed may not have asked all. */
  readonly mode: "ensure" | "heal";
}

export interface Opened {
  readonly number: number | null;
  /** What GitHub refused without harm: a label, a reviewer. */
  readonly warnings: readonly string[];
}

/** @throws GitHubError when GitHub does not let the workflow open pull requests. */
export async function openPullRequest(github: GitHub, settings: Settings, wanted: Wanted): Promise<Opened> {
  const { open, elsewhere } = await openOnes(github, settings);
  const opened = await openOrUpdate(github, settings, wanted, open);
  if (opened.number !== null) await closeElsewhere(github, settings, elsewhere, opened.number);
  return opened;
}

async function openOrUpdate(
  github: GitHub,
  settings: Settings,
  wanted: Wanted,
  open: PullRequest | undefined,
): Promise<Opened> {
  if (open !== undefined && wanted.mode === "heal" && !isStale(open, wanted.tip)) {
    return await askTheRest(github, settings, open);
  }
  const pull = open ?? (await create(github, settings, wanted.body(NOTHING, LIMIT)));
  if (pull === undefined) return { number: null, warnings: [] };
  const { asked, warnings } = await askPeople(github, settings, pull, askedIn(pull.body ?? "") ?? NOTHING);
  await writeBody(github, settings, pull, (room) => wanted.body(asked, room));
  return { number: pull.number, warnings };
}

/** Our words are about an earlier commit: the run that promoted this one was killed before it said so. */
function isStale({ body }: PullRequest, tip: string): boolean {
  return body?.includes(BEGIN) === true && !body.includes(tip);
}

/** On a pull request with our words: what an earlier run wrote there says whom it asked, before and after it did. */
async function askTheRest(github: GitHub, settings: Settings, pull: PullRequest): Promise<Opened> {
  const { number, body } = pull;
  const before = askedIn(body ?? "");
  if (body === null || before === undefined || !isMissing(settings.pullRequest, before))
    return { number, warnings: [] };
  const { asked, warnings } = await askPeople(github, settings, pull, before);
  const told = withAsked(body, asked);
  if (told !== body) await github.write("PATCH", `/repos/${settings.repository}/pulls/${number}`, { body: told });
  return { number, warnings };
}

async function openOnes(github: GitHub, settings: Settings) {
  const { known, elsewhere } = await knownPullRequests(github, settings);
  return { open: known.find((pull) => pull.state === "open"), elsewhere };
}

/** One is enough. In its text and not in a comment: one request, so that a run that is cut off says it once. */
async function closeElsewhere(
  github: GitHub,
  settings: Settings,
  elsewhere: readonly PullRequest[],
  instead: number,
): Promise<void> {
  const words = `**Closed: the sync goes to ${code(settings.branches.target)}, by pull request ${code(`#${instead}`)}.**`;
  for (const { number, body } of elsewhere) {
    const closed = { state: "closed", body: withLastWord(body ?? "", words) };
    await github.write("PATCH", `/repos/${settings.repository}/pulls/${number}`, closed);
  }
}

/** Undefined when there is nothing between the two branches. */
async function create(github: GitHub, settings: Settings, body: string): Promise<PullRequest | undefined> {
  const { sync: head, target: base } = settings.branches;
  const { title } = settings.pullRequest;
  const made = async () => (await openOnes(github, settings)).open;
  try {
    const pull = { title, head, base, body };
    return (await github.write("POST", `/repos/${settings.repository}/pulls`, pull, made)) as PullRequest;
  } catch (error) {
    if (!(error instanceof GitHubError) || error.status !== 422) throw error;
    if (/No commits between/i.test(error.detail)) return undefined;
    // Somebody else opened it meanwhile.
    const open = /already exists/i.test(error.detail) ? await made() : undefined;
    if (open === undefined) throw error;
    return open;
  }
}

/** The title is people's after the first time; of the body only our part is ours. */
async function writeBody(
  github: GitHub,
  settings: Settings,
  pull: PullRequest,
  ours: (room: number) => string,
): Promise<void> {
  const theirs = withOurPart(pull.body ?? "", "").length;
  const body = withOurPart(pull.body ?? "", ours(LIMIT - theirs));
  if (body !== pull.body) await github.write("PATCH", `/repos/${settings.repository}/pulls/${pull.number}`, { body });
}
