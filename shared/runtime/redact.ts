import type { Config } from "../model/config.ts";
import { oneLine, percentEncoded, redactedTexts, SECRET_SHOWN, secretPattern, shownValue } from "../model/plainText.ts";
import { isSecretPath } from "./config/environment.ts";
import { mapTexts, type Segments } from "./config/tree.ts";
import type { FcContext } from "./context.ts";

type Redact = (text: string) => string;

/** Replaces every known secret in a text, including its percent-encoded and JSON forms. */
export function redactor(secrets: Iterable<string | undefined>): Redact {
  const known = new Set<string>();
  for (const secret of secrets) {
    if (!secret) continue;
    for (const form of [secret, percentEncoded(secret), oneLine(secret), shownValue(secret), JSON.stringify(secret).slice(1, -1)])
      known.add(form);
  }
  // Longest first, so that a secret that contains another leaves no remainder.
  const ordered = [...known].sort((a, b) => b.length - a.length).map(secretPattern);
  return (text) => ordered.reduce((clean, pattern) => clean.replace(pattern, SECRET_SHOWN), text);
}

/** All that no output of an invocation may show: the configuration's secrets, and those of the function's role. */
export function secretsKnown(secrets: readonly string[], { credentials }: FcContext): (string | undefined)[] {
  return [...secrets, credentials?.accessKeySecret, credentials?.securityToken];
}

/** A number, a word as sentences, members of JSON and names have them, or a state or method as Elasticsearch and HTTP write it. */
const ORDINARY =
  /^(?:[a-z]{1,12}|[A-Z]?[a-z]{1,11}|\d{1,12}|SUCCESS|PARTIAL|FAILED|FAILURE|IN_PROGRESS|INCOMPATIBLE|INIT(?:IALIZING)?|STARTED|FINALIZING|DONE|GET|PUT|POST|HEAD|DELETE)$/;

/**
 * For texts and data that ossnap composed itself. Texts from outside in them are redacted already, so this is the last line of defence, and it
 * leaves what would be made wrong: a secret that is an ordinary word, a number, or a part of what ossnap.yaml says in a field that is no secret.
 * @param open what ossnap.yaml says there, see {@link openTexts}.
 */
export function composedRedactor(secrets: Iterable<string | undefined>, open: readonly string[]): Redact {
  const hidden = [...secrets].filter((secret) => secret && !ORDINARY.test(secret) && !open.some((text) => text.includes(secret)));
  return redactor(hidden);
}

/** Everything that a configuration says in fields that are no secrets: names of entries, aliases, patterns, addresses. */
export function openTexts(config: Config): string[] {
  const found = new Set<string>();
  mapTexts(config, (text, segments: Segments) => {
    for (const segment of segments) if (typeof segment === "string") found.add(segment);
    if (!isSecretPath(segments)) found.add(text);
    return text;
  });
  return [...found];
}

/** Redacts JSON of ours: values only, never the name of a member or a number. */
export function redactedJson(json: string, redact: Redact, composed: Redact): string {
  if (redact(json) === json && composed(json) === json) return json;
  return JSON.stringify(redactedTexts(JSON.parse(json), redact, composed));
}
