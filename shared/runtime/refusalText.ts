import type { Reason } from "../model/reason.ts";
import type { PreflightCheck } from "../plan/preflight.ts";
import { counted } from "../words/numbers.ts";

/** Of words/say.ts, which a function loads where something is refused. */
type Say = (reason: Reason) => string;

/** `1 of 4 checks fails: …; way out: …. Nothing was changed.`: what refuses a restore, each with what helps. */
export function refusalText(checks: readonly PreflightCheck[], say: Say): string {
  const refusals = checks.filter(({ result }) => result === "refuse");
  const why = refusals.map((one) => withWayOut(one, say));
  const failed = `${refusals.length} of ${counted(checks.length, "check", "checks")} ${refusals.length === 1 ? "fails" : "fail"}`;
  return `${failed}: ${why.join("; ")}. Nothing was changed.`;
}

interface Told {
  result: string;
  reason: Reason;
  wayOut?: Reason;
}

function withWayOut({ reason, wayOut }: Pick<Told, "reason" | "wayOut">, say: Say): string {
  return wayOut ? `${say(reason)}; way out: ${say(wayOut)}` : say(reason);
}

/** What refuses a change of shared repositories. */
export function sharingRefusal(refusals: readonly Reason[], say: Say): string {
  return `the change is refused: ${refusals.map(say).join("; ")}. Nothing was changed.`;
}

/** What refuses a pass, a cut-over or the way back. */
export function migrationRefusal(mode: string, checks: readonly Told[], say: Say): string {
  const refusals = checks.filter(({ result }) => result === "refuse");
  return `the ${mode} is refused: ${refusals.map((one) => withWayOut(one, say)).join("; ")}. Nothing was changed.`;
}

/** What refuses a rollback, with what helps. */
export function rollbackRefusal(why: Reason, say: Say): string {
  return `the rollback is refused: ${say(why)}. Nothing was changed.`;
}
