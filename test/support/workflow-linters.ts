/** Five judges of a workflow file. Each gives its findings as lines; none means that it has nothing to say. */
import { join } from "node:path";
import { registerLogger, validate } from "@actions/languageservice";
import { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } from "@actions/workflow-parser";
import { execa } from "execa";
import { TextDocument } from "vscode-languageserver-textdocument";
import { workflowTool } from "../../tools/workflow-tools.ts";

/** GitHub's parser: the one that decides whether a run starts. */
export async function githubParser(text: string): Promise<string[]> {
  const { context, value } = parseWorkflow({ name: "workflow.yml", content: text }, new NoOperationTraceWriter());
  if (value) await convertWorkflowTemplate(context, value);
  return context.errors.getErrors().map(({ message }) => message);
}

const failures: string[] = [];
const quiet = () => undefined;
registerLogger({ error: (message) => failures.push(message), warn: quiet, info: quiet, log: quiet });
let documents = 0;

/** GitHub's language service, as editors show it: the parser's findings and those on cron lines, needs, contexts, functions. */
export async function githubLanguageService(text: string): Promise<string[]> {
  // It remembers a file by its address, and where it fails it logs that and finds nothing.
  documents += 1;
  const document = TextDocument.create(`file:///.github/workflows/${documents}.yml`, "yaml", 1, text);
  const findings = await validate(document);
  return [...failures.splice(0), ...findings.map(({ message, range }) => `${range.start.line + 1}: ${message}`)];
}

/** actionlint, which gives every `run:` to shellcheck. */
export async function actionlint(folder: string, files: readonly string[]): Promise<string[]> {
  const args = [`-shellcheck=${workflowTool("shellcheck")}`, "-pyflakes=", "-format={{json .}}"];
  const { stdout, stderr, exitCode } = await execa(workflowTool("actionlint"), [...args, ...files], {
    cwd: folder,
    reject: false,
  });
  // 1 is "found something"; anything else is actionlint's own failure.
  if (exitCode !== 0 && exitCode !== 1) throw new Error(`actionlint ended with ${exitCode}: ${stderr}`);
  const findings: { filepath: string; line: number; message: string }[] = JSON.parse(stdout);
  return findings.map(({ filepath, line, message }) => `${filepath}:${line}: ${message}`);
}

/** zizmor at its strictest, asking no server. A waiver is a comment `# zizmor: ignore[rule]` in the file, with its reason. */
export async function zizmor(folder: string, files: readonly string[]): Promise<string[]> {
  const args = ["--offline", "--no-config", "--persona=pedantic", "--format=json-v1", "--quiet", "--no-exit-codes"];
  const { stdout } = await execa(workflowTool("zizmor"), [...args, ...files.map((file) => join(folder, file))]);
  const findings: Finding[] = JSON.parse(stdout);
  return findings
    .filter(({ ignored }) => !ignored)
    .map(({ ident, desc, locations }) => {
      const place = locations[0];
      const line = place?.concrete.location.start_point.row ?? -1;
      return `${place?.symbolic.key.Local?.given_path ?? "?"}:${line + 1}: ${ident}: ${desc}`;
    });
}

interface Finding {
  readonly ident: string;
  readonly desc: string;
  readonly ignored: boolean;
  readonly locations: readonly {
    readonly symbolic: { readonly key: { readonly Local?: { readonly given_path: string } } };
    readonly concrete: { readonly location: { readonly start_point: { readonly row: number } } };
  }[];
}

/** shellcheck on a script of ours. */
export async function shellcheck(file: string): Promise<string[]> {
  const { stdout } = await execa(workflowTool("shellcheck"), ["--format=gcc", "--enable=all", file], { reject: false });
  return stdout.split("\n").filter(Boolean);
}
