/**
 * On a fresh machine Jest starts with the largest files. Here the small ones take longest: one command of theirs tells the whole
 * story of a fork. Started last, one of them keeps a worker busy for a minute while the others have nothing left.
 */
import TestSequencer from "@jest/test-sequencer";

const story = /\/test\/(?:e2e|faults|bench)\//;

export default class StoriesFirst extends TestSequencer {
  async sort(tests) {
    const sorted = await super.sort(tests);
    return [...sorted.filter(({ path }) => story.test(path)), ...sorted.filter(({ path }) => !story.test(path))];
  }
}
