import { describe, test } from "@jest/globals";
import { terminal } from "./terminal.ts";
import { texts } from "./texts.ts";

// Always the same cases; another sample by HOSTILE_SEED, ten thousand by `npm run test:full`.
const seed = Number(process.env.HOSTILE_SEED ?? 7);
const CASES = 200;

describe("text of others", () => {
  test.each([...texts, ...terminal].map((one) => [one.name, one] as const))("%s", async (_, { check, share }) => {
    await check(Math.ceil((CASES * share) / 100), seed);
  });
});
