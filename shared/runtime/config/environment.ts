import { isSecretSetting } from "../../repository/settings/settingKeys.ts";
import { at, type Finding, finding, mapTexts, type Segments } from "./tree.ts";

const PLACEHOLDER = /\$\{([^}]*)\}/g;
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/**
 * `kms:` and a secret's name as Key Management Service allows it:
 * https://www.alibabacloud.com/help/doc-detail/154490.htm (CreateSecret)
 */
const KMS_NAME = /^kms:([A-Za-z0-9_/+=.@-]{1,192})$/;

export type Environment = Readonly<Record<string, string | undefined>>;

/** What stands for secrets that were read from KMS in an environment. */
export function kmsVariables(secrets: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(secrets).map(([name, value]) => [`kms:${name}`, value]));
}

/** The values of {@link kmsVariables} in an environment. */
export function kmsValuesIn(environment: Environment): string[] {
  return Object.entries(environment).flatMap(([name, value]) => (KMS_NAME.test(name) && value ? [value] : []));
}

/** The names of all secrets that the texts of a configuration take from KMS, where they may. */
export function kmsNamesIn(tree: unknown): string[] {
  const names = new Set<string>();
  mapTexts(tree, (text, segments) => {
    for (const [, placeholder = ""] of text.matchAll(PLACEHOLDER)) {
      const [, name] = KMS_NAME.exec(placeholder) ?? [];
      if (name !== undefined && isSecretPath(segments)) names.add(name);
    }
    return text;
  });
  return [...names];
}

/** The tree with every `${NAME}` replaced, and a finding for each placeholder that cannot be resolved. */
export interface Resolved {
  tree: unknown;
  findings: Finding[];
  /** The substituted values, so that messages can leave them out. */
  values: { placeholder: string; value: string }[];
}

/** Replaces `${NAME}` in every text, in one pass: values of variables are not expanded again. Keys are left unchanged. */
export function resolveEnvironment(tree: unknown, environment: Environment): Resolved {
  const findings: Finding[] = [];
  const values = new Map<string, string>();
  const resolved = mapTexts(tree, (text, segments) =>
    text.replaceAll(PLACEHOLDER, (placeholder: string, name: string) => {
      const isName = VARIABLE_NAME.test(name) || (KMS_NAME.test(name) && isSecretPath(segments));
      const value = isName && Object.hasOwn(environment, name) ? environment[name] : undefined;
      if (value === undefined || value === "") {
        findings.push(unresolved(segments, name, value));
        return placeholder;
      }
      values.set(placeholder, value);
      return value;
    }),
  );
  return { tree: resolved, findings, values: [...values].map(([placeholder, value]) => ({ placeholder, value })) };
}

/** True when the text contains a placeholder. */
export function hasPlaceholder(value: unknown): boolean {
  return typeof value === "string" && value.search(PLACEHOLDER) >= 0;
}

const HIDDEN = "(hidden)";
/** Keys whose literal value is a secret; a webhook's URL and a mistyped token hash often are secrets as well. */
const SECRET_KEYS: readonly string[] = ["password", "apiKey", "secret", "accessKeyId", "secretAccessKey", "sessionToken", "sha256"];

/** Nothing but variables, perhaps behind a host: any other part of a secret's value is as secret as a value without variables. */
const ONLY_VARIABLES = /^(?:https?:\/\/[\w.-]+(?::\d+)?\/)?(?:\$\{(?:kms:[A-Za-z0-9_/+=.@-]{1,192}|[A-Za-z_][A-Za-z0-9_]*…?)\})+$/;
/** What follows a name in a placeholder may be a default value, as in a shell (`${NAME:-value}`, `${NAME-value}`). */
const AFTER_NAME = /(\$\{(?!kms:[A-Za-z0-9_/+=.@-]{1,192}\})[A-Za-z_][A-Za-z0-9_]*)[^}A-Za-z0-9_][^}]*\}/g;

/**
 * The text to show for a path, as written, including placeholders; `null` for sections and missing values, and for the whole: a file that is
 * no configuration may be any file, such as one of keys.
 */
export function shownValue(written: unknown, segments: Segments): string | null {
  const value = at(written, segments);
  if (segments.length === 0 || value === undefined || value === null || typeof value === "object") return null;
  const shown = String(value).replace(AFTER_NAME, "$1…}");
  return isSecretPath(segments) && !ONLY_VARIABLES.test(shown) ? HIDDEN : hideSecretParts(shown);
}

