import { AppError } from "../../../model/errors.ts";
import { type AliasTerms, aliasNames } from "../../../plan/aliases/moves.ts";
import type { StatesAsked } from "../../../plan/states/stateChecks.ts";

interface Terms extends AliasTerms, StatesAsked {
  over?: boolean | undefined;
  loseOld?: boolean | undefined;
}

/** @throws AppError `invalid` for an alias beside `over`, and for `loseOld` where nothing is lost. */
export function requireOver({ alias, aliases, over, loseOld, globalState, featureStates }: Terms): void {
  if (over && aliasNames({ alias, aliases }).length > 0)
    throw new AppError(
      "invalid",
      "over: keeps the aliases that the indices have, and an alias is named; leave over out to restore beside them, or the alias",
    );
  const isReplaced = over || globalState || featureStates !== undefined;
  if (loseOld && !isReplaced)
    throw new AppError(
      "invalid",
      "loseOld: applies to indices and states that are replaced; add over, globalState or featureStates, or leave loseOld out",
    );
}
