/** Whether the workflow can run, runs, and which others run beside it. */
import { CronExpressionParser } from "cron-parser";
import { parse } from "yaml";
import { workflowPath } from "../render/files.ts";
import { type Check, cannotTell, gh, isDeployed, notOk, ok, type View, whenTold } from "./check.ts";

const ours = workflowPath.split("/").at(-1) as string;
const folder = workflowPath.slice(0, -ours.length);

const actions: Check = {
  id: "actions",
  title: "GitHub Actions are on",
  find: ({ facts, fork }) =>
    whenTold(facts.actions, (enabled) =>
      enabled
        ? ok("Actions are on")
        : notOk(
            "Actions are off, as in every new fork that carries workflows",
            `upstream-sync apply ${fork.repository}`,
          ),
    ),
};

/** GitHub's words for a workflow that is off (`GET /actions/workflows`). */
const whyOff: Readonly<Record<string, string>> = {
  disabled_fork: "GitHub switched it off when the fork was made",
  disabled_inactivity: "GitHub switched it off after 60 days without activity in the repository",
  disabled_manually: "somebody switched it off",
};

const workflow: Check = {
  id: "workflow",
  title: "Our workflow is on the default branch, and switched on",
  find(view) {
    const { facts, fork } = view;
    const { repository, defaultBranch } = facts.settings;
    if (!isDeployed(view)) {
      return notOk(`${workflowPath} is not on ${defaultBranch}`, `upstream-sync apply ${fork.repository}`);
    }
    return whenTold(facts.workflows, (workflows) => {
      const state = workflows.find(({ path }) => path === workflowPath)?.state;
      if (state === "active") return ok(`${workflowPath} on ${defaultBranch}, switched on`);
      if (state === undefined)
        return cannotTell("GitHub does not list it yet", "look again in a minute: upstream-sync doctor");
      return notOk(
        `${state}: ${whyOff[state] ?? "it does not run"}`,
        `upstream-sync doctor ${fork.repository} --fix, or ${gh("workflow", "enable", ours, "--repo", repository)}`,
        { kind: "request", method: "PUT", path: `/repos/${repository}/actions/workflows/${ours}/enable` },
      );
    });
  },
};

const pulls: Check = {
  id: "actions-pull-requests",
  title: "Workflows may open pull requests",
  find: ({ facts, fork }) =>
    fork.credentials === "github-app"
      ? ok("the App opens them")
      : whenTold(facts.actionsOpenPulls, (allowed) =>
          allowed
            ? ok("GitHub Actions may create pull requests")
            : notOk(
                "GitHub Actions is not permitted to create pull requests",
                `upstream-sync apply ${fork.repository} (an organization that forbids it has to allow it first)`,
              ),
        ),
};

/** Names of active workflow files that came from upstream; undefined when nobody can say whose they are. */
export function upstreamWorkflows({ facts }: View): readonly string[] | undefined {
  if (!facts.upstream?.told || !facts.workflows.told) return undefined;
  const theirs = facts.upstream.value.workflows;
  return activeOthers(facts).filter((name) => theirs.includes(name));
}

export function activeOthers({ workflows, workflowFiles }: View["facts"]): readonly string[] {
  const active = workflows.told ? workflows.value.filter(({ state }) => state === "active") : [];
  return workflowFiles
    .map(({ name }) => name)
    .filter((name) => name !== ours && active.some(({ path }) => path === `${folder}${name}`));
}

