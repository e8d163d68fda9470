/**
 * `upstream-sync completion bash | zsh | fish`: a script with the commands and options in it, so that a Tab starts no process. Only for the
 * names of the forks it asks back: `completion --forks`.
 */
import { existsSync, readFileSync } from "node:fs";
import { Argument, Command, type Option } from "commander";
import { InputFailure } from "../lib/failure.ts";
import { print } from "./output.ts";

const name = "upstream-sync";

/** @param program the finished tree, but for this command, which is no verb and not listed. */
export function completionCommand(program: Command): Command {
  return new Command("completion")
    .description("print a completion script for a shell: verbs, options, and the forks of the config")
    .addArgument(new Argument("[shell]", "which shell").choices(Object.keys(scripts)))
    .option("--forks", "print the names of the forks instead, one a line; the scripts ask for them")
    .option("-c, --config <file>", "with --forks: the config", "upstream-sync.yaml")
    .addHelpText(
      "after",
      `
Examples:
  source <(upstream-sync completion bash)      in ~/.bashrc
  source <(upstream-sync completion zsh)       in ~/.zshrc, after compinit
  upstream-sync completion fish > ~/.config/fish/completions/upstream-sync.fish`,
    )
    .action(async (shell: keyof typeof scripts | undefined, options: { forks?: boolean; config: string }) => {
      if (options.forks) return (await forkNames(options.config)).forEach(print);
      if (shell === undefined) {
        throw new InputFailure(
          `completion is for a shell: got no name, expected one of ${Object.keys(scripts).join(", ")}`,
          "upstream-sync completion bash",
        );
      }
      print(completionScript(program, shell));
    });
}

/** Of a config that may be half written: whoever presses Tab wants no message. */
async function forkNames(file: string): Promise<readonly string[]> {
  if (!existsSync(file)) return [];
  const { parse } = await import("yaml");
  try {
    const { forks } = parse(readFileSync(file, "utf8"), { logLevel: "silent" });
    return Object.keys(forks).filter((fork) => /^[\w.-]+\/[\w.-]+$/.test(fork));
  } catch {
    return [];
  }
}

/** A command as a script needs it. */
interface Entry {
  /** "credentials create"; "" for the program itself. */
  readonly path: string;
  readonly verbs: readonly Word[];
  readonly options: readonly OptionWords[];
  readonly takesForks: boolean;
}

interface Word {
  readonly word: string;
  readonly text: string;
}

interface OptionWords {
  readonly words: readonly string[];
  readonly text: string;
  /** Undefined: it takes no value. Empty: a file or something free. */
  readonly values: readonly string[] | undefined;
}

function entriesOf(command: Command, path = ""): readonly Entry[] {
  const help = command.createHelp();
  const visible = help.visibleCommands(command).filter((sub) => sub.name() !== "help");
  const below = visible.flatMap((sub) => entriesOf(sub, `${path} ${sub.name()}`.trim()));
  return [
    {
      path,
      verbs: visible.map((sub) => ({ word: sub.name(), text: sub.description() })),
      options: help.visibleOptions(command).map(optionWords),
      takesForks: command.registeredArguments.some((argument) => argument.name().startsWith("fork")),
    },
    ...below,
  ];
}

function optionWords({ short, long, description, required, optional, argChoices }: Option): OptionWords {
  const words = [short, long].filter((word) => word !== undefined);
  return { words, text: description, values: required || optional ? (argChoices ?? []) : undefined };
}

export function completionScript(program: Command, shell: keyof typeof scripts): string {
  return scripts[shell](entriesOf(program));
}

const scripts = { bash, zsh, fish } as const;

/** In all three shells. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** `case` patterns for "<command> <word>" where the word is a command below it. */
function verbPatterns(entries: readonly Entry[], between: string): string {
  return entries.flatMap(({ path, verbs }) => verbs.map(({ word }) => quoted(`${path} ${word}`))).join(between);
}

/** The options that take a value, as "<command> <option>". */
function valued(entries: readonly Entry[]) {
  const all = entries.flatMap(({ path, options }) =>
    options.flatMap(({ words, values }) => words.map((word) => ({ pattern: quoted(`${path} ${word}`), values }))),
  );
  return {
    free: all.filter(({ values }) => values?.length === 0).map(({ pattern }) => pattern),
    chosen: all.flatMap(({ pattern, values = [] }) => (values.length > 0 ? [{ pattern, values }] : [])),
  };
}

