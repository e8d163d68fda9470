/** All scenarios, in the order in which docs/scenarios.md tells them. */
import { accidents } from "./accidents.ts";
import { conflicts } from "./conflicts.ts";
import { files } from "./files.ts";
import { follow } from "./follow.ts";
import { hostile } from "./hostile.ts";
import { landing } from "./landing.ts";
import { living } from "./living.ts";
import { normal } from "./normal.ts";
import { people } from "./people.ts";
import { policies } from "./policies.ts";
import { refusals } from "./refusals.ts";
import type { Scenario, Topic } from "./scenario.ts";
import { tests } from "./tests.ts";
import { upstream } from "./upstream.ts";
import { whoseTests } from "./whose-tests.ts";
import { workflowFiles } from "./workflow-files.ts";

export const topics: readonly Topic[] = [
  normal,
  landing,
  conflicts,
  people,
  living,
  follow,
  upstream,
  policies,
  files,
  workflowFiles,
  tests,
  whoseTests,
  refusals,
  hostile,
  accidents,
];

export const scenarios: readonly Scenario[] = topics.flatMap((topic) => topic.scenarios);
