/**
 * As much of GitHub as the sync program meets: REST answers from a table, git over http from real bare repositories by
 * `git http-backend`, and pushes over ssh. Every request is kept.
 */
import { spawn } from "node:child_process";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import ssh2 from "ssh2";
import { appAnswer, type FakeApp, fakeApp } from "./fake-app.ts";

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

export interface FakePull {
  readonly number: number;
  state: string;
  title: string;
  body: string;
  draft: boolean;
  merged_at: string | null;
  head: { sha: string; ref: string; repo: { full_name: string } };
  base: { ref: string };
  user: { login: string };
  labels: { name: string }[];
  requested_reviewers: { login: string }[];
  requested_teams: { slug: string }[];
}

export interface FakeIssue {
  readonly number: number;
  state: string;
  title: string;
  body: string;
  labels: string[];
  assignees: string[];
}

export interface FakeGitHub {
  readonly url: string;
  /** REST requests. */
  readonly rest: Seen[];
  /** Requests of git over http. */
  readonly git: Seen[];
  /** Repositories that were pushed to over ssh. */
  readonly pushes: string[];
  readonly deployKey: string;
  readonly app: FakeApp;
  /** Tokens besides the App's that may push over https. */
  readonly pushTokens: string[];
  readonly pulls: FakePull[];
  readonly issues: FakeIssue[];
  /** Of issues, newest first. */
  readonly events: unknown[];
  readonly statuses: Record<string, unknown>[];
  /** Of every pull request. */
  readonly reviews: { user: { login: string }; state: string; author_association: string }[];
  readonly comments: { body: string }[];
  /** `jobs` of the run, as GitHub lists them. */
  jobs: unknown[];
  /** Answers that come instead of the table's, by `METHOD /path`. */
  readonly faults: Map<string, { status: number; body: unknown }>;
  /** Host keys of GET /meta; changed by a test of a wrong server. */
  hostKeys: string[];
  /** Branch tips for pull requests and compare. */
  tip(repository: string, branch: string): string | undefined;
  /** Whether a commit is in a branch of the fork. */
  merged: (commit: string, branch: string) => boolean;
  compare: (range: string) => string;
  /** Commits of a comparison, for who asks how many; undefined: GitHub does not know the other side. */
  ahead: (range: string) => { count: number; oldest: string } | undefined;
  /** As private repositories of free plans do. */
  refusesDrafts: boolean;
  close(): Promise<void>;
}

const FORK = "acme/fork";

