import { isDeepStrictEqual } from "node:util";
import type { Reason } from "../../shared/model/reason.ts";
import { type PreflightCheck, preflight } from "../../shared/plan/preflight.ts";
import type { KeptSnapshot, PrunePlan, RemovedSnapshot } from "../../shared/plan/retention/plan.ts";
import { say } from "../../shared/words/say.ts";
import { CASES, inputOf } from "./preflightCases.ts";

/** The checks of each case of the preflight; those that are as in the first case are left out, and those that the case lacks are named. */
export function preflightBlocks(): { name: string; block: Record<string, unknown>; reasons: Reason[] }[] {
  const usual = preflight(inputOf()).checks;
  return CASES.map(([name, change], at) => {
    const { checks, refused, targets } = preflight(inputOf(change));
    const isIn = (list: readonly PreflightCheck[], check: PreflightCheck) => list.some((one) => isDeepStrictEqual(one, check));
    const shown = at === 0 ? checks : checks.filter((check) => !isIn(usual, check));
    const without = usual.filter((check) => !isIn(checks, check)).map(({ reason }) => reason.code);
    const block = { refused, targets, without, checks: shown.map(checkShown) };
    return { name, block, reasons: shown.flatMap(({ reason, wayOut }) => [reason, ...(wayOut ? [wayOut] : [])]) };
  });
}

function checkShown({ check, result, reason, wayOut }: PreflightCheck): Record<string, unknown> {
  const shown = { [result]: check, reason: reason.code, params: reason.params, says: say(reason) };
  return wayOut ? { ...shown, wayOut: wayOut.code, wayOutParams: wayOut.params, helps: say(wayOut) } : shown;
}

/** A plan as a reader sees it: a line for each snapshot, with the sentences of its reasons. */
export function planShown({ keep, remove, later, ...rest }: PrunePlan): Record<string, unknown> {
  const because = (reasons: readonly Reason[]) => reasons.map((why) => `${why.code} ${JSON.stringify(why.params)}: ${say(why)}`);
  const kept = ({ name, uuid, reasons }: KeptSnapshot) => [`${name}/${uuid}`, because(reasons)];
  const gone = ({ name, uuid, startTime, keptInstead, reasons }: RemovedSnapshot) => [
    `${name}/${uuid}`,
    [`started ${startTime}`, `kept instead: ${keptInstead}`, ...because(reasons)],
  ];
  return {
    ...rest,
    keep: Object.fromEntries(keep.map(kept)),
    remove: Object.fromEntries(remove.map(gone)),
    later: Object.fromEntries(later.map(gone)),
  };
}
