/**
 * The demo's project: "pocket-board", a small web application with tests of its own, its upstream life in stages, and a fork
 * of it with branches main, test and dev and changes of its team. Made anew each time, always with the same SHAs.
 */
import { join } from "node:path";
import { commitOnto, type FileChanges, git } from "./git.ts";
import type { Setting, Stage } from "./setting.ts";

const server = `import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { addCard, listCards } from "./board.js";

export const server = createServer(async (request, response) => {
  if (request.url === "/api/cards" && request.method === "POST") {
    let body = "";
    for await (const chunk of request) body += chunk;
    response.writeHead(201, { "content-type": "application/json" });
    response.end(JSON.stringify(addCard(JSON.parse(body).title)));
    return;
  }
  if (request.url === "/api/cards") {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(listCards()));
    return;
  }
  response.writeHead(200, { "content-type": "text/html" });
  response.end(await readFile(new URL("../public/index.html", import.meta.url)));
});
`;

const board = `const cards = [];

export function addCard(title) {
  const card = { id: cards.length + 1, title, done: false };
  cards.push(card);
  return card;
}

export function listCards() {
  return [...cards];
}
`;

const boardTest = `import assert from "node:assert/strict";
import { test } from "node:test";
import { addCard, listCards } from "../src/board.js";

test("a new card is listed and not done", () => {
  const card = addCard("water the plants");
  assert.deepEqual(listCards().at(-1), { id: card.id, title: "water the plants", done: false });
});
`;

const serverTest = `import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { server } from "../src/server.js";

test("the board answers over HTTP", async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  const page = await fetch(\`http://127.0.0.1:\${port}/\`).then((answer) => answer.text());
  assert.match(page, /<title>.*<\\/title>/);
  const card = await fetch(\`http://127.0.0.1:\${port}/api/cards\`, { method: "POST", body: '{"title":"try it"}' });
  assert.equal(card.status, 201);
  server.close();
});
`;

/** In one process: `node --test` starts one for each file, which is most of what the tests of such a small project take. */
const allTests = `import { readdirSync } from "node:fs";

for (const file of readdirSync(import.meta.dirname)) if (file.endsWith(".test.js")) await import(\`./\${file}\`);
`;

const page = (title: string) => `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>${title}</title>
  <link rel="stylesheet" href="style.css">
</head>
<body>
  <h1>${title}</h1>
  <ul id="cards"></ul>
</body>
</html>
`;

const first: FileChanges = {
  "README.md": "# pocket-board\n\nA board that fits in a pocket.\n",
  "package.json": `${JSON.stringify({ name: "pocket-board", version: "1.0.0", type: "module", scripts: { test: "node test/all.js" } }, null, 2)}\n`,
  "src/server.js": server,
  "src/board.js": board,
  "test/all.js": allTests,
  "test/board.test.js": boardTest,
  "test/server.test.js": serverTest,
  "public/index.html": page("pocket-board"),
  "public/style.css": "body { font-family: sans-serif; }\n",
  ".github/workflows/ci.yml":
    "name: CI\non: [push, pull_request]\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo tested upstream\n",
};

type Commit = readonly [message: string, files: FileChanges];

const contributing = "# Contributing\n\nRun `npm test` before you push.\n";
const deployNotes = "# Deploying at Acme\n\nAsk #ops for access.\n";

const upstreamCommits: readonly Commit[] = [
  ["Start the board", first],
  ["Add contributing notes", { "CONTRIBUTING.md": contributing }],
  ["Give the page a calmer look", { "public/style.css": "body { font-family: sans-serif; margin: 2rem; }\n" }],
];

const finishCard = `${board}
export function finishCard(id) {
  const card = cards.find((one) => one.id === id);
  if (card) card.done = true;
  return card;
}
`;

const finishTest = `import assert from "node:assert/strict";
import { test } from "node:test";
import { addCard, finishCard } from "../src/board.js";

test("a finished card is done", () => {
  const card = addCard("call home");
  assert.equal(finishCard(card.id).done, true);
});
`;

