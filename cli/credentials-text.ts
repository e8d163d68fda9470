/** A credential in people's words. */
import pc from "picocolors";
import type { CredentialsStatus } from "../lib/operations/credentials-status.ts";
import type { Revocation } from "../lib/operations/revoke-credentials.ts";

export function credentialsText(status: CredentialsStatus): string {
  const { kind, file, keys, app, secrets, usedBy, problems } = status;
  const rows = [
    ["kind", kind],
    ...(kind === "github-token" ? [["file", "none: GitHub makes a token for each job"]] : []),
    ...(file ? [["file", `${file.path}, made ${day(file.createdAt)} (${file.ageDays} d ago)`]] : []),
    ...keys.map((key) => [
      "key",
      `${key.fingerprint}, id ${key.id}, made ${day(key.createdAt)}, ${used(key.lastUsed)}`,
    ]),
    ...(app ? [["App", `${app.id}${app.keyFingerprint ? `, private key SHA256:${app.keyFingerprint}` : ""}`]] : []),
    ...(app ? [["last used", `GitHub does not tell of an App${app.settings ? `; see ${app.settings}` : ""}`]] : []),
    ...secrets.map(({ name, updatedAt }) => ["secret", `${name} in ${usedBy.environment}, written ${day(updatedAt)}`]),
    ["used by", `jobs ${usedBy.jobs.join(" and ")} of ${usedBy.workflow}`],
    ...(usedBy.passes ? [["passes", `the rules of ${usedBy.passes}`]] : []),
    ...(problems.length === 0 ? [["agree", pc.green("yes")]] : []),
    ...problems.map(({ what, fix }) => ["not ok", `${what}; fix: ${fix}`]),
  ];
  return [pc.bold(status.repository), ...rows.map(([name = "", text]) => `  ${name.padEnd(10)} ${text}`)].join("\n");
}

export function revocationText({ repository, keys, secrets, file, stops, byHand, comeBack }: Revocation): string {
  const nothing = keys.length + secrets.length === 0 && file === undefined;
  return [
    pc.bold(`${repository}: ${nothing ? "nothing is there to take away" : "taken away at once"}`),
    ...keys.map(({ id, fingerprint, lastUsed }) => `  - deploy key ${id}, ${fingerprint}, ${used(lastUsed)}`),
    ...secrets.map(({ name }) => `  - secret ${name}`),
    ...(file ? [`  - ${file}`] : []),
    ...stops.map((text) => `  stops working: ${text}`),
    ...byHand.map((text) => `  by hand: ${text}`),
    ...comeBack.map((text) => `  to come back: ${text}`),
  ].join("\n");
}

function used(at: string | null): string {
  return at === null ? "not used yet" : `last used ${day(at)}`;
}

function day(at: string): string {
  return at.slice(0, 10);
}
