/** `upstream-sync init` */
import { resolve } from "node:path";
import { createInterface, type Interface } from "node:readline/promises";
import { Command, Option } from "commander";
import pc from "picocolors";
import { InputFailure } from "../lib/failure.ts";
import type { Answers, Question } from "../lib/init/choices.ts";
import type { Inspection, Proposal } from "../lib/operations/init.ts";
import { follow, print, printJson } from "./output.ts";
import { type ProjectOptions, withProjectOptions } from "./project.ts";

interface InitOptions extends ProjectOptions, Omit<Answers, "reviewers"> {
  readonly reviewers?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

export function initCommand(): Command {
  const each = (value: string, before: readonly string[] = []) => [...before, value];
  return withProjectOptions(new Command("init"))
    .description("look at a fork, ask at most five questions, and write upstream-sync.yaml")
    .argument("[owner/name]", "the fork; in a clone of it, that one")
    .option("--upstream <owner/name>", "the project it follows, or an https:// address")
    .option("--target <branch>", "the branch upstream's changes land on, by pull request")
    .option("--tests <command>", "what has to pass; again for more, or once compose:FILE:SERVICE", each)
    .option("--reviewers <logins>", "who is asked for a review, separated by commas")
    .addOption(
      new Option("--credentials <kind>", "what the workflow pushes with").choices([
        "deploy-key",
        "github-app",
        "github-token",
      ]),
    )
    .option("--from <branch>", "the branch the sync branch is made from (not asked)")
    .option("--sync <branch>", "the sync branch (not asked)")
    .option("-y, --yes", "take what is suggested, do not ask")
    .option("--dry-run", "print what it writes, and write nothing")
    .addHelpText(
      "after",
      `
Reads GitHub, writes only here: upstream-sync.yaml, and in an empty folder a CDKTF project around it. Nothing is written over.

Examples:
  upstream-sync init acme/open-webui
  upstream-sync init acme/open-webui --target dev --tests "npm ci" --tests "npm test" --reviewers ada,rita --yes
  upstream-sync init acme/open-webui --yes --dry-run --json`,
    )
    .action(runInit);
}

async function runInit(repository: string | undefined, options: InitOptions): Promise<void> {
  const asks = !options.yes && process.stdin.isTTY;
  if (!asks && !options.yes && !options.dryRun) {
    throw new InputFailure("init asks questions: got no terminal to ask at", "pass --yes to take what is suggested");
  }
  const { filesToWrite, inspect, propose, refuseExisting, writeFiles } = await import("../lib/operations/init.ts");
  const file = resolve(options.config);
  if (!options.dryRun) refuseExisting(file);
  const inspection = await follow(inspect({ repository, folder: process.cwd(), env: process.env }));
  const given = flagsOf(options);
  const answers = asks ? { ...given, ...(await askFor(inspection, given)) } : given;
  const proposal = propose(inspection, answers);
  const files = filesToWrite(file, proposal);
  if (!options.dryRun) writeFiles(file, files);
  if (options.json) printJson("init", initJson(inspection, proposal, [...files.keys()], !options.dryRun));
  else print(initText(inspection, proposal, [...files.keys()], !options.dryRun));
}

function flagsOf({ upstream, target, tests, reviewers, credentials, from, sync }: InitOptions): Answers {
  const named = {
    upstream,
    target,
    tests,
    reviewers: reviewers === undefined ? undefined : logins(reviewers),
    credentials,
    from,
    sync,
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}

function logins(text: string): string[] {
  return text
    .split(",")
    .map((login) => login.trim().replace(/^@/, ""))
    .filter(Boolean);
}

/** What no flag answers; Return takes the suggestion. */
async function askFor({ suggestions }: Inspection, given: Answers): Promise<Answers> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answers: Partial<Record<Question, string>> = {};
  try {
    for (const one of suggestions.filter(({ question }) => given[question] === undefined)) {
      answers[one.question] = await ask(prompt, one.text, one.suggested, one.why);
    }
  } finally {
    prompt.close();
  }
  const { reviewers, tests, ...texts } = answers;
  return {
    ...texts,
    ...(tests === undefined ? {} : { tests: [tests] }),
    ...(reviewers === undefined ? {} : { reviewers: logins(reviewers) }),
  };
}

async function ask(prompt: Interface, text: string, suggested: string, why: string): Promise<string> {
  process.stderr.write(`\n${pc.bold(text)}\n${pc.dim(why)}\n`);
  const answer = (await prompt.question(suggested ? `[${suggested}] ` : "> ")).trim();
  return answer === "" ? suggested : answer;
}

/** The questions with what was taken, in the config's words. */
function taken({ choices }: Proposal): Readonly<Record<Question, string>> {
  const { upstream, branches, tests, reviewers, credentials } = choices;
  return {
    upstream: `${upstream.value}, branch ${upstream.branch}`,
    target: branches.target,
    tests: "run" in tests ? tests.run.join(", then ") : `service ${tests.compose.service} of ${tests.compose.file}`,
    reviewers: reviewers.join(", ") || "nobody",
    credentials,
  };
}

function initJson(inspection: Inspection, proposal: Proposal, files: readonly string[], written: boolean) {
  const answers = taken(proposal);
  return {
    repository: proposal.choices.repository,
    choices: inspection.suggestions.map(({ question, why }) => ({ question, answer: answers[question], why })),
    found: inspection.found,
    checks: proposal.findings.map(({ id, state, evidence, remedy }) => ({ id, state, evidence, remedy })),
    config: proposal.text,
    files,
    written,
    requests: inspection.requests,
  };
}

/** One line a choice with its reason, what is there already, what stands in the way, and what to type next. */
export function initText(
  inspection: Inspection,
  proposal: Proposal,
  files: readonly string[],
  written: boolean,
): string {
  const answers = taken(proposal);
  const { repository } = proposal.choices;
  const rows = inspection.suggestions.map(({ question, suggested, why }) => {
    const ownAnswer =
      suggested === ""
        ? answers[question] !== "nobody"
        : !answers[question].includes(suggested.replace(/^compose:.*:/, ""));
    return `  ${question.padEnd(12)}  ${answers[question]}${ownAnswer ? "" : pc.dim(`  ${why}`)}`;
  });
  return [
    pc.bold(repository),
    ...rows,
    ...inspection.found.map((line) => `  ${"found".padEnd(12)}  ${line}`),
    ...proposal.findings.map(
      ({ state, title, evidence, remedy }) =>
        `  ${(state === "not ok" ? pc.yellow : pc.dim)(state.padEnd(12))}  ${title}: ${evidence}${remedy ? `\n${" ".repeat(16)}fix: ${remedy}` : ""}`,
    ),
    "",
    ...(written
      ? [
          `wrote ${files.join(", ")}`,
          "next:",
          ...(proposal.choices.credentials === "github-token" ? [] : ["  upstream-sync credentials create"]),
          "  upstream-sync plan",
        ]
      : [proposal.text.trimEnd(), "", `not written: ${files.join(", ")}`]),
  ].join("\n");
}
