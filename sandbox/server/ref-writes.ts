/** The one way a REST route moves a ref: judged like a push, moved if nobody was faster, followed by its consequences. */
import { afterRefUpdate } from "./after-update.ts";
import { bare, type RefUpdate, updateRef } from "./git.ts";
import type { RouteContext } from "./http.ts";
import { actorName } from "./identity.ts";
import { type Case, judgeUpdate } from "./judging.ts";
import { refusedRequest } from "./policy-texts.ts";
import type { Repository } from "./state.ts";

/** @throws GitHubError in the words of the door when a rule or the token forbids it. */
export async function moveRef(
  c: RouteContext,
  repository: Repository,
  update: RefUpdate,
  door: "contents" | "refs" | "merge",
  about: Pick<Case, "pull" | "madeHere"> = {},
): Promise<"moved" | "raced"> {
  const { sandbox, identity } = c.var;
  const { refusals } = await judgeUpdate(sandbox, update, { repository, identity, ...about });
  if (refusals.length > 0) throw refusedRequest(door, refusals);
  const outcome = await updateRef(bare(sandbox.state, repository), update);
  if (outcome === "moved") await afterRefUpdate(sandbox.state, repository, [update], actorName(identity));
  return outcome;
}
