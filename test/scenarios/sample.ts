/** Some of the scenarios, by chance that can be repeated. */
import { createHash } from "node:crypto";

/** Those with the smallest hashes of seed and name; one that wants the stage to itself takes too long. */
export function sample<One extends { readonly name: string; readonly alone?: boolean }>(
  list: readonly One[],
  count: number,
  seed: number,
): One[] {
  const rank = ({ name }: One) => createHash("sha256").update(`${seed}\0${name}`).digest("hex");
  return list
    .filter(({ alone }) => !alone)
    .sort((one, other) => (rank(one) < rank(other) ? -1 : 1))
    .slice(0, count);
}
