import { test } from "@jest/globals";
import { names } from "./names.ts";

const seed = Number(process.env.HOSTILE_SEED ?? 7);

// A repository of some dozens of names takes seconds; twenty by `npm run test:full`.
test.each(names.map((one) => [one.name, one] as const))("%s", async (_, { check }) => check(1, seed), 120_000);
