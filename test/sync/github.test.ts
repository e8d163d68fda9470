import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { connect, type GitHub } from "../../sync/github.ts";

interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

let server: Server;
let github: GitHub;
let answers: Answer[];
let requests: string[];
let waits: number[];
let url: string;

beforeEach(async () => {
  [answers, requests, waits] = [[], [], []];
  server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    const { status, headers = {}, body = {} } = answers.shift() ?? { status: 200 };
    if (status === 0) response.destroy();
    else response.writeHead(status, headers).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  github = connect({
    apiUrl: `${url}/api/v3`,
    token: "t",
    repository: "acme/fork",
    sleep: async (milliseconds) => {
      waits.push(milliseconds);
    },
    random: () => 0,
  });
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe("a request", () => {
  test("that the server could not serve is made again, after the server's own delay", async () => {
    answers = [{ status: 503 }, { status: 429, headers: { "retry-after": "7" } }, { status: 200, body: { a: 1 } }];
    expect(await github.get("/meta")).toEqual({ a: 1 });
    expect(waits).toEqual([1000, 7000]);
  });

  test("that met a secondary limit waits, a connection that broke is tried again", async () => {
    answers = [{ status: 403, body: { message: "You have exceeded a secondary rate limit" } }, { status: 0 }];
    expect(await github.get("/meta")).toEqual({});
    expect(waits).toEqual([60_000, 2000]);
  });

  test("comes back later than the server asked by a part that chance decides", async () => {
    github = connect({
      apiUrl: url,
      token: "t",
      repository: "acme/fork",
      random: () => 0.5,
      sleep: async (wait) => {
        waits.push(wait);
      },
    });
    answers = [{ status: 503 }, { status: 429, headers: { "retry-after": "7" } }];
    await github.get("/meta");
    expect(waits).toEqual([1250, 7500]);
  });

  test("ends after five tries with status, GitHub's words and the request id", async () => {
    const failing = { status: 502, headers: { "x-github-request-id": "AB:1" }, body: { message: "Server Error" } };
    answers = [failing, failing, failing, failing, failing, { status: 200 }];
    await expect(github.get("/meta")).rejects.toThrow("GET /meta: 502 Server Error (request AB:1)");
    expect(requests).toHaveLength(5);
    expect(waits).toEqual([1000, 2000, 4000, 8000]);
  });

  test("waits two minutes at most, all requests together", async () => {
    const limited = { status: 429, headers: { "retry-after": "50" } };
    answers = [limited, { status: 200 }, limited, { status: 200 }, limited, { status: 200 }];
    await github.get("/one");
    await github.get("/two");
    await expect(github.get("/three")).rejects.toThrow(/GET \/three: 429/);
    expect(waits).toEqual([50_000, 50_000]);
  });

  test("is not made again when the wait would be long, or when GitHub said no", async () => {
    answers = [{ status: 429, headers: { "retry-after": "3600" } }];
    await expect(github.get("/meta")).rejects.toThrow(/429/);
    answers = [
      { status: 422, body: { message: "Validation Failed", errors: [{ message: "No commits between a and b" }] } },
    ];
    await expect(github.get("/meta")).rejects.toThrow("422 Validation Failed No commits between a and b");
    answers = [{ status: 403, body: { message: "Resource not accessible by integration" } }];
    await expect(github.get("/meta")).rejects.toThrow(/not accessible/);
    expect(requests).toHaveLength(3);
    expect(waits).toEqual([]);
  });
});

describe("a list", () => {
  test("is read page by page", async () => {
    const link = `<${url}/api/v3/x?page=2>; rel="next", <${url}/api/v3/x?page=9>; rel="last"`;
    answers = [
      { status: 200, headers: { link }, body: { jobs: [1, 2] } },
      { status: 200, body: { jobs: [3] } },
    ];
    expect(await github.list("/x", "jobs")).toEqual([1, 2, 3]);
    expect(requests).toEqual(["GET /api/v3/x Bearer t", "GET /api/v3/x?page=2 Bearer t"]);
  });

  test("is not followed to another server, where the token would go along", async () => {
    answers = [{ status: 200, headers: { link: '<http://127.0.0.1:1/x?page=2>; rel="next"' }, body: [1] }];
    expect(await github.list("/x")).toEqual([1]);
  });

  test("that is none is an error and not empty", async () => {
    answers = [{ status: 200, body: { message: "surprise" } }];
    await expect(github.list("/x", "jobs")).rejects.toThrow(/no list in the answer/);
  });
});

describe("a write", () => {
  test.each([
    "/repos/up/stream/pulls",
    "/repos/acme/fork2/pulls",
    "/repos/acme/fork",
    "/user/repos",
    "/repos/acme/fork/../../up/x/pulls",
  ])("to %s is refused before anything is sent", async (path) => {
    await expect(github.write("POST", path, {})).rejects.toThrow(/write to another repository was refused/);
    expect(requests).toEqual([]);
  });

  test("whose answer was lost is asked for before it is made again", async () => {
    answers = [{ status: 0 }];
    const made = async () => ({ number: 7 });
    expect(await github.write("POST", "/repos/acme/fork/pulls", {}, made)).toEqual({ number: 7 });
    expect(requests).toHaveLength(1);
    answers = [{ status: 502 }, { status: 201, body: { number: 8 } }];
    expect(await github.write("POST", "/repos/acme/fork/pulls", {}, async () => undefined)).toEqual({ number: 8 });
    expect(requests).toHaveLength(3);
  });

  test("that makes something new is made once when nobody can say whether it was carried out", async () => {
    answers = [{ status: 502, body: { message: "Server Error" } }];
    await expect(github.write("POST", "/repos/acme/fork/issues", {})).rejects.toThrow(/502 Server Error/);
    answers = [
      { status: 403, headers: { "retry-after": "1" } },
      { status: 201, body: { number: 1 } },
    ];
    expect(await github.write("POST", "/repos/acme/fork/issues", {})).toEqual({ number: 1 });
    expect(requests).toHaveLength(3);
  });

  test("to the fork is sent", async () => {
    answers = [{ status: 201, body: { number: 1 } }];
    expect(await github.write("POST", "/repos/acme/fork/pulls", {})).toEqual({ number: 1 });
  });
});
