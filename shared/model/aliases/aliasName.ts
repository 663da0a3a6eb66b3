import { hasHiddenCharacter } from "../plainText.ts";

/** Elasticsearch's own limit for names of indices and aliases. */
const NAME_BYTES_MAX = 255;

/**
 * What is wrong with the name of an alias; `undefined` if servers accept it (measured on 5.5 … 8.17: upper case and a leading dot are fine). Checked before a restore starts, because the
 * swap is its last request: a name that is refused then leaves the restored index behind.
 * https://www.elastic.co/guide/en/elasticsearch/reference/7.10/indices-add-alias.html
 */
export function aliasFault(alias: string): string | undefined {
  if (alias === "") return "is empty";
  if (/\s/.test(alias)) return "contains a blank";
  if (hasHiddenCharacter(alias)) return "contains a character that is not visible";
  const [special] = /[*?,"<>|\\/#]/.exec(alias) ?? [];
  if (special !== undefined) return `contains ${special}`;
  if (/^[-_+]/.test(alias)) return `begins with ${alias[0]}`;
  if (alias === "." || alias === "..") return "is a path";
  return Buffer.byteLength(alias) > NAME_BYTES_MAX ? `is longer than ${NAME_BYTES_MAX} bytes` : undefined;
}

/**
 * What is wrong with the name of an index; `undefined` if servers accept it. From 7 on they refuse a colon.
 * https://www.elastic.co/guide/en/elasticsearch/reference/7.10/indices-create-index.html
 */
export function indexNameFault(name: string, targetMajor: number): string | undefined {
  if (/\p{Lu}/u.test(name)) return "contains an upper-case letter";
  if (name.includes(":") && targetMajor >= 7) return "contains :";
  return aliasFault(name);
}

/** How to write one. */
export const ALIAS_FIX = 'write one name without blanks and * ? , " < > | \\ / #, not beginning with - _ or +';
