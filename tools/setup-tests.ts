/** `npm run setup:tests`: the programs only the tests need. What cannot be had is told here, and by the test that needs it. */
import { follow, reportFailure } from "../cli/output.ts";
import { ensureWorkflowTools } from "./workflow-tools.ts";

const failures = await follow(ensureWorkflowTools());
for (const failure of failures) reportFailure(failure, true);
if (failures.length === 0) process.stderr.write("setup: actionlint, act, shellcheck, zizmor, zsh and fish ready\n");
