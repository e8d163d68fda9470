/** What GitHub answers when it refuses. */
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** An answer GitHub gives for a refusal; thrown by routes, turned into JSON by the app's `onError`. */
export class GitHubError extends Error {
  readonly status: ContentfulStatusCode;
  readonly errors: unknown[] | undefined;
  readonly documentation: string;

  constructor(
    status: ContentfulStatusCode,
    message: string,
    options: { errors?: unknown[]; documentation?: string } = {},
  ) {
    super(message);
    this.status = status;
    this.errors = options.errors;
    this.documentation = options.documentation ?? "https://docs.github.com/rest";
  }

  /** `status` is a string in GitHub's envelope (reference: digital-twins PR#401). */
  body(): Record<string, unknown> {
    return {
      message: this.message,
      ...(this.errors ? { errors: this.errors } : {}),
      documentation_url: this.documentation,
      status: String(this.status),
    };
  }
}
