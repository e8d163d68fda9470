/**
 * What a person reads when something did not work: what happened and what to do about it. `original` is the text of GitHub,
 * git or Terraform, shown with `--verbose`.
 */
export class Failure extends Error {
  readonly remedy: string;
  readonly original: string | undefined;

  constructor(message: string, remedy: string, original?: string) {
    super(message);
    this.remedy = remedy;
    this.original = original;
  }
}

/** The user's input is wrong: nothing was started. Ends with exit code 2. */
export class InputFailure extends Failure {}
