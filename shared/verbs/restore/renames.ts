import { AppError } from "../../model/errors.ts";
import { type AliasTerms, aliasNames } from "../../plan/aliases/moves.ts";
import { matchesPattern } from "../../plan/wildcard.ts";

/** Names for restored indices: by name or pattern of an index, a template in which `*` stands for the index's name. The first that matches counts. */
export type Renames = Readonly<Record<string, string>>;

/** The name that a person gave to the restored index; `undefined` if no template is for it. */
export function renamed(index: string, renames: Renames = {}): string | undefined {
  const found = Object.entries(renames).find(([pattern]) => matchesPattern(pattern, index));
  // A function, because of `$&` in a name.
  return found?.[1].replace("*", () => index);
}

/** @throws AppError `invalid` for a template that names nothing or has several `*`, and beside an alias, whose indices are named by ossnap. */
export function requireRenames({ as = {}, ...terms }: AliasTerms & { as?: Renames | undefined }): void {
  const all = Object.entries(as);
  if (all.length === 0) return;
  if (aliasNames(terms).length > 0)
    throw new AppError(
      "invalid",
      "as: names indices that get no alias, and an alias is named; leave as or alias out (the index behind an alias is named by its snapshot, so that it is known which is newer)",
    );
  const wrong = all.find(([pattern, template]) => pattern === "" || template === "" || template.split("*").length > 2);
  if (wrong !== undefined)
    throw new AppError(
      "invalid",
      `as: ${JSON.stringify(wrong.join("="))} is no name for an index; write a name, or one with a single * for the index's own name, such as restored-*`,
    );
}
