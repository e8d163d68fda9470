/** The one question before a write. */
import { createInterface } from "node:readline/promises";
import pc from "picocolors";
import { InputFailure } from "../lib/failure.ts";

/**
 * @param doing the command, for the message.
 * @throws InputFailure unless a person at a terminal answers yes.
 */
export async function confirm(doing: string, question: string): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new InputFailure(`${doing}: got no terminal to ask at`, `pass --yes to go on without a question`);
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question(`${pc.bold(question)} (yes/no) `).finally(() => prompt.close());
  if (answer.trim() !== "yes") {
    throw new InputFailure(`not confirmed: got ${JSON.stringify(answer)}, expected yes`, "nothing was changed");
  }
}
