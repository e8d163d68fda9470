import { TerraformResource, TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { hcl } from "./expression.ts";

/**
 * What a construct knows of one thing of the fork. Terraform expressions are given without `${}`; they must not fail, whatever is on
 * GitHub (`try`), and may only read data sources.
 */
export interface Claim {
  /** Unique in the stack, for example "label:upstream-sync" or "file:.github/CODEOWNERS"; people see it. */
  readonly thing: string;
  /** Boolean expression: something of that name is on GitHub now. A list read once for all things of a kind answers this. */
  readonly there: string;
  /**
   * Boolean expression: what is there carries our mark; `wasThere` is the record of whether there was anything at the start. No data
   * source may read that record: Terraform would put the read off until the apply, and so the check with it.
   */
  readonly ours: (wasThere: string) => string;
  /** Expression of what else is worth remembering of the thing as it was. */
  readonly note?: string;
  /** Expression of the id `terraform import` takes; only evaluated while the thing is there. Without it nothing is ever imported. */
  readonly importId?: string;
  /** Given where the thing has to be ours: somebody else's of that name stops the plan with these words. Else it is left alone. */
  readonly foreign?: Foreign;
}

/** Why somebody else's thing stops us. Plain text but for `${}` expressions. */
export interface Foreign {
  /** For example `the ruleset "upstream-sync: gate" of acme/open-webui`. */
  readonly what: string;
  readonly got: string;
  readonly expected: string;
  readonly fix: string;
}

export interface Owned {
  /** Boolean expression, known at plan time: this stack makes the thing, changes it and takes it away. */
  readonly managed: string;
  /** Boolean expression: something of that name was there before the first apply. */
  readonly wasThere: string;
  /** Expression of the `note` as it was. */
  readonly note: string;
  /**
   * One of ours that the state does not know, left by an apply that was cut short or by a lost state, is imported there.
   * @param address plain address, for example `github_issue_label.label["upstream-sync"]`.
   */
  importInto(address: string): void;
}

/**
 * Whose a thing is, written down once, at the first apply that wants it: what was absent then or carried our mark is ours and is
 * managed; anything else is somebody else's and is left alone, or stops the plan. One per stack, shared by all constructs:
 *
 * ```ts
 * const label = ownership.claim({ thing: "label:x", there: "…", ours: () => "…", importId: "…" });
 * resource.addOverride("count", `\${${label.managed} ? 1 : 0}`);
 * label.importInto("github_issue_label.x[0]");
 * ```
 *
 * The record is kept twice, `terraform_data.seen` and `terraform_data.before`, the second made from the first: a replaced or
 * tainted one is filled from the other, and what we changed ourselves is never taken for what was there before.
 */
export class Ownership extends Construct {
  private readonly there: Record<string, unknown> = {};
  private readonly facts: Record<string, unknown> = {};
  private readonly stops: { condition: string; error_message: string }[] = [];
  private readonly imports: { for_each: string; to: string; id: string }[] = [];
  private readonly check: TerraformResource;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    // The generic resource class: cdktf's own DataResource starts `terraform version` at every synth (reference: cdktf.md §2).
    const record = (name: string, input: string, of: Record<string, unknown>) => {
      const resource = new TerraformResource(this, name, { terraformResourceType: "terraform_data" });
      resource.overrideLogicalId(name);
      resource.addOverride("for_each", of);
      resource.addOverride("input", input);
      resource.addOverride("lifecycle", { ignore_changes: ["input"] });
    };
    record("seen", "${each.value}", this.there);
    record("before", "${merge(terraform_data.seen[each.key].input, each.value)}", this.facts);
    this.check = new TerraformResource(this, "ownership", { terraformResourceType: "terraform_data" });
    this.check.overrideLogicalId("ownership");
  }

  claim(claim: Claim): Owned {
    const key = hcl(claim.thing);
    if (claim.thing in this.there)
      throw new Error(`${claim.thing} is claimed twice: one construct decides about a thing`);
    const wasThere = `terraform_data.seen[${key}].input.there`;
    const record = `terraform_data.before[${key}].input`;
    const ours = claim.ours(wasThere);
    this.there[claim.thing] = { there: `\${${claim.there}}`, note: claim.note ? `\${${claim.note}}` : null };
    this.facts[claim.thing] = { ours: `\${${ours}}` };

    const managed = `(!${record}.there || ${record}.ours)`;
    if (claim.foreign) this.require(managed, claim.foreign);
    return {
      managed,
      wasThere,
      note: `${record}.note`,
      importInto: (address) => {
        if (!claim.importId) throw new Error(`${claim.thing} cannot be imported: its claim has no importId`);
        // What the state knows already is not imported again.
        const live = `${claim.there} && ${ours} && ${managed}`;
        this.imports.push({
          for_each: `\${{ for at in [0] : "it" => ${claim.importId} if ${live} }}`,
          to: address,
          id: "${each.value}",
        });
        TerraformStack.of(this).addOverride("import", this.imports);
      },
    };
  }

  /** Another condition for a plan to go on: without it nothing is written. */
  require(condition: string, { what, got, expected, fix }: Foreign): void {
    this.stops.push({
      condition: `\${${condition}}`,
      error_message: `${what}: got ${got}, expected ${expected}. Fix: ${fix}`,
    });
    this.check.addOverride("lifecycle", { precondition: this.stops });
  }
}
