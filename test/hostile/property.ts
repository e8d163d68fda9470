/** Statements that hold for every hostile text, checked by cases that are made up. */
import fc from "fast-check";

export interface Property {
  readonly name: string;
  /** Of a hundred cases. */
  readonly share: number;
  /** @throws with the smallest case that breaks it, and the seed. */
  check(cases: number, seed: number): Promise<void>;
}

export function property<T>(
  name: string,
  share: number,
  cases: fc.Arbitrary<T>,
  holds: (value: T) => Promise<void> | void,
  /** Off where a case takes seconds: then the first that breaks it is shown as it is. */
  { smallest = true }: { readonly smallest?: boolean } = {},
): Property {
  return {
    name,
    share,
    check: (numRuns, seed) =>
      fc.assert(
        fc.asyncProperty(cases, async (value) => holds(value)),
        { numRuns, seed, endOnFailure: !smallest, interruptAfterTimeLimit: 20 * 60_000, markInterruptAsFailure: true },
      ),
  };
}
