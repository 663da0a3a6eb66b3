/** The text with each secret replaced by `***`, also where it is part of a longer word. */
export function masked(text: string, secrets: string[]): string {
  // Longest first, because one secret may be a prefix of another.
  const longestFirst = secrets.filter((secret) => secret !== "").sort((one, other) => other.length - one.length);
  return longestFirst.reduce((result, secret) => result.replaceAll(secretPattern(secret), "***"), text);
}

/** A short secret occurs inside ordinary words, so it counts only where it stands alone. */
function secretPattern(secret: string): RegExp {
  const literal = secret.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  return new RegExp(secret.length < 6 ? `(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])` : literal, "gu");
}
