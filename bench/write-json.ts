/** Writes the stacks of one folder to another: the least a program must do that makes these files. Prints the seconds it read. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [from = "", to = ""] = process.argv.slice(2);
const started = performance.now();
const stacks = readdirSync(from).map(
  (name) => [name, JSON.parse(readFileSync(join(from, name, "cdk.tf.json"), "utf8"))] as const,
);
process.stdout.write(String((performance.now() - started) / 1000));
for (const [name, stack] of stacks) {
  mkdirSync(join(to, name), { recursive: true });
  writeFileSync(join(to, name, "cdk.tf.json"), JSON.stringify(stack, null, 2));
}
