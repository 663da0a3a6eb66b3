import type { Reason } from "../model/reason.ts";
import type { PreflightCheck } from "../plan/preflight.ts";
import { counted } from "../words/numbers.ts";
import { say } from "../words/say.ts";

/** `1 of 4 checks fails: …; way out: …. Nothing was changed.`: what refuses a restore, each with what helps. */
export function refusalText(checks: readonly PreflightCheck[]): string {
  const refusals = checks.filter(({ result }) => result === "refuse");
  const why = refusals.map(withWayOut);
  const failed = `${refusals.length} of ${counted(checks.length, "check", "checks")} ${refusals.length === 1 ? "fails" : "fail"}`;
  return `${failed}: ${why.join("; ")}. Nothing was changed.`;
}

interface Told {
  result: string;
  reason: Reason;
  wayOut?: Reason;
}

function withWayOut({ reason, wayOut }: Pick<Told, "reason" | "wayOut">): string {
  return wayOut ? `${say(reason)}; way out: ${say(wayOut)}` : say(reason);
}

/** What refuses a change of shared repositories. */
export function sharingRefusal(refusals: readonly Reason[]): string {
  return `the change is refused: ${refusals.map(say).join("; ")}. Nothing was changed.`;
}

/** What refuses a pass, a cut-over or the way back. */
export function migrationRefusal(mode: string, checks: readonly Told[]): string {
  const refusals = checks.filter(({ result }) => result === "refuse");
  return `the ${mode} is refused: ${refusals.map(withWayOut).join("; ")}. Nothing was changed.`;
}

/** What refuses a rollback, with what helps. */
export function rollbackRefusal(why: Reason): string {
  return `the rollback is refused: ${say(why)}. Nothing was changed.`;
}
