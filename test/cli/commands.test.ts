/** What holds for every verb, asked of the tree of commands itself. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { type Command, CommanderError } from "commander";
import { exitCodes } from "../../cli/output.ts";
import { upstreamSyncCommand } from "../../cli/program.ts";
import { InputFailure } from "../../lib/failure.ts";
import { packageRoot } from "../../lib/package-root.ts";

const read = (path: string) => readFileSync(join(packageRoot(), path), "utf8");
const visible = (command: Command) =>
  command
    .createHelp()
    .visibleCommands(command)
    .filter((sub) => sub.name() !== "help");

interface Verb {
  /** As it is typed: "credentials create". */
  readonly name: string;
  readonly command: Command;
}

function leaves(command: Command, path: readonly string[] = []): readonly Verb[] {
  const below = visible(command);
  if (below.length === 0) return [{ name: path.join(" "), command }];
  return below.flatMap((sub) => leaves(sub, [...path, sub.name()]));
}

/** As `--help` prints it, with what is added after. */
function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
}

const program = upstreamSyncCommand();
const verbs = leaves(program);
const flags = ({ command }: Verb) =>
  command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ short, long }) => [short, long]);

test("there are no more verbs than were agreed", () => {
  const agreed = "init doctor plan apply destroy sync resolve status verify rehearse credentials docs sandbox".split(
    " ",
  );
  const names = visible(program).map((command) => command.name());
  expect(names).toEqual(agreed.filter((name) => names.includes(name)));
  expect(helpOf(program)).toContain("Completion: upstream-sync completion bash | zsh | fish");
});

/** Lines of help that show what to type; what follows two spaces or more is said about it. */
function examplesIn(help: string): string[] {
  const [, below = ""] = help.split(/^Examples?:\n/m);
  return [...below.matchAll(/(?:^| )upstream-sync (?<typed>.*?)(?= {2,}| && | [|>]|\)|$)/gm)].map(
    ({ groups }) => groups?.typed as string,
  );
}

const below = (command: Command, name?: string) => command.commands.find((sub) => sub.name() === name);

/** @throws unless every word of an example is a command or an option that is there, or what such a one takes. */
function checkExample(typed: string): void {
  const words = typed.match(/"[^"]*"|\S+/g) ?? [];
  let command = program;
  for (let sub = below(command, words[0]); sub; sub = below(command, words[0])) {
    command = sub;
    words.shift();
  }
  expect({ typed, isVerb: command.commands.length === 0 }).toEqual({ typed, isVerb: true });
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const option = command.options.find(({ short, long }) => short === word || long === word);
    if (option?.required) words.shift();
    else if (option === undefined) {
      expect({ typed, word, isOption: word.startsWith("-"), takes: command.registeredArguments.length > 0 }).toEqual({
        typed,
        word,
        isOption: false,
        takes: true,
      });
    }
  }
}

test("the examples of the program itself can be typed", () => {
  const examples = examplesIn(helpOf(program));
  expect(examples.length).toBeGreaterThan(8);
  examples.forEach(checkExample);
});

describe.each(verbs.map((verb) => [verb.name, verb] as const))("%s", (name, verb) => {
  test("has a description and examples that can be typed", () => {
    expect(verb.command.description()).not.toBe("");
    const examples = examplesIn(helpOf(verb.command));
    expect(examples.filter((typed) => typed.startsWith(name))).not.toEqual([]);
    examples.forEach(checkExample);
  });

  test("prints its result as JSON of a documented shape, and all that was said with --verbose", () => {
    expect(flags(verb)).toEqual(expect.arrayContaining(["--json", "--verbose"]));
    expect(Object.keys(JSON.parse(read("schema/results.schema.json")).$defs)).toContain(name);
  });

  test("has its row in docs/verbs.md", () => {
    expect(read("docs/verbs.md")).toContain(`\n| \`${name}\` | `);
  });

  const type = async (...args: string[]): Promise<unknown> => {
    const tree = upstreamSyncCommand();
    leaves(tree).forEach(({ command }) => {
      command.configureOutput({ writeErr: () => {} });
    });
    return await tree.parseAsync([...name.split(" "), ...args], { from: "user" }).catch((error) => error);
  };

  test("an option it does not know is wrong input", async () => {
    const error = await type("--nonsense");
    expect(error).toBeInstanceOf(CommanderError);
    expect((error as CommanderError).exitCode).not.toBe(0);
  });

  if (flags(verb).includes("--config") && name !== "init") {
    test("a config that is not there is wrong input, whatever the verb", async () => {
      const needed = verb.command.registeredArguments.filter(({ required }) => required).map(() => "acme/board");
      const error = await type(...needed, "--config", "/nowhere/upstream-sync.yaml");
      expect(error).toBeInstanceOf(InputFailure);
      expect((error as InputFailure).message).toContain("/nowhere/upstream-sync.yaml");
    });
  }
});

test("people are asked in two places, and what asks can also be told by --yes", () => {
  const sources = readdirSync(join(packageRoot(), "cli")).map((file) => ({ file, text: read(join("cli", file)) }));
  const naming = (pattern: RegExp) => sources.filter(({ text }) => pattern.test(text)).map(({ file }) => file);
  expect(naming(/node:readline/)).toEqual(["confirm.ts", "init.ts"]);
  for (const { file, text } of sources.filter(({ text }) => /await (?:confirm|askFor)\(/.test(text))) {
    expect({ file, yes: text.includes('"-y, --yes"'), terminal: /isTTY|confirm\(/.test(text) }).toEqual({
      file,
      yes: true,
      terminal: true,
    });
  }
});

test("docs/verbs.md tells every exit code", () => {
  const rows = [...read("docs/verbs.md").matchAll(/^\| (?<code>\d) \| /gm)].map(({ groups }) => Number(groups?.code));
  expect(rows).toEqual(Object.values(exitCodes));
});
