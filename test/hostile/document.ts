/** A text as GitHub's Markdown reads it (CommonMark with GitHub's extensions), and what of it is not code. */
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";

type Root = ReturnType<typeof fromMarkdown>;
type Nodes = Root | Root["children"][number];

function parse(markdown: string): Nodes {
  return fromMarkdown(markdown, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
}

/** Everything but what stands in code: there GitHub makes no mention, no reference and no link. */
export function outline(markdown: string): string[] {
  return lines(parse(markdown), "");
}

function lines(node: Nodes, indent: string): string[] {
  switch (node.type) {
    case "inlineCode":
      return [`${indent}code`];
    case "code":
      return [`${indent}block of ${node.lang ?? "code"}`];
    case "text":
    case "html":
      return [`${indent}${node.type} ${JSON.stringify(node.value)}`];
    case "link":
      return [`${indent}link ${node.url}`, ...below(node, indent)];
    default:
      return [`${indent}${node.type}`, ...below(node, indent)];
  }
}

function below(node: Nodes, indent: string): string[] {
  return "children" in node ? node.children.flatMap((child) => lines(child, `${indent}  `)) : [];
}

/** What the code spans and blocks of code say, in order. */
export function codeIn(markdown: string): string[] {
  const found: string[] = [];
  const walk = (node: Nodes): void => {
    if (node.type === "inlineCode" || node.type === "code") found.push(node.value);
    if ("children" in node) for (const child of node.children) walk(child);
  };
  walk(parse(markdown));
  return found;
}
