import { safeJson } from "../../shared/model/plainText.ts";
import { VERSION } from "../../shared/runtime/settings.ts";
import { spelled } from "../../shared/words/command.ts";
import type { ExitCode, Problem } from "./exitCodes.ts";
import type { Look } from "./screen/look.ts";

/** The result of a verb: data for programs, a text for people, and the exit code. */
export interface Answer {
  /** `snapshots/1`: name and version of the schema of `data`. */
  schema: string;
  data: unknown;
  /** What programs should know besides, such as warnings about ossnap.yaml. */
  warnings?: readonly unknown[];
  text(look: Look): string;
  exitCode: ExitCode;
  /** Set when the verb was rejected: programs get it instead of the data. */
  problem?: Problem;
}

export interface EnvelopeOptions {
  at: Date;
  /** One line among others, distinguished by `type`. */
  stream: boolean;
  /** What starts ossnap; commands in the texts name it. */
  program: string;
  /** Where the verb ran; here without it. */
  target?: string | undefined;
}

/** One JSON document for a query; the last line of the stream for work with `--wait`. */
export function envelope(
  { schema, data, warnings = [], exitCode, problem }: Answer,
  { at, stream, program, target = "local" }: EnvelopeOptions,
): string {
  if (problem) return errorEnvelope(problem, exitCode, { stream, program });
  const body = { ossnap: VERSION, schema, at: at.toISOString(), target, data, ...(warnings.length === 0 ? {} : { warnings }) };
  return jsonLine(stream ? { type: "result", ...body, exitCode } : body, program);
}

export function errorEnvelope(
  problem: Problem,
  exitCode: ExitCode,
  { stream, program }: Pick<EnvelopeOptions, "stream" | "program">,
): string {
  const body = { ossnap: VERSION, schema: "error/1", error: problem, exitCode };
  return jsonLine(stream ? { type: "error", ...body } : body, program);
}

/** One line of JSON whose texts name `program` in their commands. */
export function jsonLine(value: object, program: string): string {
  return safeJson(JSON.stringify(value, (_key, member: unknown) => (typeof member === "string" ? spelled(member, program) : member)));
}
