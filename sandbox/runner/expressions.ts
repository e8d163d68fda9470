/** `${{ }}` and `if:`, by GitHub's own lexer, parser and evaluator. Contexts are plain JavaScript values. */
import { data, Evaluator, Lexer, Parser } from "@actions/expressions";
import type { FunctionDefinition } from "@actions/expressions/funcs/info";
import { type Token as LexerToken, TokenType } from "@actions/expressions/lexer";
import { truthy } from "@actions/expressions/result";
import type { TemplateToken } from "@actions/workflow-parser/templates/tokens/index";
import { isBasicExpression, isMapping, isScalar } from "@actions/workflow-parser/templates/tokens/type-guards";

export type Token = TemplateToken;

/** What `success()`, `failure()` and `cancelled()` answer here. */
export interface Status {
  success: boolean;
  failure: boolean;
  cancelled: boolean;
}

export interface Scope {
  /** Context name -> value. A context that is not there reads as null. */
  contexts: Record<string, unknown>;
  status: Status;
}

const contextNames = [
  ...["github", "env", "vars", "secrets", "inputs", "needs", "strategy", "matrix", "job", "jobs", "runner", "steps"],
];

/** A literal as the file has it; for keys and values that GitHub's schema keeps free of expressions. */
export function asWritten(token: Token): string {
  return isScalar(token) ? token.toString() : "";
}

/** Whether a condition holds. Throws with the expression and the reason. */
export function holds(condition: string, scope: Scope): boolean {
  return truthy(evaluate(condition, scope));
}

/** The text a scalar stands for; "" for nothing. */
export function textOf(token: Token | undefined, scope: Scope): string {
  if (!token) return "";
  return isBasicExpression(token) ? evaluate(token.expression, scope).coerceString() : asWritten(token);
}

/** The number a scalar stands for; `fallback` where there is none. Throws where it is not a number. */
export function numberOf(token: Token | undefined, scope: Scope, fallback: number): number {
  if (!token) return fallback;
  const text = textOf(token, scope);
  const number = Number(text);
  if (text === "" || Number.isNaN(number)) throw new Error(`${place(token)}: got "${text}", expected a number`);
  return number;
}

/** The yes or no a scalar stands for; no where there is none. Throws where it is neither. */
export function flagOf(token: Token | undefined, scope: Scope): boolean {
  if (!token) return false;
  const text = textOf(token, scope);
  if (text !== "true" && text !== "false") throw new Error(`${place(token)}: got "${text}", expected true or false`);
  return text === "true";
}

/** A mapping of texts, such as `env` or `outputs`, also when the whole mapping is one expression. */
export function mapOf(token: Token | undefined, scope: Scope): Record<string, string> {
  if (!token) return {};
  if (isMapping(token)) {
    return Object.fromEntries(Array.from(token, ({ key, value }) => [textOf(key, scope), textOf(value, scope)]));
  }
  const value = isBasicExpression(token) ? evaluate(token.expression, scope) : undefined;
  if (value?.kind !== data.Kind.Dictionary) throw new Error(`${place(token)}: expected a mapping`);
  return Object.fromEntries(value.pairs().map((pair) => [pair.key, pair.value.coerceString()]));
}

function place(token: Token): string {
  return `line ${token.line ?? "?"}, column ${token.col ?? "?"}`;
}

function evaluate(expression: string, { contexts, status }: Scope): data.ExpressionData {
  const functions = statusFunctions(status);
  try {
    const tree = new Parser(lex(expression), contextNames, functions).parse();
    const values = contextNames.map((key) => ({ key, value: toData(contexts[key]) }));
    const named = new Map(functions.map((definition) => [definition.name.toLowerCase(), definition]));
    return new Evaluator(tree, new data.Dictionary(...values), named).evaluate();
  } catch (error) {
    throw new Error(`\${{ ${expression} }}: ${(error as Error).message}`);
  }
}

/** The npm lexer (0.3.61) undoes only the first `''` of a string; GitHub's own undoes all. */
function lex(expression: string): LexerToken[] {
  return new Lexer(expression)
    .lex()
    .tokens.map((token) =>
      token.type === TokenType.STRING ? { ...token, value: token.lexeme.slice(1, -1).replaceAll("''", "'") } : token,
    );
}

function statusFunctions(status: Status): FunctionDefinition[] {
  const answer = (name: string, value: boolean): FunctionDefinition => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(value),
  });
  return [
    answer("success", status.success),
    answer("failure", status.failure),
    answer("cancelled", status.cancelled),
    answer("always", true),
    {
      name: "hashFiles",
      minArgs: 1,
      maxArgs: 255,
      call: () => {
        throw new Error("hashFiles is not provided by the sandbox");
      },
    },
  ];
}

function toData(value: unknown): data.ExpressionData {
  if (value === undefined || value === null) return new data.Null();
  if (typeof value === "string") return new data.StringData(value);
  if (typeof value === "number") return new data.NumberData(value);
  if (typeof value === "boolean") return new data.BooleanData(value);
  if (Array.isArray(value)) return new data.Array(...value.map(toData));
  return new data.Dictionary(...Object.entries(value).map(([key, entry]) => ({ key, value: toData(entry) })));
}
