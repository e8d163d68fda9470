/** What GitHub finds wrong in a CODEOWNERS file; pure. Texts: REST reference, "List CODEOWNERS errors". */

export interface CodeownersError {
  line: number;
  column: number;
  kind: string;
  source: string;
  suggestion: string | null;
  message: string;
  path: string;
}

/** First one found wins. */
export const codeownersPaths = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"] as const;

const owner = /^(@[a-z0-9][a-z0-9-]*(\/[a-z0-9._-]+)?|[^\s@]+@[^\s@]+\.[^\s@]+)$/i;

/** `mayOwn` answers for "@login", "@org/team" and mail addresses: does it exist, and may it write here? */
export function codeownersErrors(text: string, path: string, mayOwn: (owner: string) => boolean): CodeownersError[] {
  return text.split(/\r?\n/).flatMap((source, index) => {
    const line = index + 1;
    const rule = source.replace(/(^|\s)#.*$/, "");
    const words = [...rule.matchAll(/(?:\\ |\S)+/g)].map((match) => ({ word: match[0], column: match.index + 1 }));
    const [pattern, ...owners] = words;
    if (!pattern) return [];
    const found = (kind: string, column: number, suggestion: string | null): CodeownersError => ({
      line,
      column,
      kind,
      source,
      suggestion,
      message: `${kind} on line ${line}: ${suggestion ?? ""}`
        .trimEnd()
        .concat(`\n\n  ${source}\n  ${" ".repeat(column - 1)}^`),
      path,
    });
    // `!`, `[ ]` and an escaped `#` work in .gitignore and not here (about-code-owners).
    if (/^!|\[|^\\#|\*{3}/.test(pattern.word)) return [found("Invalid pattern", pattern.column, null)];
    return owners.flatMap(({ word, column }) => {
      if (!owner.test(word)) return [found("Invalid owner", column, null)];
      if (mayOwn(word)) return [];
      const suggestion = `make sure ${word} exists and has write access to the repository`;
      return [found("Unknown owner", column, suggestion)];
    });
  });
}
