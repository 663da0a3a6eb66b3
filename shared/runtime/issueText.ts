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
  const path = pathOf(issue.path);
  return path === "" ? `it ${issueWrong(issue)}` : `${path} ${issueWrong(issue)}`;
}

/** `indices[0].name`, as JSON's readers write it. */
function pathOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? String(part) : `${text}.${String(part)}`;
  }, "");
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
    case "invalid_format":
      return issue.format === "datetime" ? "must be a time with its zone, as in 2026-11-28T01:30:00Z" : "is not understood";
    default:
      return "is not understood";
  }
}
