/** The stories. Each has a fork and a stand-in of its own, so that they are told at the same time. */
import { givenBack, livedIn } from "./lived-in.ts";
import { normalDay } from "./normal-day.ts";
import { settledByClicks, settledByCommands } from "./people.ts";
import { rollBack } from "./roll-back.ts";
import { setUp } from "./set-up.ts";
import type { Story } from "./step.ts";
import { trouble } from "./trouble.ts";
import { updates } from "./updates.ts";

/** One fork from its set-up to the day it is given back. */
const wholeLife: Story = { owner: "acme", chapters: [setUp, normalDay, settledByCommands, rollBack] };

/** Another, whose team had its own ways before and goes on having them. */
const ownWays: Story = { owner: "beta", chapters: [livedIn, trouble, settledByClicks, updates, givenBack] };

export const stories: readonly Story[] = [wholeLife, ownWays];
