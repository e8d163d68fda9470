/** The pre-receive hook of every repository: it asks the sandbox's judge and prints what the judge says. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Environment variable by which a push's one-time address reaches the hook; it dies with the push. */
export const judgeVariable = "UPSTREAM_SYNC_SANDBOX_JUDGE";
export const objectsHeader = "x-git-object-directory";
export const alternatesHeader = "x-git-alternate-object-directories";

/** With this file in the repository a push by its path is accepted, and judged by nobody. */
const directPushes = "direct-pushes";

/**
 * The address goes to curl by a file descriptor, not as an argument, as it is a capability. `--fail-with-body` ends with 22
 * on a refusal, whose text is then on stdout.
 */
const script = `#!/bin/sh
# Written by the sandbox. Standard input: "<old> <new> <ref>" per line (githooks(5)).
if [ -z "$${judgeVariable}" ]; then
  if [ -e ${directPushes} ]; then exit 0; fi
  echo "push refused: it came through none of the sandbox's doors" >&2
  exit 1
fi
text=$(curl --config /dev/fd/3 3<<CONFIG
url = "$${judgeVariable}"
silent
fail-with-body
noproxy = "*"
max-time = 300
header = "content-type: text/plain"
header = "${objectsHeader}: $GIT_OBJECT_DIRECTORY"
header = "${alternatesHeader}: $GIT_ALTERNATE_OBJECT_DIRECTORIES"
data-binary = "@-"
CONFIG
)
code=$?
[ -z "$text" ] || printf '%s\\n\\n' "$text" >&2
case $code in
  0 | 22) ;;
  *) echo "push refused: the sandbox's judge did not answer (curl ended with $code)" >&2 ;;
esac
exit $code
`;

export async function installHook(folder: string): Promise<void> {
  await mkdir(join(folder, "hooks"), { recursive: true, mode: 0o700 });
  await writeFile(join(folder, "hooks", "pre-receive"), script, { mode: 0o755 });
}

export async function allowDirectPushes(folder: string, allowed: boolean): Promise<void> {
  const file = join(folder, directPushes);
  if (allowed) await writeFile(file, "");
  else await rm(file, { force: true });
}
