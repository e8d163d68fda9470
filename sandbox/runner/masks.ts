/**
 * Secrets in logs, masked as the runner does it (actions/runner `SecretMasker`, `ValueEncoders`): the value, each of its
 * lines, and the forms they take when escaped or encoded by hand.
 */

export interface Masks {
  /** Also every line of it: programs print a key line by line. */
  add(secret: string): void;
  /** The text with `***` for every stretch that is secret. */
  mask(text: string): string;
}

export function createMasks(): Masks {
  const forms = new Set<string>();
  return {
    add(secret) {
      const lines = secret.split(/[\r\n]+/).map((line) => line.trim());
      for (const value of [secret, ...lines]) for (const form of formsOf(value)) if (form) forms.add(form);
    },
    mask: (text) => replace(text, merge([...forms].flatMap((form) => occurrences(text, form)))),
  };
}

function formsOf(value: string): string[] {
  if (value.trim() === "") return [];
  const bytes = Buffer.from(value);
  return [
    value,
    // Base64 of "user:secret" holds the secret's bytes at one of three offsets.
    ...[0, 1, 2].filter((shift) => bytes.length > shift).map((shift) => bytes.subarray(shift).toString("base64")),
    value.replaceAll('"', '\\"'),
    value.replaceAll("'", "''"),
    JSON.stringify(value).slice(1, -1),
    // A lone surrogate makes encodeURIComponent throw; the bytes do not have it.
    encodeURIComponent(bytes.toString()),
    value.replace(/[<>"'&]/g, (character) => xmlEntities[character] ?? character),
    value.length > 8 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : "",
  ];
}

const xmlEntities: Record<string, string> = { "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;", "&": "&amp;" };

type Stretch = [start: number, end: number];

function occurrences(text: string, form: string): Stretch[] {
  const found: Stretch[] = [];
  // One further at a time: a secret may overlap itself.
  for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1)) found.push([at, at + form.length]);
  return found;
}

/** Stretches that touch become one, so that one secret within another leaves no rest. */
function merge(stretches: Stretch[]): Stretch[] {
  const merged: Stretch[] = [];
  for (const [start, end] of stretches.sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  return merged;
}

function replace(text: string, stretches: Stretch[]): string {
  let result = "";
  let from = 0;
  for (const [start, end] of stretches) {
    result += `${text.slice(from, start)}***`;
    from = end;
  }
  return result + text.slice(from);
}
