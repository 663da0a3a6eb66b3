/** A shorter secret occurs inside ordinary words, so it is replaced only where it stands alone. */
const ANYWHERE_CHARACTERS_MIN = 6;
const SHOWN = "[secret]";

/** Replaces every known secret in a text, including its percent-encoded and JSON forms. */
export function redactor(secrets: Iterable<string | undefined>): (text: string) => string {
  const known = new Set<string>();
  for (const secret of secrets) {
    if (!secret) continue;
    for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]) known.add(form);
  }
  // Longest first, so that a secret that contains another leaves no remainder.
  const ordered = [...known].sort((a, b) => b.length - a.length).map(patternOf);
  return (text) => ordered.reduce((clean, pattern) => clean.replace(pattern, SHOWN), text);
}

function patternOf(secret: string): RegExp {
  const literal = secret.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  return new RegExp(secret.length < ANYWHERE_CHARACTERS_MIN ? `(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])` : literal, "gu");
}
