/** Where Terraform keeps its state: `local`, or one of Terraform's backends with CDKTF's names for its arguments. */
import { z } from "zod";
import type { Complaint } from "./problems.ts";

const setting = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.array(z.string()),
  z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
]);
const required = z.string().min(1);

/** Arguments without which the backend does not start; every other argument is passed on as it is. */
const needed = {
  azurerm: ["storageAccountName", "containerName", "key"],
  consul: ["path"],
  cos: ["bucket"],
  gcs: ["bucket"],
  http: ["address"],
  oss: ["bucket"],
  pg: [],
  s3: ["bucket", "key"],
} as const;

type Backend = keyof typeof needed;

function backend<Name extends Backend>(name: Name) {
  const arguments_ = Object.fromEntries(needed[name].map((key) => [key, required])) as Record<
    (typeof needed)[Name][number],
    typeof required
  >;
  return z.object({ backend: z.literal(name), ...arguments_ }).catchall(setting);
}

const local = z.strictObject({
  backend: z.literal("local"),
  path: z.string().min(1).default("state").describe("Folder of the state files, one a fork; relative to this file."),
});

const remote = z
  .object({
    backend: z.literal("remote"),
    organization: required,
    workspaces: z.record(z.enum(["name", "prefix"]), z.string()),
  })
  .catchall(setting);

export const stateSchema = z
  .discriminatedUnion("backend", [
    local,
    remote,
    backend("azurerm"),
    backend("consul"),
    backend("cos"),
    backend("gcs"),
    backend("http"),
    backend("oss"),
    backend("pg"),
    backend("s3"),
  ])
  .prefault({ backend: "local" })
  .describe(
    "Where Terraform keeps its state. Secrets of a backend go into its environment variables, never into this file.",
  );

export type StateConfig = Readonly<z.output<typeof stateSchema>>;

// By Terraform's documents of each backend; all of them can be given by the environment variables named here.
const secretArguments: Readonly<Record<string, string>> = {
  accessKey: "AWS_ACCESS_KEY_ID, ARM_ACCESS_KEY or ALICLOUD_ACCESS_KEY",
  accessToken: "CONSUL_HTTP_TOKEN or GOOGLE_OAUTH_ACCESS_TOKEN",
  clientCertificatePassword: "ARM_CLIENT_CERTIFICATE_PASSWORD",
  clientPrivateKeyPem: "TF_HTTP_CLIENT_PRIVATE_KEY_PEM",
  clientSecret: "ARM_CLIENT_SECRET",
  connStr: "PG_CONN_STR",
  credentials: "GOOGLE_APPLICATION_CREDENTIALS",
  encryptionKey: "GOOGLE_ENCRYPTION_KEY",
  httpAuth: "CONSUL_HTTP_AUTH",
  oidcRequestToken: "ARM_OIDC_REQUEST_TOKEN",
  oidcToken: "ARM_OIDC_TOKEN",
  password: "TF_HTTP_PASSWORD",
  sasToken: "ARM_SAS_TOKEN",
  secretId: "TENCENTCLOUD_SECRET_ID",
  secretKey: "AWS_SECRET_ACCESS_KEY, ALICLOUD_SECRET_KEY or TENCENTCLOUD_SECRET_KEY",
  securityToken: "TENCENTCLOUD_SECURITY_TOKEN or ALICLOUD_SECURITY_TOKEN",
  sseCustomerKey: "AWS_SSE_CUSTOMER_KEY",
  token: "AWS_SESSION_TOKEN, or terraform login",
};

/** A secret in the config would also stand in cdk.tf.json and in saved plans. */
export function secretComplaint(argument: string): Complaint | undefined {
  const variable = Object.hasOwn(secretArguments, argument) ? secretArguments[argument] : undefined;
  return variable === undefined
    ? undefined
    : { expected: "no secret in the config", fix: `remove the key and set the environment variable ${variable}` };
}
