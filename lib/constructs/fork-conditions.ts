import { Construct } from "constructs";
import type { ForkConfig } from "../config/schema.ts";
import { hcl } from "./expression.ts";
import type { ForkRepository } from "./fork-repository.ts";
import type { Ownership } from "./ownership.ts";

export interface ForkConditionsProps {
  readonly repository: ForkRepository;
  readonly ownership: Ownership;
  readonly fork: ForkConfig;
}

/**
 * What the config asks for and this fork, as GitHub has it, cannot give: said in words before the first write. What can be known
 * from the config alone is said by the config itself.
 */
export class ForkConditions extends Construct {
  constructor(scope: Construct, id: string, props: ForkConditionsProps) {
    super(scope, id);
    const { repository, ownership, fork } = props;
    const fact = (field: string, otherwise: string) => `try(${repository.fact(field)}, ${otherwise})`;

    const teams = [
      ...fork.pullRequest.teamReviewers,
      ...Object.values(fork.owners)
        .flat()
        .filter((owner) => owner.startsWith("@") && owner.includes("/")),
    ];
    if (teams.length > 0) {
      ownership.require(`${fact("owner.type", '"Organization"')} == "Organization"`, {
        what: `the teams ${teams.join(", ")} of ${fork.repository}`,
        got: `a fork that belongs to a person, which has no teams`,
        expected: "people",
        fix: "Name logins under pullRequest.reviewers and owners.",
      });
    }
    if (!fork.upstream.private && fork.upstream.repository) {
      const upstream = hcl(fork.upstream.repository.toLowerCase());
      ownership.require(
        `!(${fact("parent.private", "false")} && lower(${fact("parent.full_name", '""')}) == ${upstream})`,
        {
          what: `the upstream ${fork.upstream.repository}`,
          got: "a private repository, which the workflow's own token cannot read",
          expected: "upstream.private: true, and a token for it",
          fix: `Write private: true below upstream, then run \`upstream-sync credentials create ${fork.repository} --replace --upstream-token\`.`,
        },
      );
    }
    ownership.require(`!${fact("archived", "false")}`, {
      what: `the repository ${fork.repository}`,
      got: "an archived one, which takes no change",
      expected: "one that is in use",
      fix: "Unarchive it (Settings, General), then apply again.",
    });
  }
}
