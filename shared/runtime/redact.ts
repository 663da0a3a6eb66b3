/** Shorter secrets would blank out ordinary words. */
const SECRET_CHARACTERS_MIN = 6;

/** Replaces every known secret in a text, including its percent-encoded and JSON forms. */
export function redactor(secrets: Iterable<string | undefined>): (text: string) => string {
  const known = new Set<string>();
  for (const secret of secrets) {
    if (secret === undefined || secret.length < SECRET_CHARACTERS_MIN) continue;
    for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]) known.add(form);
  }
  // Longest first, so that a secret that contains another leaves no remainder.
  const ordered = [...known].sort((a, b) => b.length - a.length);
  return (text) => ordered.reduce((clean, secret) => clean.replaceAll(secret, "[secret]"), text);
}
