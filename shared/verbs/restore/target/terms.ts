import { AppError } from "../../../model/errors.ts";
import { type AliasTerms, aliasNames } from "../../../plan/aliases/moves.ts";
import { INDICES_DEFAULT } from "../../../plan/selection.ts";
import type { StatesAsked } from "../../../plan/states/stateChecks.ts";
import { amountBytes } from "../../../repository/byteSize.ts";
import { restoreRateFault } from "../../../repository/settings/restoreRate.ts";
import type { Renames } from "../renames.ts";

/** @throws AppError `invalid` for a rate that Elasticsearch does not take. */
export function requireRate({ maxBytesPerSec: rate }: { maxBytesPerSec?: string | undefined }): void {
  const wrong = rate === undefined ? undefined : restoreRateFault(rate);
  if (wrong !== undefined) throw new AppError("invalid", `maxBytesPerSec: ${JSON.stringify(rate)} ${wrong}`);
}

/** @throws AppError `invalid` for what is no size, and where no index is kept: only an alias leaves one. */
export function requireKeepOldBytes({ keepOldBytes: most, ...terms }: AliasTerms & { keepOldBytes?: string | undefined }): void {
  if (most === undefined) return;
  if (amountBytes(most) === undefined)
    throw new AppError("invalid", `keepOldBytes: ${JSON.stringify(most)} is not a size; write a number and a unit such as 500mb or 20gb`);
  if (aliasNames(terms).length === 0)
    throw new AppError(
      "invalid",
      "keepOldBytes: applies to the index that an alias leaves, and no alias is named; add alias, or leave keepOldBytes out",
    );
}

interface StatesTerms extends StatesAsked, AliasTerms {
  indices: readonly string[];
  as?: Renames | undefined;
  over?: boolean | undefined;
}

/** @throws AppError `invalid` beside indices and what applies to them: a cluster's state is restored by a request of its own. */
export function requireStates({ globalState, featureStates, dataStreams, over, indices, as, ...terms }: StatesTerms): void {
  const asked = Object.entries({ globalState, featureStates, dataStreams }).find(
    ([, value]) => value !== undefined && value !== false,
  )?.[0];
  if (asked === undefined) return;
  const beside = [
    ...(over ? ["over"] : []),
    ...(indices.join() === INDICES_DEFAULT ? [] : ["indices"]),
    ...(aliasNames(terms).length > 0 ? [terms.alias === undefined ? "aliases" : "alias"] : []),
    ...(as !== undefined && dataStreams === undefined ? ["as"] : []),
  ][0];
  if (beside === undefined) return;
  const why = beside === "as" ? "which renames indices and data streams" : "which applies to indices";
  throw new AppError(
    "invalid",
    `${asked}: does not go with ${beside}, ${why}; leave one of the two out, and restore indices in a request of their own`,
  );
}
