/** Holes of a template: names in capitals between double underscores. */
const hole = /__([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)__/g;
const whole = new RegExp(`^${hole.source}$`);

/** The name in each hole of a text, in order, with repetitions. */
export function holesIn(text: string): string[] {
  return [...text.matchAll(hole)].map((match) => match[1] as string);
}

/** Whether a value is nothing but a hole. */
export function isHole(value: unknown): value is string {
  return typeof value === "string" && whole.test(value);
}

export function nameOf(text: string): string {
  return text.slice(2, -2);
}

/** Puts a value into each hole of a text; what the values contain is not looked at again. */
export function replaceHoles(text: string, replacement: (name: string, offset: number) => string): string {
  return text.replace(hole, (_, name: string, offset: number) => replacement(name, offset));
}

/** @throws when holes and values are not the same names: a template and its filler that drifted apart. */
export function checkNames(holes: readonly string[], values: readonly string[]): void {
  const unfilled = holes.find((name) => !values.includes(name));
  if (unfilled !== undefined)
    throw new Error(`the template's hole __${unfilled}__ has no value: got ${values.join(", ")}`);
  const unused = values.find((name) => !holes.includes(name));
  if (unused !== undefined) throw new Error(`the value ${unused} has no hole in the template: expected __${unused}__`);
}
