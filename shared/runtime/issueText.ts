import type * as z from "zod";

const KINDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "an object",
  record: "an object",
  array: "a list",
};

/** One fault of a value from outside in our words; neither the value nor the validator's own text is repeated. */
export function issueText(issue: z.core.$ZodIssue): string {
  const path = issue.path.map(String).join(".");
  return path === "" ? `it ${issueWrong(issue)}` : `${path} ${issueWrong(issue)}`;
}

/** The validator's own texts begin like this; any other is one that the schema gives. */
const OWN_TEXT = /^(?:Invalid|Too |Unrecognized|Expected|Must )/;

/** The fault without its path: `must be a list`. */
export function issueWrong(issue: z.core.$ZodIssue): string {
  if (!OWN_TEXT.test(issue.message)) return issue.message;
  switch (issue.code) {
    case "invalid_type": {
      const kind = KINDS[issue.expected] ?? `of type ${issue.expected}`;
      return issue.message.endsWith("received undefined") ? `is missing (${kind})` : `must be ${kind}`;
    }
    case "unrecognized_keys":
      return `has the unknown ${issue.keys.length === 1 ? "field" : "fields"} ${issue.keys.map((key) => JSON.stringify(key)).join(", ")}`;
    case "invalid_value":
      return `must be one of ${issue.values.map(String).join(", ")}`;
    case "too_small":
      return issue.origin === "string" || issue.origin === "array" ? "must not be empty" : `must be at least ${issue.minimum}`;
    case "too_big":
      return `must be at most ${issue.maximum}`;
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}`;
    default:
      return "is not understood";
  }
}
