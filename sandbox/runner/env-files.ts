/** The files behind GITHUB_OUTPUT, GITHUB_ENV and GITHUB_PATH, read as actions/runner `FileCommandManager` reads them. */

/**
 * `NAME=value` lines and `NAME<<DELIMITER` blocks, in order. Throws with the runner's own words where a line is neither, or a
 * block does not end.
 */
export function parseKeyValueFile(text: string): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  const lines = splitLines(text);
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? "";
    if (line === "") continue;
    const equals = line.indexOf("=");
    const heredoc = line.indexOf("<<");
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      if (equals === 0) throw new Error(`Invalid format '${line}'. Name must not be empty`);
      pairs.push([line.slice(0, equals), line.slice(equals + 1)]);
    } else if (heredoc >= 0) {
      const name = line.slice(0, heredoc);
      const delimiter = line.slice(heredoc + 2);
      if (!name || !delimiter) {
        throw new Error(`Invalid format '${line}'. Name must not be empty and delimiter must not be empty`);
      }
      const end = lines.indexOf(delimiter, index + 1);
      if (end < 0 && text.endsWith("\n")) throw new Error(`Invalid value. Matching delimiter not found '${delimiter}'`);
      if (end < 0) throw new Error("Invalid value. EOF marker missing new line.");
      pairs.push([name, lines.slice(index + 1, end).join("\n")]);
      index = end;
    } else {
      throw new Error(`Invalid format '${line}'`);
    }
  }
  return pairs;
}

/** Folders to put in front of PATH, in the order written. */
export function parsePathFile(text: string): string[] {
  return text.split(/\r\n|\r|\n/).filter((line) => line !== "");
}

/** Only LF ends a line here: on Linux the runner keeps a CR as part of the value. */
function splitLines(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
