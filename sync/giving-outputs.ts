/** The frame of a job that hands something on: a repository of its own, step outputs, and on a stop the `reason` that `finish` records. */
import type { Context } from "./look.ts";
import { reportFailure } from "./outputs.ts";
import { createRepository, type Repository } from "./repository.ts";
import type { Settings } from "./settings.ts";
import { wordsFor } from "./stop.ts";

/** @returns the exit code of the job. */
export async function givingOutputs(
  settings: Settings,
  context: Context,
  work: (repository: Repository) => Promise<Readonly<Record<string, string>>>,
): Promise<number> {
  const repository = await createRepository(settings, context);
  try {
    await context.report.outputs(await work(repository));
    return 0;
  } catch (error) {
    reportFailure(context.report, error);
    await context.report.outputs({ reason: wordsFor(error) });
    return 1;
  } finally {
    await repository.remove();
  }
}
