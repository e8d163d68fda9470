/** A command at a terminal, with somebody who answers its questions. */
import { execa } from "execa";

/**
 * Types a line each time the command has asked, and passes on what the terminal shows. Python's, as Node has no pseudo-terminal of its own.
 * A question ends with "] ", "> " or ") ".
 */
const typing = `
import os, pty, sys
lines = sys.stdin.readlines()
pid, terminal = pty.fork()
if pid == 0: os.execvp("sh", ["sh", "-c", sys.argv[1]])
seen = b""
while True:
    try: data = os.read(terminal, 4096)
    except OSError: break
    if not data: break
    sys.stdout.buffer.write(data)
    seen += data
    if lines and (seen.rstrip(b"\\x1b[0123456789GJKm").endswith((b"] ", b"> ", b") "))):
        os.write(terminal, lines.pop(0).encode())
        seen = b""
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

export interface Typed {
  readonly exitCode: number;
  /** What the terminal shows, with its escape sequences. */
  readonly shown: string;
}

/** @param command for `sh`. @param answers a line a question. */
export async function atTerminal(
  command: string,
  answers: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<Typed> {
  const { exitCode, stdout } = await execa("python3", ["-c", typing, command], {
    ...options,
    input: answers.map((line) => `${line}\n`).join(""),
    reject: false,
  });
  return { exitCode: exitCode ?? 1, shown: stdout };
}
