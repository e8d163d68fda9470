/** The server's side of the pre-receive hook: pushes in progress, and the judge they are brought before. */
import { randomBytes } from "node:crypto";
import { realpath } from "node:fs/promises";
import { sep } from "node:path";
import { Hono } from "hono";
import { afterRefUpdate } from "./after-update.ts";
import { bare, type Quarantine, type RefUpdate, readRef, zeroSha } from "./git.ts";
import { alternatesHeader, judgeVariable, objectsHeader } from "./hook-script.ts";
import type { Env, Sandbox } from "./http.ts";
import { actorName, type Identity } from "./identity.ts";
import { judgeUpdate } from "./judging.ts";
import { bypassedPush, refusedPush, refusedRef } from "./policy-texts.ts";
import type { Repository, State } from "./state.ts";

/** One running receive-pack. */
export interface Push {
  readonly id: string;
  readonly repository: Repository;
  readonly identity: Identity;
  /** ref -> GitHub's reason in its "[remote rejected]" line, once judged. */
  readonly reasons: Map<string, string>;
  accepted: RefUpdate[];
}

const running = new WeakMap<State, Map<string, Push>>();

function pushesOf(state: State): Map<string, Push> {
  const pushes = running.get(state) ?? new Map<string, Push>();
  running.set(state, pushes);
  return pushes;
}

/** Admits one push; its id is the capability by which its hook is known. */
export function openPush(state: State, repository: Repository, identity: Identity): Push {
  const id = randomBytes(24).toString("base64url");
  const push: Push = { id, repository, identity, reasons: new Map(), accepted: [] };
  pushesOf(state).set(id, push);
  return push;
}

/** What git-receive-pack needs in its environment, so that its hook finds the judge. */
export function pushEnvironment(sandbox: Sandbox, push: Push): Record<string, string> {
  return { [judgeVariable]: `${sandbox.url}/_sandbox/judge/${push.id}` };
}

/** Once per push, when git has moved the refs it will move: pull requests follow those that did move. */
export async function finishPush(state: State, push: Push): Promise<void> {
  if (!pushesOf(state).delete(push.id)) return;
  const at = bare(state, push.repository);
  const moved: RefUpdate[] = [];
  for (const update of push.accepted) {
    if ((await readRef(at, update.ref)) === update.after) moved.push(update);
  }
  if (moved.length > 0) await afterRefUpdate(state, push.repository, moved, actorName(push.identity));
}

function parseUpdates(text: string): RefUpdate[] {
  const id = (sha: string): string | null => (sha === zeroSha ? null : sha);
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [before = "", after = "", ...ref] = line.split(" ");
      return { before: id(before), after: id(after), ref: ref.join(" ") };
    });
}

/** Only object folders of the pushed repository and of what it borrows from are let in. */
async function quarantineOf(
  state: State,
  repository: Repository,
  folder: string,
  alternates: string,
): Promise<Quarantine | undefined> {
  if (folder === "") return undefined;
  const inside = async (path: string, root: string): Promise<boolean> =>
    (await realpath(path)).startsWith((await realpath(root)) + sep);
  const others = alternates.split(":").filter(Boolean);
  const known = await Promise.all([
    inside(folder, state.gitFolder(repository)),
    ...others.map((path) => inside(path, state.folder)),
  ]);
  if (known.includes(false)) throw new Error(`a hook named an object folder outside its repository: ${folder}`);
  return { objectDirectory: folder, alternates };
}

/** `POST /_sandbox/judge/:push`: no token, the id of a running push is the right to ask. */
export function judgeRoute(): Hono<Env> {
  const routes = new Hono<Env>();
  routes.post("/_sandbox/judge/:push", async (c) => {
    const { sandbox } = c.var;
    const push = pushesOf(sandbox.state).get(c.req.param("push"));
    if (!push) return c.text("push refused: unknown push", 403);
    const { repository, identity } = push;
    const folder = c.req.header(objectsHeader) ?? "";
    const quarantine = await quarantineOf(sandbox.state, repository, folder, c.req.header(alternatesHeader) ?? "");
    const updates = parseUpdates(await c.req.text());
    const texts: string[] = [];
    for (const update of updates) {
      const verdict = await judgeUpdate(sandbox, update, {
        repository,
        identity,
        ...(quarantine ? { quarantine } : {}),
      });
      const reason = refusedRef(verdict.refusals);
      if (reason) push.reasons.set(update.ref, reason);
      texts.push(
        reason
          ? refusedPush(sandbox.url, repository, update.ref, verdict.refusals)
          : bypassedPush(update.ref, verdict.bypassed),
      );
    }
    const refused = push.reasons.size > 0;
    push.accepted = refused ? [] : updates;
    return c.text(texts.join(""), refused ? 403 : 200);
  });
  return routes;
}
