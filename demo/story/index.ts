/** The story, chapter by chapter. */
import { normalDay } from "./normal-day.ts";
import { people } from "./people.ts";
import { rollBack } from "./roll-back.ts";
import { setUp } from "./set-up.ts";
import type { Chapter } from "./step.ts";
import { trouble } from "./trouble.ts";

export const story: readonly Chapter[] = [setUp, normalDay, trouble, people, rollBack];