/** @param root folder that holds `<owner>/<name>.git`. */
export async function fakeGitHub(root: string, tip: FakeGitHub["tip"]): Promise<FakeGitHub> {
  const [hostKey, key] = [keyPair(), keyPair()];
  const state: FakeGitHub = {
    url: "",
    rest: [],
    git: [],
    pushes: [],
    deployKey: key.private,
    app: fakeApp(),
    pushTokens: [],
    pulls: [],
    issues: [],
    events: [],
    statuses: [],
    reviews: [],
    comments: [],
    jobs: [],
    faults: new Map(),
    hostKeys: [hostKey.public],
    tip,
    merged: () => false,
    compare: () => "diverged",
    ahead: () => undefined,
    refusesDrafts: false,
    close: async () => undefined,
  };
  const ssh = sshServer(root, hostKey.private, key.public, state);
  await new Promise<void>((resolve) => ssh.listen(0, "127.0.0.1", resolve));
  const sshPort = (ssh.address() as AddressInfo).port;
  const http = createServer((request, response) => {
    const path = request.url ?? "";
    if (/^\/[^/]+\/[^/]+\.git\//.test(path)) gitOverHttp(root, state, request, response);
    else restAnswer(state, sshPort, request, response);
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return Object.assign(state, {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    close: async () => {
      http.closeAllConnections();
      await Promise.all([new Promise((done) => http.close(done)), new Promise((done) => ssh.close(done))]);
    },
  });
}

/** One in some hundred pairs of ssh2 1.17.0 is malformed: it drops a leading zero byte. */
function keyPair(): { private: string; public: string } {
  const pair = ssh2.utils.generateKeyPairSync("ed25519");
  return ssh2.utils.parseKey(pair.private) instanceof Error ? keyPair() : pair;
}

function gitOverHttp(root: string, state: FakeGitHub, request: IncomingMessage, response: ServerResponse): void {
  const { method = "", headers } = request;
  const [path = "", query = ""] = (request.url ?? "").split("?");
  state.git.push({ method, path, authorization: headers.authorization, body: undefined });
  const child = spawn("git", ["http-backend"], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_NOSYSTEM: "1",
      PATH_INFO: path,
      QUERY_STRING: query,
      REQUEST_METHOD: method,
      CONTENT_TYPE: headers["content-type"] ?? "",
      GIT_PROTOCOL: String(headers["git-protocol"] ?? ""),
      HTTP_CONTENT_ENCODING: headers["content-encoding"] ?? "",
      // git lets only a known user push over http.
      ...(mayPush(state, headers.authorization) ? { REMOTE_USER: "somebody" } : {}),
    } as NodeJS.ProcessEnv,
  });
  request.pipe(child.stdin);
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.on("close", () => {
    const output = Buffer.concat(chunks);
    const end = output.indexOf("\r\n\r\n");
    const lines = output.subarray(0, end).toString().split("\r\n");
    for (const line of lines) {
      const [name = "", value = ""] = line.split(": ");
      if (name === "Status") response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.end(output.subarray(end + 4));
  });
}

function mayPush(state: FakeGitHub, authorization: string | undefined): boolean {
  const token =
    Buffer.from(authorization?.replace(/^Basic /, "") ?? "", "base64")
      .toString()
      .split(":")[1] ?? "";
  return state.pushTokens.includes(token) || state.app.tokens.has(token);
}

function sshServer(root: string, hostKey: string, publicKey: string, state: FakeGitHub): ssh2.Server {
  const expected = ssh2.utils.parseKey(publicKey);
  if (expected instanceof Error) throw expected;
  const wanted = expected.getPublicSSH();
  return new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    client.on("error", () => undefined);
    client.on("authentication", (attempt) => {
      if (attempt.method !== "publickey" || !attempt.key.data.equals(wanted)) attempt.reject(["publickey"]);
      else attempt.accept();
    });
    client.on("session", (accept) => {
      const session = accept();
      session.on("env", (ok) => ok?.());
      session.on("exec", (start, _refuse, { command }) => {
        const stream = start();
        const [, verb = "", repository = ""] = /^git-(receive-pack) '\/?(.+)'$/.exec(command) ?? [];
        state.pushes.push(repository);
        const child = spawn("git", [verb, join(root, repository)], {
          env: {
            PATH: process.env.PATH,
            GIT_CONFIG_GLOBAL: "/dev/null",
            GIT_CONFIG_NOSYSTEM: "1",
          } as NodeJS.ProcessEnv,
        });
        stream.pipe(child.stdin);
        child.stdout.pipe(stream, { end: false });
        child.stderr.pipe(stream.stderr, { end: false });
        child.on("close", (code) => {
          stream.exit(code ?? 1);
          stream.end();
        });
      });
    });
  });
}

async function restAnswer(state: FakeGitHub, sshPort: number, request: IncomingMessage, response: ServerResponse) {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const body = text === "" ? undefined : JSON.parse(text);
  const { method = "", headers } = request;
  const [path = "", query = ""] = (request.url ?? "").split("?");
  state.rest.push({ method, path, authorization: headers.authorization, body });
  const name = `${method} ${path}`;
  const bearer = headers.authorization?.replace(/^Bearer /, "") ?? "";
  const asked = { method, path, query: new URLSearchParams(query), body };
  const { status, body: answer } =
    state.faults.get(name) ?? appAnswer(state.app, name, bearer, body) ?? table(state, sshPort, asked);
  response.writeHead(status, { "content-type": "application/json", "x-github-request-id": "0:1" });
  response.end(answer === undefined ? "" : JSON.stringify(answer));
}

/** Newest first; pull requests are issues too. */
function issuesAndPulls(state: FakeGitHub, query: URLSearchParams) {
  const pulls = state.pulls.map((pull) => ({ ...pull, pull_request: {} }));
  const wanted = query.get("labels")?.toLowerCase();
  const isWanted = ({ labels }: { labels: readonly (string | { name: string })[] }) =>
    !wanted || labels.some((label) => (typeof label === "string" ? label : label.name).toLowerCase() === wanted);
  return [...state.issues, ...pulls]
    .filter(({ state: now }) => query.get("state") === "all" || now === "open")
    .filter(isWanted)
    .sort((one, other) => other.number - one.number);
}

type Answer = { status: number; body: unknown };

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Record<string, unknown>;
}

