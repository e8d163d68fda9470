import { GithubProvider } from "@cdktf/provider-github/lib/provider/index.js";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import type { StateConfig } from "../config/schema.ts";
import { providerVersion } from "../provider-version.ts";
import { addBackend } from "./backend.ts";
import { UpstreamSync, type UpstreamSyncProps } from "./upstream-sync.ts";

export interface UpstreamSyncStackProps extends UpstreamSyncProps {
  /** Where Terraform keeps the state. Local paths are relative to the stack's folder, so give an absolute one or compute it. */
  readonly state: StateConfig;
}

/** One fork, one stack, one state. The id is the fork's full name, for example "acme/open-webui". */
export class UpstreamSyncStack extends TerraformStack {
  constructor(scope: Construct, id: string, props: UpstreamSyncStackProps) {
    super(scope, id);
    // The bindings pin 6.9.0, which crashes on a 404 and sleeps a second at every write (reference: provider.md §0).
    this.addOverride("terraform.required_providers.github.version", providerVersion);
    this.addOverride("terraform.required_version", ">= 1.7.0");

    const provider = new GithubProvider(this, "github", { owner: props.fork.owner });
    provider.addOverride("legacy_client", false);
    provider.addOverride("write_delay_ms", 0);
    addBackend(this, props.state);

    new UpstreamSync(this, "upstream-sync", props);
  }
}
