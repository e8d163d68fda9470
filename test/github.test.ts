import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "@jest/globals";
import { connectAs, explain, patient, remedyFor } from "../lib/github.ts";

describe("what to do about an answer of GitHub's", () => {
  // https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
  test.each([
    [403, "API rate limit exceeded for user ID 1.", { "x-ratelimit-reset": "1780000000" }, "after 2026-05-28T20:26:40"],
    [403, "You have exceeded a secondary rate limit", { "retry-after": "60" }, "again in 60 s"],
    [429, "Too many requests", {}, "in an hour"],
    [
      403,
      "Resource protected by organization SAML enforcement.",
      { "x-github-sso": "required; url=https://github.com/orgs/acme/sso?a=b" },
      "authorize the token for it at https://github.com/orgs/acme/sso?a=b",
    ],
    [403, "Resource not accessible by personal access token", {}, "the token lacks a right"],
    [401, "Bad credentials", {}, "make a new one"],
    [404, "Not Found", {}, "may not see"],
  ])("%s %s", (status, message, headers, words) => {
    expect(remedyFor(status, message, headers)).toContain(words);
  });
});

/** The failure of one request to a server that answers like this. */
async function failureAt(url: string, seconds = 5): Promise<unknown> {
  const octokit = connectAs("token", { GITHUB_API_URL: url }, { fetch: patient(seconds) });
  return await octokit.request("GET /user", { request: { retries: 0 } }).then(
    () => undefined,
    (error: unknown) => {
      try {
        return explain(error, "ask");
      } catch (failure) {
        return failure;
      }
    },
  );
}

test("a rate limit that lasts is told at once, and a server that is not there by its name", async () => {
  let asked = 0;
  const server = createServer((_request, response) => {
    asked++;
    const reset = String(Math.floor(Date.now() / 1000) + 1800);
    const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset, "content-type": "application/json" };
    response.writeHead(403, headers).end(JSON.stringify({ message: "API rate limit exceeded for user ID 1." }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await failureAt(url)).toMatchObject({
    message: "could not ask: GitHub answered 403 API rate limit exceeded for user ID 1.",
    remedy: expect.stringMatching(/^GitHub's rate limit is used up: run the same command again after 20/),
    original: expect.stringContaining(`GET ${url}/user`),
  });
  expect(asked).toBe(1);
  await new Promise((resolve) => server.close(resolve));
  expect(await failureAt(url)).toMatchObject({
    message: expect.stringMatching(/^could not ask: 127\.0\.0\.1:\d+ could not be reached/),
    remedy: expect.stringContaining("check the network"),
  });
}, 20_000);

test("a server that takes the question and says nothing is asked once, and told", async () => {
  let asked = 0;
  const server = createServer(() => void asked++);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await failureAt(url, 0.1)).toMatchObject({
    message: "could not ask: GitHub gave no answer within 0.1 s",
    remedy: expect.stringContaining("try again"),
  });
  expect(asked).toBe(1);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