function table(state: FakeGitHub, sshPort: number, { method, path, query, body }: Asked): Answer {
  followBranches(state);
  const rest = path.replace(`/repos/${FORK}`, "");
  const pull = () => {
    const found = state.pulls.find(({ number }) => number === Number(/\d+/.exec(rest)?.[0]));
    if (found === undefined) throw new Error(`no such pull request: ${path}`);
    return found;
  };
  const issue = () => {
    const found = state.issues.find(({ number }) => number === Number(/\d+/.exec(rest)?.[0]));
    if (found === undefined) throw new Error(`no such issue: ${path}`);
    return found;
  };
  const ok = (answer: unknown, status = 200): Answer => ({ status, body: answer });
  switch (`${method} ${rest.replace(/\d+/, "N").replace(/[0-9a-fN]{40,}/, "SHA")}`) {
    case "GET /meta":
      return ok({ ssh_keys: state.hostKeys });
    case "GET ":
      return ok({ ssh_url: `ssh://git@127.0.0.1:${sshPort}/${FORK}.git` });
    case "GET /pulls":
      return ok(listed(state, query));
    case "POST /pulls":
      if (state.refusesDrafts && body.draft === true) {
        return ok({ message: "Draft pull requests are not supported in this repository." }, 422);
      }
      state.pulls.push(newPull(state, body));
      return ok(state.pulls.at(-1), 201);
    case "PATCH /pulls/N":
      return ok(Object.assign(pull(), body));
    case "GET /pulls/N/reviews":
      return ok(state.reviews);
    case "GET /issues/N/comments":
      return ok(state.comments);
    case "POST /issues/N/comments":
      state.comments.push(body as { body: string });
      return ok(body, 201);
    case "POST /issues/N/labels":
      pull().labels.push(...(body.labels as string[]).map((label) => ({ name: label })));
      return ok([]);
    case "POST /pulls/N/requested_reviewers": {
      const [login = ""] = (body.reviewers as string[] | undefined) ?? [];
      if (login === "stranger") return ok({ message: "Reviews may only be requested from collaborators." }, 422);
      pull().requested_reviewers.push({ login });
      return ok(pull(), 201);
    }
    case "GET /issues":
      return ok(issuesAndPulls(state, query));
    case "GET /issues/events":
      return ok(state.events);
    case "POST /issues": {
      const assignees = (body.assignees as string[] | undefined) ?? [];
      if (assignees.includes("stranger")) {
        const errors = [{ value: "stranger", resource: "Issue", field: "assignees", code: "invalid" }];
        return ok({ message: "Validation Failed", errors }, 422);
      }
      state.issues.push({ ...(body as unknown as FakeIssue), number: nextNumber(state), state: "open", assignees });
      return ok(state.issues.at(-1), 201);
    }
    case "GET /issues/N":
      return ok(issue());
    case "PATCH /issues/N":
      return ok(Object.assign(issue(), body));
    case "POST /issues/N/assignees":
      issue().assignees.push(...(body.assignees as string[]).filter((login) => login !== "stranger"));
      return ok(issue(), 201);
    case "GET /actions/runs/N/jobs":
      return ok({ total_count: state.jobs.length, jobs: state.jobs });
  }
  if (method === "POST" && rest.startsWith("/statuses/")) {
    state.statuses.push({ sha: rest.slice("/statuses/".length), ...body });
    return ok({}, 201);
  }
  const combined = /^\/commits\/([0-9a-f]{40})\/status$/.exec(rest);
  if (combined) return ok({ statuses: state.statuses.filter(({ sha }) => sha === combined[1]) });
  const compared = /^\/compare\/(.+)$/.exec(rest);
  if (compared) {
    const [range = "", ahead] = [compared[1], state.ahead(compared[1] ?? "")];
    const commits = ahead === undefined ? [] : [{ commit: { committer: { date: ahead.oldest } } }];
    return ok({ status: state.compare(range), ahead_by: ahead?.count, commits });
  }
  return ok({ message: "Not Found" }, 404);
}

function nextNumber(state: FakeGitHub): number {
  return 100 + state.pulls.length + state.issues.length;
}

/** https://docs.github.com/rest/pulls/pulls#list-pull-requests: newest first as the program asks for it. */
function listed(state: FakeGitHub, query: URLSearchParams): FakePull[] {
  return state.pulls
    .filter(({ head }) => !query.has("head") || `acme:${head.ref}` === query.get("head"))
    .filter(({ base }) => !query.has("base") || base.ref === query.get("base"))
    .reverse();
}

/** An open pull request follows its branch; it is closed with it, and merged once its base has all of it. */
function followBranches(state: FakeGitHub): void {
  for (const pull of state.pulls.filter((one) => one.state === "open")) {
    const tip = state.tip(FORK, pull.head.ref);
    if (tip === undefined) pull.state = "closed";
    else pull.head.sha = tip;
    if (state.merged(pull.head.sha, pull.base.ref))
      Object.assign(pull, { state: "closed", merged_at: "2026-01-02T00:00:00Z" });
  }
}

function newPull(state: FakeGitHub, body: Record<string, unknown>): FakePull {
  const ref = String(body.head);
  return {
    number: nextNumber(state),
    state: "open",
    title: String(body.title),
    body: String(body.body),
    draft: body.draft === true,
    merged_at: null,
    head: { sha: state.tip(FORK, ref) ?? "", ref, repo: { full_name: FORK } },
    base: { ref: String(body.base) },
    user: { login: "github-actions[bot]" },
    labels: [],
    requested_reviewers: [],
    requested_teams: [],
  };
}
