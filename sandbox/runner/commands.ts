/**
 * Workflow commands: what a line printed by a step means (actions/runner `ActionCommand`, `ActionCommandManager`). Pure but
 * for the reader's memory of a stop token and of `echo`.
 */
import type { Annotation } from "../server/state.ts";

export interface Command {
  name: string;
  /** Names in lower case. */
  properties: Record<string, string>;
  data: string;
}

/** One thing to do for a printed line. `failure` fails the step and is shown as an error. */
export type Effect =
  | { kind: "line"; text: string }
  | { kind: "mask"; secret: string }
  | { kind: "output"; name: string; value: string }
  | { kind: "annotation"; annotation: Annotation }
  | { kind: "failure"; message: string };

/** Where GitHub puts an annotation that names no file; the line is then that of the step's log. */
export const noFile = ".github";

const levels = { notice: "notice", warning: "warning", error: "failure" } as const;
const insecure =
  "Please upgrade to using Environment Files or opt into unsecure command execution by setting the `ACTIONS_ALLOW_UNSECURE_COMMANDS` environment variable to `true`. For more information see: https://github.blog/changelog/2020-10-01-github-actions-deprecating-set-env-and-add-path-commands/";
const deprecated =
  "Please upgrade to using Environment Files. For more information see: https://github.blog/changelog/2022-10-11-github-actions-deprecating-save-state-and-set-output-commands/";
const badStopToken =
  "You cannot use a endToken that is an empty string, the string 'pause-logging', or another workflow command.";
const names = [
  ...["notice", "warning", "error", "debug", "group", "endgroup", "add-mask", "stop-commands", "echo"],
  ...["set-output", "save-state", "set-env", "add-path", "add-matcher", "remove-matcher"],
];

/** The line as an annotation of this level without a file: what `::error::text` gives, and the runner's own messages. */
export function annotation(level: keyof typeof levels, message: string, title: string | null = null): Annotation {
  return { annotation_level: levels[level], title, message, path: noFile, start_line: 0, end_line: 0 };
}

/**
 * The command in a line, if it is one of `known`. `::name key=value,…::data` must begin the line; the older
 * `##[name key=value;…]data` counts anywhere in it.
 */
export function parseCommand(line: string, known: Iterable<string>): Command | undefined {
  const wanted = new Set(Array.from(known, (name) => name.toLowerCase()));
  const current = /^\s*::((?:(?!::)[\s\S])*)::([\s\S]*)$/.exec(line);
  const older = /##\[([^\]]*)\]([\s\S]*)$/.exec(line);
  return (
    (current && build(current[1] ?? "", current[2] ?? "", ",", inProperty, inData, wanted)) ||
    (older && build(older[1] ?? "", older[2] ?? "", ";", inOlder, inOlder, wanted)) ||
    undefined
  );
}

type Escapes = [escaped: string, plain: string][];
const breaks: Escapes = [
  ["%0D", "\r"],
  ["%0A", "\n"],
];
const inData: Escapes = [...breaks, ["%25", "%"]];
const inProperty: Escapes = [...breaks, ["%3A", ":"], ["%2C", ","], ["%25", "%"]];
const inOlder: Escapes = [["%3B", ";"], ...breaks, ["%5D", "]"], ["%25", "%"]];

function unescapeText(text: string, escapes: Escapes): string {
  return escapes.reduce((result, [escaped, plain]) => result.replaceAll(escaped, plain), text);
}

function build(
  info: string,
  data: string,
  separator: string,
  propertyEscapes: Escapes,
  dataEscapes: Escapes,
  wanted: Set<string>,
): Command | undefined {
  const space = info.indexOf(" ");
  const name = (space < 0 ? info : info.slice(0, space)).toLowerCase();
  if (!wanted.has(name)) return undefined;
  const properties = space < 0 ? [] : info.slice(space + 1).split(separator);
  return {
    name,
    data: unescapeText(data, dataEscapes),
    properties: Object.fromEntries(
      properties.flatMap((property) => {
        const equals = property.indexOf("=");
        if (equals <= 0 || equals === property.length - 1) return [];
        const key = property.slice(0, equals).trim().toLowerCase();
        return [[key, unescapeText(property.slice(equals + 1), propertyEscapes)]];
      }),
    ),
  };
}

