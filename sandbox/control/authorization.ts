/** The control plane is for whoever started the sandbox: its token stands in the ready file and nowhere else. */
import { timingSafeEqual } from "node:crypto";
import { Hono } from "hono";
import { type Env, GitHubError, type Routes } from "../server/http.ts";

export function controlAuthorization(token: string): Routes {
  const routes = new Hono<Env>();
  const wanted = Buffer.from(`Bearer ${token}`);
  routes.use("/_sandbox/*", async (c, next) => {
    const given = Buffer.from(c.req.header("authorization") ?? "");
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
      throw new GitHubError(
        401,
        "sandbox: the control plane needs Authorization: Bearer <controlToken of the ready file>",
      );
    }
    await next();
  });
  return routes;
}