/** Works with the bash 3.2 of macOS; a value that is free falls back to bash's own file names. */
function bash(entries: readonly Entry[]): string {
  const { free, chosen } = valued(entries);
  const arm = ({ path, verbs, options, takesForks }: Entry) =>
    `    ${quoted(path)}) verbs=${quoted(verbs.map(({ word }) => word).join(" "))} flags=${quoted(options.flatMap(({ words }) => words).join(" "))}${takesForks ? " forks=yes" : ""} ;;`;
  return `# Completion of ${name} for bash, made by: ${name} completion bash
_upstream_sync() {
  local word=\${COMP_WORDS[COMP_CWORD]} verb='' verbs='' flags='' forks='' config=upstream-sync.yaml index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "$verb \${COMP_WORDS[index]}" in
    ${verbPatterns(entries, " | ")}) verb="\${verb:+$verb }\${COMP_WORDS[index]}" ;;
    *' -c' | *' --config') config=\${COMP_WORDS[index + 1]} ;;
    esac
  done
  case "$verb \${COMP_WORDS[COMP_CWORD - 1]}" in
${chosen.map(({ pattern, values }) => `    ${pattern}) COMPREPLY=($(compgen -W ${quoted(values.join(" "))} -- "$word")) && return ;;`).join("\n")}
    ${free.join(" | ")}) return ;;
  esac
  case "$verb" in
${entries.map(arm).join("\n")}
  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$word"))
  else
    [[ $forks ]] && verbs=$("\${COMP_WORDS[0]}" completion --forks --config "$config" 2>/dev/null)
    COMPREPLY=($(compgen -W "$verbs" -- "$word"))
  fi
}
complete -o default -F _upstream_sync ${name}`;
}

/** Sourced, or as the file _upstream-sync in a folder of fpath. */
function zsh(entries: readonly Entry[]): string {
  const { free, chosen } = valued(entries);
  const described = (words: readonly string[], text: string) =>
    words.map((word) => quoted(`${word.replaceAll(":", "\\:")}:${text}`)).join(" ");
  const arm = ({ path, verbs, options, takesForks }: Entry) =>
    [
      `    ${quoted(path)})`,
      `      verbs=(${verbs.map(({ word, text }) => described([word], text)).join(" ")})`,
      `      flags=(${options.map(({ words, text }) => described(words, text)).join(" ")})`,
      ...(takesForks ? ["      forks=yes"] : []),
      "      ;;",
    ].join("\n");
  return `#compdef ${name}
# Completion of ${name} for zsh, made by: ${name} completion zsh
_upstream-sync() {
  local word=\${words[CURRENT]} verb='' forks='' config=upstream-sync.yaml index
  local -a verbs flags names
  for ((index = 2; index < CURRENT; index++)); do
    case "$verb \${words[index]}" in
    ${verbPatterns(entries, " | ")}) verb="\${verb:+$verb }\${words[index]}" ;;
    *' -c' | *' --config') config=\${words[index + 1]} ;;
    esac
  done
  case "$verb \${words[CURRENT - 1]}" in
${chosen.map(({ pattern, values }) => `    ${pattern}) compadd -- ${values.map(quoted).join(" ")}; return ;;`).join("\n")}
    ${free.join(" | ")}) _files; return ;;
  esac
  case "$verb" in
${entries.map(arm).join("\n")}
  esac
  if [[ $word == -* ]]; then
    _describe -o option flags
  elif [[ -n $forks ]]; then
    names=("\${(@f)$(\${words[1]} completion --forks --config "$config" 2>/dev/null)}")
    compadd -a names || _files
  elif (( $#verbs )); then
    _describe command verbs
  fi
}
if [[ $funcstack[1] == _upstream-sync ]]; then
  _upstream-sync "$@"
else
  compdef _upstream-sync ${name}
fi`;
}

function fish(entries: readonly Entry[]): string {
  const at = (path: string) => `complete -c ${name} -n ${quoted(`__upstream_sync_at ${JSON.stringify(path)}`)}`;
  const option = ({ words, text, values }: OptionWords) =>
    [
      ...words.map((word) => (word.startsWith("--") ? `-l ${word.slice(2)}` : `-s ${word.slice(1)}`)),
      `-d ${quoted(text)}`,
      ...(values === undefined ? [] : values.length === 0 ? ["-r -F"] : [`-x -a ${quoted(values.join(" "))}`]),
    ].join(" ");
  const lines = entries.flatMap(({ path, verbs, options, takesForks }) => [
    ...verbs.map(({ word, text }) => `${at(path)} -f -a ${word} -d ${quoted(text)}`),
    ...options.map((one) => `${at(path)} ${option(one)}`),
    ...(takesForks ? [`${at(path)} -f -a '(__upstream_sync_forks)'`] : []),
  ]);
  return `# Completion of ${name} for fish, made by: ${name} completion fish
function __upstream_sync_at --argument-names wanted
    set -l verb
    for word in (commandline -opc)[2..]
        switch "$verb $word"
            case ${verbPatterns(entries, " ")}
                set verb (string trim "$verb $word")
        end
    end
    test "$verb" = "$wanted"
end
function __upstream_sync_forks
    set -l words (commandline -opc)
    set -l config upstream-sync.yaml
    for index in (seq 2 (count $words))
        if contains -- $words[$index] -c --config
            set config $words[(math $index + 1)]
        end
    end
    $words[1] completion --forks --config $config 2>/dev/null
end
${lines.join("\n")}`;
}
