/** `shell:` to a command line (actions/runner `ScriptHandler`, `ScriptHandlerHelpers`). */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

export interface ShellCommand {
  file: string;
  /** Arguments with `{0}` for the script's path. */
  args: string[];
  /** Of the script file, with the dot. */
  extension: string;
}

const builtIn: Record<string, string> = { bash: "--noprofile --norc -e -o pipefail {0}", sh: "-e {0}", python: "{0}" };
const extensions: Record<string, string> = { bash: ".sh", sh: ".sh", python: ".py" };

/** Empty: `bash -e`, or `sh -e` where there is no bash. Throws for a shell that is unknown or not on the path. */
export function shellCommand(shell: string, path: string): ShellCommand {
  if (shell === "") {
    const file = which("bash", path) ?? which("sh", path);
    if (!file) throw new Error("bash: command not found");
    return { file, args: ["-e", "{0}"], extension: ".sh" };
  }
  const [name = "", ...rest] = shell.split(" ");
  const format = rest.join(" ").trim() || (builtIn[name] ?? "");
  if (!format.includes("{0}")) {
    throw new Error(
      "Invalid shell option. Shell must be a valid built-in (bash, sh, cmd, powershell, pwsh) or a format string containing '{0}'",
    );
  }
  const file = which(name, path);
  if (!file) throw new Error(`${name}: command not found`);
  const args = (format.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replace(/^"(.*)"$/, "$1"));
  return { file, args, extension: extensions[name] ?? "" };
}

function which(name: string, path: string): string | undefined {
  const candidates = name.includes("/") ? [name] : path.split(delimiter).map((folder) => join(folder || ".", name));
  return candidates.find((candidate) => {
    try {
      accessSync(candidate, constants.X_OK);
      return statSync(candidate).isFile();
    } catch {
      return false;
    }
  });
}
