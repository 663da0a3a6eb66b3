import * as z from "zod";
import { didYouMean } from "../../repository/fault.ts";
import { NAME_FIXES } from "./fields.ts";
import { type ConfigInput, configSchema } from "./schema.ts";
import { asSection, at, type Finding, finding, type Segments } from "./tree.ts";

type Issue = z.core.$ZodIssue;

/** Checks shapes, types and single values; `input` is present when all are valid. */
export function checkShape(tree: unknown): { input: ConfigInput | undefined; findings: Finding[] } {
  const parsed = configSchema.safeParse(tree);
  if (parsed.success) return { input: parsed.data, findings: [] };
  if (isOtherFile(tree)) return { input: undefined, findings: [typeFinding([], "object", tree)] };
  return { input: undefined, findings: parsed.error.issues.flatMap((issue) => findingsOf(issue, tree)) };
}

/** Its keys may be secrets as well as its values: a list of passwords by user, for example. */
function isOtherFile(tree: unknown): boolean {
  const keys = Object.keys(asSection(tree));
  const known = keysAt([]);
  return keys.length > 0 && !keys.some((key) => known.some((name) => name.toLowerCase() === key.toLowerCase()));
}

function findingsOf(issue: Issue, tree: unknown): Finding[] {
  const segments = issue.path as Segments;
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(segments, key));
    case "invalid_type":
      return [numberFinding(segments, issue, at(tree, segments)) ?? typeFinding(segments, issue.expected, at(tree, segments))];
    case "invalid_value":
      return [valueFinding(segments, issue.values.map(String), at(tree, segments))];
    case "too_small":
    case "too_big":
      return [sizeFinding(segments, issue)];
    case "invalid_key":
      return [nameFinding(segments, issue.issues[0])];
    case "invalid_format":
      return [nameFinding(segments, issue)];
    case "invalid_union":
      return [finding(segments, "value", at(tree, segments) === undefined ? "missing" : "not understood", issue.message)];
    case "custom":
      return [customFinding(segments, issue)];
    default:
      return [finding(segments, "value", "not usable", "see the example configuration")];
  }
}

function unknownKey(segments: Segments, key: string): Finding {
  const found = finding([...segments, key], "unknownKey", "unknown key", didYouMean(key, keysAt(segments)));
  return { ...found, hidesValue: true };
}

const KINDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "a section",
  record: "a section",
  array: "a list",
};

/** What zod says where a field has no words of its own. */
const NO_OWN_WORDS = /^Invalid input/;

/** A number in the place of a text that quotes would not make right: its unit is missing. */
function numberFinding(segments: Segments, { message }: Issue, value: unknown): Finding | undefined {
  if (typeof value !== "number" || NO_OWN_WORDS.test(message)) return undefined;
  return finding(segments, "duration", "a number without a unit", message);
}

function typeFinding(segments: Segments, expected: string, value: unknown): Finding {
  const kind = KINDS[expected] ?? expected;
  if (segments.length === 0) return finding(segments, "type", "not a configuration", "begin with version: 1");
  if (value === undefined) return finding(segments, "missing", "missing", `add it: ${kind}`);
  if (value === null) return finding(segments, "missing", "empty", `write ${kind}`);
  const fix = expected === "string" && typeof value !== "object" ? "put it in quotes" : `write ${kind}`;
  // A scalar in place of a section is unexpected input and may be a secret.
  return { ...finding(segments, "type", `must be ${kind}`, fix), hidesValue: kind === "a section" };
}

function valueFinding(segments: Segments, allowed: readonly string[], value: unknown): Finding {
  if (value === undefined) return finding(segments, "missing", "missing", `add one of ${allowed.join(", ")}`);
  const isQuoted = typeof value === "string" && allowed.includes(value);
  const proposed = typeof value === "string" ? didYouMean(value, allowed) : `use ${allowed.join(", ")}`;
  const fix = isQuoted ? `write ${value} without quotes` : proposed;
  return finding(segments, "value", allowed.length === 1 ? `not ${allowed[0]}` : `not one of ${allowed.join(", ")}`, fix);
}

function sizeFinding(segments: Segments, issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): Finding {
  if (issue.code === "too_big") return finding(segments, "bounds", "too large", `write ${issue.maximum} or less`);
  if (issue.origin === "string") return finding(segments, "missing", "empty", "write a text");
  if (issue.origin === "array") return finding(segments, "missing", "an empty list", "name at least one");
  return finding(segments, "bounds", "too small", `write ${issue.minimum} or more`);
}

function nameFinding(segments: Segments, issue: Issue | undefined): Finding {
  const pattern = issue?.code === "invalid_format" ? issue.pattern : undefined;
  return finding(segments, "name", "not usable as a name", NAME_FIXES[pattern ?? ""] ?? "write lower-case letters, digits and -");
}

function customFinding(segments: Segments, issue: z.core.$ZodIssueCustom): Finding {
  const { code, wrong, fix } = issue.params ?? {};
  return finding(segments, String(code ?? "value"), String(wrong ?? issue.message), String(fix ?? "see the example configuration"));
}

/** The keys that the schema defines at a path. */
function keysAt(segments: Segments): string[] {
  let schema: unknown = configSchema;
  for (const segment of segments) schema = childOf(unwrapped(schema), segment);
  const section = unwrapped(schema);
  return section instanceof z.ZodObject ? Object.keys(section.shape) : [];
}

function childOf(schema: unknown, segment: string | number): unknown {
  if (schema instanceof z.ZodObject) return schema.shape[segment];
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return schema instanceof z.ZodArray ? schema.element : undefined;
}

function unwrapped(schema: unknown): unknown {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodOptional ? unwrapped(schema.unwrap()) : schema;
}
