/** What a removal did, in words and as one line of JSON: Terraform shows both, `upstream-sync destroy` reads the second. */
import { escapeUnseen, visible } from "./visible.ts";

export interface Kept {
  readonly thing: string;
  readonly why: string;
  /** The name it is kept under, where that is another one. */
  readonly as?: string;
}

export interface RemovalReport {
  readonly removed?: readonly string[];
  /** Our pull requests and issues. */
  readonly closed?: readonly string[];
  readonly restored?: readonly { readonly thing: string; readonly to: unknown }[];
  readonly kept?: readonly Kept[];
}

export function tell(report: RemovalReport): void {
  for (const thing of report.removed ?? []) say(`removed: ${thing}`);
  for (const thing of report.closed ?? []) say(`closed: ${thing}`);
  for (const { thing, to } of report.restored ?? []) say(`restored: ${thing} to ${JSON.stringify(to)}`);
  for (const { thing, why, as } of report.kept ?? []) say(`kept: ${thing}${as ? ` as ${as}` : ""}: ${why}`);
  const something = Object.fromEntries(Object.entries(report).filter(([, list]) => list.length > 0));
  if (Object.keys(something).length > 0)
    process.stdout.write(`${escapeUnseen(JSON.stringify({ "upstream-sync": something }))}\n`);
}

export function say(text: string): void {
  process.stdout.write(`upstream-sync: ${visible(text)}\n`);
}
