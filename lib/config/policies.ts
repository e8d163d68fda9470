/** The fork's policies as the sync program reads them: the commands are the workflow's, it knows the paths. */
import type { ForkConfig } from "./schema.ts";

/** The keys in a fixed order. */
export function programPolicies({ keepOurs, keepDeleted, mustSurvive, partial, regenerate }: ForkConfig["policies"]) {
  return { keepOurs, keepDeleted, mustSurvive, partial, regenerate: regenerate.flatMap(({ paths }) => paths) };
}
