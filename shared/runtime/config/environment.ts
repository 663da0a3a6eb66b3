import { isSecretSetting } from "../../repository/settingKeys.ts";
import { at, type Finding, finding, mapTexts, type Segments } from "./tree.ts";

const PLACEHOLDER = /\$\{([^}]*)\}/g;
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export type Environment = Readonly<Record<string, string | undefined>>;

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
      const value = VARIABLE_NAME.test(name) && Object.hasOwn(environment, name) ? environment[name] : undefined;
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
const SECRET_KEYS: readonly string[] = ["password", "apiKey", "secret", "accessKeyId", "secretAccessKey", "sha256"];

/** The text to show for a path, as written, including placeholders; `null` for sections and missing values. */
export function shownValue(written: unknown, segments: Segments): string | null {
  const value = at(written, segments);
  if (value === undefined || value === null || typeof value === "object") return null;
  return isSecretPath(segments) && !hasPlaceholder(value) ? HIDDEN : hideSecretParts(String(value));
}

export function isSecretPath(segments: Segments): boolean {
  const key = String(segments.at(-1) ?? "");
  return (
    SECRET_KEYS.includes(key) || (segments.at(-2) === "settings" && isSecretSetting(key)) || (segments[0] === "notify" && key === "url")
  );
}

/** Shorter values occur inside many words, so they are replaced only where they stand alone. */
const SCRUB_CHARACTERS_MIN = 4;

/** Replaces the values of variables in a message with their placeholders. */
export function scrub(text: string, values: Resolved["values"], written: unknown): string {
  return values.reduce((scrubbed, { placeholder, value }) => {
    const isSubstituted = typeof written === "string" && written.includes(placeholder);
    const anywhere = isSubstituted || value.length >= SCRUB_CHARACTERS_MIN;
    return scrubbed.replaceAll(anywhere ? value : standingAlone(value), () => placeholder);
  }, text);
}

function standingAlone(value: string): RegExp {
  return new RegExp(`(?<![A-Za-z0-9])${value.replaceAll(/[$()*+.?[\\\]^{|}/]/g, "\\$&")}(?![A-Za-z0-9])`, "gu");
}

function unresolved(segments: Segments, name: string, value: string | undefined): Finding {
  if (!VARIABLE_NAME.test(name))
    return finding(segments, "environmentName", "not a variable's name", `write \${NAME} with letters, digits and _`);
  const wrong = `variable ${name} is ${value === undefined ? "not set" : "empty"}`;
  return { ...finding(segments, "environment", wrong, `set ${name} in the environment`), params: { name } };
}

/**
 * `http://name:password@host` may contain a literal password; an @ at the beginning (`@daily`) follows none. So may a key in place of a
 * certificate, and the query of an address a token.
 */
function hideSecretParts(value: string): string {
  if (/[^\s]@|PRIVATE KEY/.test(value)) return HIDDEN;
  return /:\/\/|[?&][\w-]+=/.test(value) ? value.replace(/[?#].*$/s, (query) => `${query[0]}${HIDDEN}`) : value;
}