/** Reads one step's lines in order. The workspace makes absolute file names relative. */
export function createCommandReader(workspace: string): (line: string) => Effect[] {
  let stopToken: string | undefined;
  let echo = false;

  return (line) => {
    const command = parseCommand(line, stopToken ? [...names, stopToken] : names);
    if (!command) return [{ kind: "line", text: line }];
    if (stopToken !== undefined) {
      if (command.name === stopToken.toLowerCase()) stopToken = undefined;
      return [{ kind: "line", text: line }];
    }
    if (command.name === "stop-commands") {
      const token = command.data;
      if (!token || token.toLowerCase() === "pause-logging" || names.includes(token.toLowerCase())) {
        return failed(line, badStopToken);
      }
      stopToken = token;
      const masked: Effect[] = token.length > 6 ? [{ kind: "mask", secret: token }] : [];
      return [...masked, { kind: "line", text: line }];
    }
    if (command.name === "echo") {
      const value = command.data.trim().toLowerCase();
      if (value !== "on" && value !== "off") {
        return failed(
          line,
          `Invalid echo command value. Possible values can be: 'on', 'off'. Current value is: '${command.data}'.`,
        );
      }
      const shown: Effect[] = echo ? [{ kind: "line", text: line }] : [];
      echo = value === "on";
      return shown;
    }
    const shown: Effect[] = echo && !quiet.has(command.name) ? [{ kind: "line", text: line }] : [];
    return [...shown, ...effectsOf(command, line, workspace)];
  };
}

/** Commands the runner never echoes. */
const quiet = new Set(["notice", "warning", "error", "debug", "add-mask"]);

function effectsOf(command: Command, line: string, workspace: string): Effect[] {
  switch (command.name) {
    case "notice":
    case "warning":
    case "error":
      return [{ kind: "annotation", annotation: annotationOf(command.name, command, workspace) }];
    case "group":
      return [{ kind: "line", text: `##[group]${command.data}` }];
    case "endgroup":
      return [{ kind: "line", text: "##[endgroup]" }];
    case "add-mask":
      return command.data.trim() === ""
        ? [warning("Can't add secret mask for empty string in ##[add-mask] command.")]
        : [{ kind: "mask", secret: command.data }];
    case "set-output":
    case "save-state": {
      const notice = warning(`The \`${command.name}\` command is deprecated and will be disabled soon. ${deprecated}`);
      const name = command.properties.name;
      if (!name) return failed(line, "Required field 'name' is missing in ##[set-output] command.");
      return command.name === "set-output" ? [notice, { kind: "output", name, value: command.data }] : [notice];
    }
    case "set-env":
    case "add-path":
      return failed(line, `The \`${command.name}\` command is disabled. ${insecure}`);
    case "add-matcher":
    case "remove-matcher":
      return [warning(`The sandbox has no problem matchers: ##[${command.name}] changes nothing.`)];
    default:
      // `debug`: shown by GitHub only where step debugging is switched on.
      return [];
  }
}

function warning(message: string): Effect {
  return { kind: "annotation", annotation: annotation("warning", message) };
}

function failed(line: string, message: string): Effect[] {
  return [
    { kind: "failure", message: `Unable to process command '${line}' successfully.` },
    { kind: "failure", message },
  ];
}

function annotationOf(level: keyof typeof levels, { properties, data }: Command, workspace: string): Annotation {
  const line = integer(properties.line) ?? integer(properties.endline) ?? 0;
  const end = integer(properties.endline) ?? line;
  // A range that ends before it begins is dropped, as the runner does.
  const [start_line, end_line] = end < line ? [0, 0] : [line, end];
  const file = properties.file?.startsWith(`${workspace}/`)
    ? properties.file.slice(workspace.length + 1)
    : properties.file;
  return { ...annotation(level, data, properties.title ?? null), path: file || noFile, start_line, end_line };
}

function integer(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d+\s*$/.test(text) ? Number(text) : undefined;
}
