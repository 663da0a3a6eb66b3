import { ALIAS_FIX, aliasFault } from "../../../model/aliases/aliasName.ts";
import { AppError } from "../../../model/errors.ts";
import { reason } from "../../../model/reason.ts";
import { type AliasTerms, aliasNames, wishesOf } from "../../../plan/aliases/moves.ts";

interface Terms extends AliasTerms {
  older?: boolean | undefined;
  replaceIndex?: boolean | undefined;
}

/** @throws AppError `invalid` for aliases that no cluster takes, and for what applies to an alias while none is named. */
export function requireAliases({ alias, aliases, older, replaceIndex }: Terms): void {
  if (alias !== undefined && aliases !== undefined)
    throw new AppError(
      "invalid",
      "aliases: alias is named beside them; name the one with its pattern among aliases, or leave one of the two out",
    );
  if (aliases !== undefined && Object.keys(aliases).length === 0)
    throw new AppError("invalid", "aliases: names none; write an alias with a pattern of indices, such as logs: logs-*, or leave it out");
  for (const { alias: name, indices } of wishesOf({ alias, aliases })) {
    const wrong = aliasFault(name);
    if (wrong !== undefined)
      throw new AppError("invalid", `alias: ${JSON.stringify(name)} ${wrong}; ${ALIAS_FIX}`, {
        reason: reason("alias.name", { alias: name, wrong }),
      });
    if (indices === "") throw new AppError("invalid", `aliases.${name}: is empty; write an index or a pattern of indices, such as logs-*`);
  }
  for (const [name, isSet] of Object.entries({ older, replaceIndex }))
    if (isSet && aliasNames({ alias, aliases }).length === 0)
      throw new AppError("invalid", `${name}: applies to an alias, and none is named; name the alias, or leave ${name} out`);
}
