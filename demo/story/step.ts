/** What a story is made of. */
import type { World } from "../world.ts";

export interface Step {
  readonly name: string;
  /** Does one thing a person or GitHub does, checks what came of it, and tells what was seen in a line. */
  run(world: World): Promise<string>;
}

export interface Chapter {
  readonly title: string;
  readonly steps: readonly Step[];
}

/** Chapters about one fork. */
export interface Story {
  /** Owner of the fork. */
  readonly owner: string;
  readonly chapters: readonly Chapter[];
}
