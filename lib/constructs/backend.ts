import {
  AzurermBackend,
  ConsulBackend,
  CosBackend,
  GcsBackend,
  HttpBackend,
  LocalBackend,
  OssBackend,
  PgBackend,
  RemoteBackend,
  S3Backend,
  type TerraformStack,
} from "cdktf";
import type { StateConfig } from "../config/schema.ts";

// biome-ignore lint/suspicious/noExplicitAny: each backend class types its own settings; Terraform judges what the user gave.
type BackendClass = new (scope: TerraformStack, settings: any) => unknown;

const classes: Readonly<Record<Exclude<StateConfig["backend"], "local">, BackendClass>> = {
  azurerm: AzurermBackend,
  consul: ConsulBackend,
  cos: CosBackend,
  gcs: GcsBackend,
  http: HttpBackend,
  oss: OssBackend,
  pg: PgBackend,
  remote: RemoteBackend,
  s3: S3Backend,
};

/** Declares where the state is kept; without this the JSON would name an absolute path of the machine. */
export function addBackend(stack: TerraformStack, state: StateConfig): void {
  if (state.backend === "local") {
    new LocalBackend(stack, { path: state.path });
    return;
  }
  const { backend, ...settings } = state;
  new classes[backend](stack, settings);
}