export function isSecretPath(segments: Segments): boolean {
  const key = String(segments.at(-1) ?? "");
  return (
    SECRET_KEYS.includes(key) || (segments.at(-2) === "settings" && isSecretSetting(key)) || (segments[0] === "notify" && key === "url")
  );
}

/** Shorter values occur inside many words, so they are replaced only where they stand alone. */
const SCRUB_CHARACTERS_MIN = 4;

/**
 * Replaces the values of variables in a message with their placeholders, but not inside what the file itself says elsewhere: with `A=movies`
 * the entry `watches.moved-movies` is not `watches.moved-${A}`.
 * @param written the value at the message's path.
 * @param open the names and values of the file in which no placeholder stands, see {@link literalTexts}.
 */
export function scrub(text: string, values: Resolved["values"], written: unknown, open: readonly string[] = []): string {
  return values.reduce((scrubbed, { placeholder, value }) => {
    const isSubstituted = typeof written === "string" && written.includes(placeholder);
    const anywhere = isSubstituted || value.length >= SCRUB_CHARACTERS_MIN;
    const found = anywhere ? escapedPattern(value) : standingAlone(value);
    const kept = open.filter((one) => one.includes(value) && !(isSubstituted && one === value)).map(standingAlone);
    const pattern = new RegExp(kept.length === 0 ? found : `(?<kept>${kept.join("|")})|${found}`, "gu");
    return scrubbed.replaceAll(pattern, (match: string, ...rest) => (keptIn(rest) === undefined ? placeholder : match));
  }, text);
}

function keptIn(rest: readonly unknown[]): unknown {
  const groups = rest.at(-1);
  return typeof groups === "object" && groups !== null && "kept" in groups ? groups.kept : undefined;
}

/** Names of entries, and values of fields that are no secrets, without a placeholder; the longest first. */
export function literalTexts(written: unknown): string[] {
  const found = new Set<string>();
  mapTexts(written, (text, segments) => {
    for (const segment of segments) if (typeof segment === "string") found.add(segment);
    if (!hasPlaceholder(text) && !isSecretPath(segments)) found.add(text);
    return text;
  });
  return [...found].sort((one, other) => other.length - one.length);
}

function standingAlone(value: string): string {
  return `(?<![A-Za-z0-9])${escapedPattern(value)}(?![A-Za-z0-9])`;
}

function escapedPattern(value: string): string {
  return value.replaceAll(/[$()*+.?[\\\]^{|}/]/g, "\\$&");
}

function unresolved(segments: Segments, name: string, value: string | undefined): Finding {
  if (name.startsWith("kms:")) return unread(segments, name);
  if (!VARIABLE_NAME.test(name))
    return finding(segments, "environmentName", "not a variable's name", `write \${NAME} with letters, digits and _`);
  const wrong = `variable ${name} is ${value === undefined ? "not set" : "empty"}`;
  return { ...finding(segments, "environment", wrong, `set ${name} in the environment`), params: { name } };
}

/** In a field that is no secret the value would be shown in listings and logs. */
function unread(segments: Segments, placeholder: string): Finding {
  const [, name] = KMS_NAME.exec(placeholder) ?? [];
  if (name === undefined)
    return finding(
      segments,
      "kmsName",
      "not the name of a secret of KMS",
      `write \${kms:NAME} with at most 192 letters, digits and _/+=.@-`,
    );
  if (!isSecretPath(segments))
    return finding(segments, "kmsField", "a secret of KMS in a field that is shown", "write it, or take it from a variable");
  const found = finding(segments, "kms", `secret ${name} of KMS is not read here`, "set a variable in its place, or deploy it");
  return { ...found, params: { name } };
}

/**
 * `http://name:password@host` may contain a literal password; an @ at the beginning (`@daily`) follows none. So may a key in place of a
 * certificate, and the query of an address a token.
 */
function hideSecretParts(value: string): string {
  if (/[^\s]@|PRIVATE KEY/.test(value)) return HIDDEN;
  return /:\/\/|[?&][\w-]+=/.test(value) ? value.replace(/[?#].*$/s, (query) => `${query[0]}${HIDDEN}`) : value;
}
