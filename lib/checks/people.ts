/** Who has to look at what: CODEOWNERS and reviewers. */
import { type Check, cannotTell, gh, notOk, ok, whenTold } from "./check.ts";

/** GitHub's word for an owner that does not exist or may not write here. */
const unknownOwner = "Unknown owner";

const codeowners: Check = {
  id: "codeowners",
  title: "CODEOWNERS says what it means",
  find: ({ facts, fork }) =>
    whenTold(facts.codeowners, (problems) => {
      if (problems === undefined) return ok(`no CODEOWNERS on ${fork.branches.target}`);
      const wrong = problems.filter(({ kind }) => kind !== unknownOwner);
      if (wrong.length === 0) return ok(`GitHub reads every line on ${fork.branches.target}`);
      const [first] = wrong;
      return notOk(
        wrong.map(({ path, line, kind, source }) => `${path}:${line}: ${kind}: ${source}`).join("; "),
        `correct ${first?.path} on ${fork.branches.target}; a line with an error is skipped`,
      );
    }),
};

const owners: Check = {
  id: "code-owners",
  title: "Code owners may write to the fork",
  find: ({ facts, fork }) =>
    whenTold(facts.codeowners, (problems) => {
      const strangers = (problems ?? []).filter(({ kind }) => kind === unknownOwner);
      if (strangers.length === 0) return ok("no owner is unknown to the fork");
      return notOk(
        strangers.map(({ path, line, source }) => `${path}:${line}: ${source}`).join("; "),
        `${gh("api", "-X", "PUT", `repos/${facts.settings.repository}/collaborators/LOGIN`, "-f", "permission=push")}, or name others under pullRequest.reviewers and owners for ${fork.repository}`,
      );
    }),
};

const mayReview = ["ADMIN", "MAINTAIN", "WRITE"];

const reviewers: Check = {
  id: "reviewers",
  title: "Reviewers can be asked, and their approval counts",
  find({ facts, fork }) {
    const { reviewers, teamReviewers } = fork.pullRequest;
    const { repository } = facts.settings;
    if (reviewers.length + teamReviewers.length === 0) return ok("nobody is asked");
    return whenTold(facts.collaborators, ({ people, all }) => {
      const rightOf = (login: string) => people.get(login.toLowerCase());
      const unable = reviewers.filter((login) => !mayReview.includes(rightOf(login) ?? ""));
      if (unable.length > 0 && (all || unable.some((login) => rightOf(login) !== undefined))) {
        return notOk(
          unable.map((login) => `${login} ${rightOf(login)?.toLowerCase() ?? "has no access"}`).join(", "),
          unable
            .map((login) =>
              gh("api", "-X", "PUT", `repos/${repository}/collaborators/${login}`, "-f", "permission=push"),
            )
            .join(" && "),
        );
      }
      if (unable.length > 0 || teamReviewers.length > 0) {
        return cannotTell(
          `whether ${[...unable, ...teamReviewers.map((team) => `${fork.owner}/${team}`)].join(", ")} may write`,
          gh("api", `repos/${repository}/teams`),
        );
      }
      return ok(`${reviewers.join(", ")} may write`);
    });
  },
};

export const peopleChecks: readonly Check[] = [codeowners, owners, reviewers];
