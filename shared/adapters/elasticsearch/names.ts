import { AppError } from "../../model/errors.ts";

/**
 * Elasticsearch interprets these as lists, patterns or date arithmetic and rejects them in names of indices, snapshots and repositories; it
 * accepts every other white space (measured on 5.5 and 7.10).
 */
const SPECIAL = /[*?,"<>|\\/# ]/;

/** Errors: `invalid` for anything that Elasticsearch would read as more than one exact name (a wildcard in a DELETE empties a cluster). */
export function requireExactName(kind: "index" | "snapshot" | "repository" | "alias" | "data stream", name: string): string {
  if (name === "" || SPECIAL.test(name) || /^[-_+]/.test(name) || name === "." || name === "..")
    throw new AppError(
      "invalid",
      `${kind} ${JSON.stringify(name)}: one exact name is needed, without wildcards, commas, spaces or a leading - _ +`,
    );
  return name;
}

/** Errors: `invalid` for anything but one name, which may contain `*`. */
export function requireIndexPattern(pattern: string): string {
  requireExactName("index", pattern.replaceAll("*", "x"));
  return pattern;
}
