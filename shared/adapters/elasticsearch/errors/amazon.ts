import type { Rule } from "./rule.ts";

/** Amazon's managed service answers in its own form; both spellings of the member occur in reports. */
export function amazonReason(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const { message, Message } = body as { message?: unknown; Message?: unknown };
  const said = Message ?? message;
  // What follows is the request as Amazon read it.
  return typeof said === "string" ? said.replace(/\s*The Canonical String for this request should have been.*$/s, "") : undefined;
}

/**
 * Texts from public reports and Amazon's documentation: aws/aws-sdk-js#853, elastic/curator#1416 and #717, chef/automate#4963,
 * https://docs.aws.amazon.com/opensearch-service/latest/developerguide/managedomains-snapshots.html. Not seen on the service itself.
 */
export const AMAZON_RULES: readonly Rule[] = [
  {
    code: "denied",
    text: /request signature we calculated does not match/,
    fix: "correct the secret key, or the session token, of clusters.….aws",
  },
  { code: "denied", text: /Credential should be scoped to/, fix: "correct clusters.….aws.region" },
  { code: "denied", text: /Signature (expired|not yet current)/, fix: "set this machine's clock" },
  {
    code: "denied",
    text: /security token included in the request is (expired|invalid)/,
    fix: "renew the keys: temporary ones end, and need their session token",
  },
  {
    code: "denied",
    text: /User: anonymous is not authorized to perform: es:/,
    fix: "add clusters.….aws with the region, so that requests are signed",
  },
  {
    code: "denied",
    text: /not authorized to perform: (es|iam):/,
    fix: "`ossnap migrate policies REPOSITORY` prints the policies that allow it",
  },
  {
    code: "refused",
    text: /settings\.role_arn is needed/,
    fix: "`ossnap migrate policies REPOSITORY` prints the policies of the role",
  },
  { code: "invalid", text: /^Your request: '.*' payload is not allowed/s, fix: "Amazon's managed service does not offer it" },
  { code: "refused", text: /^Your request: '.*' is not allowed/s, fix: "Amazon's managed service does not offer it" },
];