const schedules: Check = {
  id: "upstream-schedules",
  title: "Upstream's own schedules sleep in the fork",
  find(view) {
    const { facts } = view;
    const scheduled = (names: readonly string[]) =>
      facts.workflowFiles.filter(({ name, text }) => names.includes(name) && hasSchedule(text)).map(({ name }) => name);
    const theirs = upstreamWorkflows(view);
    if (theirs === undefined) {
      const others = scheduled(activeOthers(facts));
      if (facts.workflows.told && others.length === 0) return ok("no other workflow of the fork has a schedule");
      return cannotTell(
        `whether ${others.join(", ") || "other workflows"} came from upstream`,
        gh("workflow", "list", "--repo", facts.settings.repository),
      );
    }
    const awake = scheduled(theirs);
    if (awake.length === 0) return ok("none of upstream's workflows runs by a schedule here");
    return notOk(
      `upstream's ${awake.join(", ")} runs here by its schedule`,
      awake.map((name) => gh("workflow", "disable", name, "--repo", facts.settings.repository)).join(" && "),
    );
  },
};

function hasSchedule(text: string): boolean {
  try {
    const on: unknown = parse(text)?.on;
    return (
      on === "schedule" ||
      (typeof on === "object" && on !== null && "schedule" in on) ||
      (Array.isArray(on) && on.includes("schedule"))
    );
  } catch {
    return false;
  }
}

/** Days without a push: from here on people should know; GitHub acts at 60. */
const quietDays = 45;

const activity: Check = {
  id: "activity",
  title: "GitHub has no reason to switch the schedule off",
  find(view) {
    const { facts, fork, now } = view;
    const { private: hidden, pushedAt, repository } = facts.settings;
    if (hidden) return ok("the 60 days hold for public repositories only");
    if (workflow.find(view).state !== "ok") return cannotTell("the workflow does not run", 'see the check "workflow"');
    if (pushedAt === undefined) return cannotTell("GitHub did not tell when somebody pushed last", "ask again");
    const days = Math.floor((now - Date.parse(pushedAt)) / 86_400_000);
    if (days < quietDays) return ok(`the last push was ${days} d ago`);
    // Past the day and still on: then the heartbeat counts.
    if (days > 60) return ok(`the last push was ${days} d ago, and the schedule is on all the same`);
    return cannotTell(
      `the last push was ${days} d ago: after 60 d GitHub switches schedules off, unless it counts the heartbeat of the runs`,
      `push any commit, or ${gh("workflow", "enable", ours, "--repo", repository)}; look again after day 60: upstream-sync doctor ${fork.repository}`,
    );
  },
};

const lastRun: Check = {
  id: "last-run",
  title: "The last run is recent and green",
  find(view) {
    const { facts, fork, now } = view;
    const start = `upstream-sync sync ${fork.repository}`;
    if (workflow.find(view).state !== "ok") return cannotTell("the workflow does not run", 'see the check "workflow"');
    return whenTold(facts.runs, (runs) => {
      const finished = runs.find(({ conclusion }) => conclusion !== null);
      if (!finished) return cannotTell(runs.length > 0 ? "the first run is under way" : "there was no run yet", start);
      const { url, conclusion, startedAt } = finished;
      const told = `${conclusion}, ${age(now - Date.parse(startedAt))} ago: ${url}`;
      if (conclusion !== "success") return notOk(told, `upstream-sync status ${fork.repository}; then ${start}`);
      const due = secondLastFiring(fork.schedule, now);
      if (Date.parse(startedAt) < due) {
        return notOk(
          `${told}; the schedule ${fork.schedule.cron} was missed since`,
          `${start}; ${gh("run", "list", "--repo", facts.settings.repository)}`,
        );
      }
      return ok(told);
    });
  },
};

/** GitHub starts runs late and drops some at full hours: one missed time is no finding, two are. */
function secondLastFiring({ cron, timezone }: View["fork"]["schedule"], now: number): number {
  const firings = CronExpressionParser.parse(cron, { currentDate: new Date(now), tz: timezone });
  firings.prev();
  return firings.prev().getTime();
}

function age(milliseconds: number): string {
  const hours = Math.max(0, Math.round(milliseconds / 3_600_000));
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

export const actionsChecks: readonly Check[] = [actions, workflow, activity, pulls, schedules, lastRun];
