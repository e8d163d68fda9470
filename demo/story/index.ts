/** The story, chapter by chapter. */
import { livedIn } from "./lived-in.ts";
import { normalDay } from "./normal-day.ts";
import { people } from "./people.ts";
import { rollBack } from "./roll-back.ts";
import { setUp } from "./set-up.ts";
import type { Chapter } from "./step.ts";
import { trouble } from "./trouble.ts";
import { updates } from "./updates.ts";

export const story: readonly Chapter[] = [setUp, normalDay, trouble, people, updates, livedIn, rollBack];
