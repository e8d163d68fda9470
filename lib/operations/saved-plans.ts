/** Plans kept in a file for a review, and opened again: exactly those bytes are applied, or nothing is. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { Failure, InputFailure } from "../failure.ts";
import { foundIn } from "../ownership.ts";
import type { PlanResult } from "../plan-result.ts";
import type { ProgressEvent } from "../progress.ts";
import { summarize } from "../terraform/plan.ts";
import { init, readPlan, type Workspace } from "../terraform/run.ts";
import { openWorkspace } from "../workspace.ts";
import { type Context, selectForks } from "./context.ts";

const savedSchema = z.strictObject({
  format: z.literal("upstream-sync plan 1"),
  forks: z
    .array(
      z.strictObject({
        repository: z.string(),
        destroy: z.boolean(),
        /** SHA-256 of the synthesized stack that was planned. */
        code: z.string(),
        /** The IaC tool's own plan file, base64. */
        plan: z.base64(),
      }),
    )
    .min(1),
});

/** The file holds values of the plan in clear text, so its owner alone may read it. */
export function savePlans(planned: readonly PlanResult[], file: string): void {
  const saved: z.input<typeof savedSchema> = {
    format: "upstream-sync plan 1",
    forks: planned.map(({ repository, destroy, workspace, saved }) => ({
      repository,
      destroy,
      code: codeOf(workspace),
      plan: readFileSync(saved.file).toString("base64"),
    })),
  };
  writeFileSync(file, `${JSON.stringify(saved)}\n`, { mode: 0o600 });
}

/**
 * Opens what `savePlans` wrote, for the same project. Whether the state moved since is found by the IaC tool when it applies.
 * @throws InputFailure when the file is no saved plan; Failure when the config or the version of this tool changed since.
 */
export async function* openPlans(context: Context, file: string): AsyncGenerator<ProgressEvent, PlanResult[]> {
  const opened: PlanResult[] = [];
  for (const { repository, destroy, code, plan } of readSaved(file).forks) {
    const [fork] = selectForks(context.config, [repository]);
    if (!fork) continue;
    const workspace = yield* openWorkspace(context, fork);
    if (codeOf(workspace) !== code) {
      throw new Failure(
        `${file} does not fit any more: what ${repository} gets has changed since the plan was made`,
        `make a new one with: upstream-sync plan ${repository} --out ${file}`,
      );
    }
    yield { fork: repository, text: "reading the saved plan" };
    await init(workspace);
    mkdirSync(workspace.folder, { recursive: true, mode: 0o700 });
    const bytes = join(workspace.folder, "saved.tfplan");
    writeFileSync(bytes, Buffer.from(plan, "base64"), { mode: 0o600 });
    const saved = await readPlan(workspace, bytes);
    opened.push({
      repository,
      destroy,
      changes: saved.changes,
      summary: summarize(saved.changes),
      found: foundIn(saved.json, saved.changes),
      workspace,
      saved,
    });
  }
  return opened;
}

function readSaved(file: string): z.output<typeof savedSchema> {
  const result = savedSchema.safeParse(parse(readFileSync(file, "utf8")));
  if (result.success) return result.data;
  throw new InputFailure(
    `${file} is no saved plan: got ${result.error.issues[0]?.message ?? "something else"}`,
    "name a file that `upstream-sync plan --out` wrote",
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function codeOf(workspace: Workspace): string {
  return createHash("sha256")
    .update(readFileSync(join(workspace.folder, "cdk.tf.json")))
    .digest("hex");
}
