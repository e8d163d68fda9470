// How CDKTF marks a value that is known later: string, list and map tokens (cdktf/lib/tokens/private/encoding).
const token = /[$#&]\{TfToken\[/;

/**
 * Text as Terraform has to read it so that it means itself: in JSON configuration every string is a template, where `${` and
 * `%{` begin an expression and `$${` and `%%{` stand for themselves.
 * https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences-1
 *
 * @throws when the text holds a CDKTF token: doubled, it would reach GitHub unresolved.
 */
export function terraformLiteral(text: string): string {
  const found = token.exec(text);
  if (found) {
    throw new Error(
      `a CDKTF token at character ${found.index} of a text: expected plain text; pass the value itself, not a reference`,
    );
  }
  return text.replace(/([$%])\{/g, "$1$1{");
}
