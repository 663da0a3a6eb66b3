import { SECRET_SHOWN, secretPattern } from "../../model/plainText.ts";

/** The text with each secret replaced by `[secret]`, also where it is part of a longer word. */
export function masked(text: string, secrets: string[]): string {
  // Longest first, because one secret may be a prefix of another.
  const longestFirst = secrets.filter((secret) => secret !== "").sort((one, other) => other.length - one.length);
  return longestFirst.reduce((result, secret) => result.replaceAll(secretPattern(secret), SECRET_SHOWN), text);
}
