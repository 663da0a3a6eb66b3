import type { FinalState } from "../../shared/jobs/record.ts";
import { AppError, type ErrorCode, linesOf } from "../../shared/model/errors.ts";
import { isStateDamage, type Reason } from "../../shared/model/reason.ts";
import { ownValue } from "../../shared/model/tables/ownValue.ts";

/** The exit codes on which scripts may rely; any other number is a failure. */
export const EXIT = {
  ok: 0,
  failed: 1,
  /** The command line or the configuration is invalid. */
  usage: 2,
  notWhole: 3,
  /** Refused; nothing was changed. */
  refused: 4,
  /** The state changed after the plan was made. */
  moved: 5,
  /** Still running when the wait timed out. */
  stillRunning: 6,
  late: 7,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Faults that only occur in a terminal. */
export type TerminalFault =
  | "usage"
  | "interrupted"
  | "restore-refused"
  | "migration-refused"
  | "prune-refused"
  | "deletion-refused"
  | "rollback-refused"
  | "copy-refused"
  | "backup-refused"
  | "registration-refused"
  | "sharing-refused"
  | "internal";
export type FaultCode = ErrorCode | "plan-stale" | TerminalFault;

interface Meaning {
  title: string;
  exitCode: ExitCode;
}

/** The single mapping from faults to exit codes. */
export const MEANINGS: Readonly<Record<FaultCode, Meaning>> = {
  usage: { title: "The command line is not valid", exitCode: EXIT.usage },
  invalid: { title: "The request, or the configuration, is not valid", exitCode: EXIT.usage },
  absent: { title: "Not found", exitCode: EXIT.failed },
  refused: { title: "A system behind ossnap refused", exitCode: EXIT.failed },
  denied: { title: "A system behind ossnap denied access", exitCode: EXIT.failed },
  transient: { title: "A system behind ossnap did not answer", exitCode: EXIT.failed },
  permanent: { title: "Something went wrong", exitCode: EXIT.failed },
  internal: { title: "Something went wrong", exitCode: EXIT.failed },
  conflict: { title: "It conflicts with the current state", exitCode: EXIT.refused },
  "restore-refused": { title: "The restore would be refused", exitCode: EXIT.refused },
  "migration-refused": { title: "The migration would be refused", exitCode: EXIT.refused },
  "copy-refused": { title: "The copy would start nothing", exitCode: EXIT.refused },
  "backup-refused": { title: "The backup would start nothing", exitCode: EXIT.refused },
  "prune-refused": { title: "The prune would be refused", exitCode: EXIT.refused },
  "deletion-refused": { title: "The deletion would be refused", exitCode: EXIT.refused },
  "rollback-refused": { title: "The rollback would be refused", exitCode: EXIT.refused },
  "registration-refused": { title: "The registration would be refused", exitCode: EXIT.refused },
  "sharing-refused": { title: "The change of shared repositories would be refused", exitCode: EXIT.refused },
  "plan-stale": { title: "The state changed after the plan was made", exitCode: EXIT.moved },
  interrupted: { title: "Watching was interrupted", exitCode: EXIT.interrupted },
};

/** Overrides for reasons that are more specific than their error code or job state. */
export const EXIT_OF_REASON: Readonly<Record<string, ExitCode>> = {
  "plan.carriedOut": EXIT.moved,
  "plan.stale": EXIT.moved,
  "root.vanishes": EXIT.moved,
  // Names of the command line that nothing has.
  "job.absent": EXIT.usage,
  "pin.absent": EXIT.usage,
  "snapshot.unknown": EXIT.usage,
  "repository.noRoot": EXIT.usage,
  "repository.noSuchGeneration": EXIT.usage,
  "place.absent": EXIT.usage,
  "state.absent": EXIT.usage,
  "state.liveLost": EXIT.usage,
  "clock.skew": EXIT.failed,
  // What lies in a bucket is no fault of the command line.
  "format.invalid": EXIT.failed,
  "repository.version1": EXIT.failed,
  "format.crc32": EXIT.failed,
  "repository.onlyLinkedRoot": EXIT.notWhole,
  "copy.sourceNotWhole": EXIT.notWhole,
  "copy.gap": EXIT.notWhole,
  "arrival.notWhole": EXIT.notWhole,
};

export const EXIT_OF_JOB: Readonly<Record<FinalState, ExitCode>> = {
  done: EXIT.ok,
  skipped: EXIT.ok,
  failed: EXIT.failed,
  cancelled: EXIT.failed,
  refused: EXIT.refused,
};

/** The exit code of a wait for a finished job. */
export function exitCodeOfJob(state: FinalState, why: Reason): ExitCode {
  const plain = EXIT_OF_JOB[state];
  return plain === EXIT.ok ? plain : (ownValue(EXIT_OF_REASON, why.code) ?? plain);
}

/** A fault as shown by `--json`, following RFC 9457. */
export interface Problem {
  type: string;
  title: string;
  detail: string;
  code: FaultCode;
  reason?: Reason;
  [more: string]: unknown;
}

export function problem(code: FaultCode, detail: string, more: { reason?: Reason; [name: string]: unknown } = {}): Problem {
  return { type: `urn:ossnap:problem:${code}`, title: MEANINGS[code].title, detail, code, ...more };
}

function codeOf({ code, reason: why }: AppError): FaultCode {
  if (why?.code === "plan.stale" || why?.code === "plan.carriedOut") return "plan-stale";
  return isStateDamage(why) ? "permanent" : code;
}

/** Maps any thrown value: AppErrors with their code and reason, all others as `internal`. */
export function problemOf(error: unknown): { problem: Problem; exitCode: ExitCode } {
  if (!(error instanceof AppError)) return { problem: problem("internal", linesOf(error).join("\n")), exitCode: EXIT.failed };
  const { reason: why } = error;
  const code = codeOf(error);
  const exitCode = (why && ownValue(EXIT_OF_REASON, why.code)) ?? MEANINGS[code].exitCode;
  return { problem: problem(code, error.message, why ? { reason: why } : {}), exitCode };
}
