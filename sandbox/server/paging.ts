/** GitHub's paging: `per_page` (30, at most 100), `page`, and the `Link` header. */
import type { RouteContext } from "./http.ts";

const defaultPerPage = 30;
const maxPerPage = 100;

function positive(text: string | undefined, otherwise: number): number {
  const number = Number(text);
  return Number.isInteger(number) && number > 0 ? number : otherwise;
}

/** The page asked for; sets `Link` as GitHub does, and leaves it out when everything fits on one page. */
export function paginate<T>(c: RouteContext, items: readonly T[]): T[] {
  const perPage = Math.min(positive(c.req.query("per_page"), defaultPerPage), maxPerPage);
  const page = positive(c.req.query("page"), 1);
  const last = Math.max(1, Math.ceil(items.length / perPage));
  const to = (number: number, relation: string): string => {
    const url = new URL(c.req.url);
    url.searchParams.set("page", String(number));
    return `<${url.href}>; rel="${relation}"`;
  };
  const links = [
    ...(page > 1 ? [to(Math.min(page - 1, last), "prev")] : []),
    ...(page < last ? [to(page + 1, "next"), to(last, "last")] : []),
    ...(page > 1 ? [to(1, "first")] : []),
  ];
  if (links.length > 0) c.header("Link", links.join(", "));
  return items.slice((page - 1) * perPage, page * perPage);
}