const workflow = (name: string, on: string) =>
  `name: ${name}\non: ${on}\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo tested upstream\n`;

/** What upstream does after the fork was made, in order: each stage is made on the one before. */
const upstreamLife: Readonly<Record<Exclude<Stage, "start">, readonly Commit[]>> = {
  moved: [
    [
      "Cards can be done (fixes #7, thanks @maria)",
      { "src/board.js": finishCard, "test/finish.test.js": finishTest, "docs/first steps.md": "# First steps\n" },
    ],
    ["Describe the API", { "docs/api.md": "# API\n\n`GET /api/cards` lists the cards.\n" }],
    [
      "Run CI on pull requests only, and sync with somebody",
      {
        ".github/workflows/ci.yml": workflow("CI", "[pull_request]"),
        ".github/workflows/upstream-sync.yml": workflow("Theirs", "[push]"),
      },
    ],
  ],
  broken: [["Number cards from zero", { "src/board.js": finishCard.replace("[...cards]", "cards.slice(1, 0)") }]],
  edited: [
    ["List the cards again, and rename the page", { "src/board.js": finishCard, "public/index.html": page("Board 2") }],
  ],
  removed: [["Contributing notes live on the web now", { "CONTRIBUTING.md": null }]],
};

/** Makes the two repositories in `folder`. */
export async function pocketBoard(folder: string): Promise<Setting> {
  const upstream = join(folder, "upstream.git");
  const fork = join(folder, "fork.git");
  await git(folder, ["init", "--quiet", "--bare", "--initial-branch=main", upstream]);
  let clock = 1_775_000_000;
  const extend = async (repository: string, from: string | undefined, commits: readonly Commit[]) => {
    let tip = from;
    for (const [message, files] of commits) {
      clock += 86_400;
      tip = await commitOnto(repository, tip, files, message, clock);
    }
    return tip as string;
  };

  const start = await extend(upstream, undefined, upstreamCommits);
  await git(upstream, ["update-ref", "refs/heads/main", start]);
  const stages: Record<string, string> = { start };
  let tip = start;
  for (const [stage, commits] of Object.entries(upstreamLife)) {
    tip = await extend(upstream, tip, commits);
    stages[stage] = tip;
  }
  for (const [name, sha] of Object.entries(stages)) await git(upstream, ["update-ref", `refs/demo/${name}`, sha]);

  await git(folder, ["clone", "--quiet", "--bare", upstream, fork]);
  const main = await extend(fork, start, [
    ["Our name on the page", { "public/index.html": page("Acme board") }],
    ["Our deployment notes", { "deploy/README.md": deployNotes }],
  ]);
  const test = await extend(fork, main, [
    ["Trial banner", { "public/banner.txt": "Trial until the end of the quarter\n" }],
  ]);
  const dev = await extend(fork, test, [
    ["Colours of the house", { "public/acme.css": "h1 { color: #0b5; }\n" }],
    ["Say where to ask", { "CONTRIBUTING.md": `${contributing}Ask in #board.\n` }],
  ]);
  for (const [name, sha] of Object.entries({ main, test, dev }))
    await git(fork, ["update-ref", `refs/heads/${name}`, sha]);

  return {
    upstream: {
      owner: "pocket",
      name: "pocket-board",
      git: upstream,
      branch: "main",
      stages: stages as Record<Stage, string>,
    },
    fork: { owner: "acme", name: "pocket-board", git: fork, branches: { from: "main", target: "dev" } },
    held: [".github/workflows/ci.yml"],
    conflicts: {
      edited: { path: "public/index.html", settled: page("Acme board 2") },
      removed: { path: "CONTRIBUTING.md", settled: `${contributing}Ask in #board. Upstream's notes are on the web.\n` },
    },
    tests: ["node test/all.js"],
  };
}
