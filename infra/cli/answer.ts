import { VERSION } from "../../shared/runtime/settings.ts";
import type { ExitCode, Problem } from "./exitCodes.ts";
import type { Look } from "./look.ts";

/** What a verb found or did: data for programs, a text for people, and how the process ends. */
export interface Answer {
  /** `snapshots/1`: name and version of the shape of `data`. */
  schema: string;
  data: unknown;
  text(look: Look): string;
  exitCode: ExitCode;
  /** Set when it was refused: programs get it instead of the data. */
  problem?: Problem;
}

export interface EnvelopeOptions {
  at: Date;
  /** One line among others, told apart by `type`. */
  stream: boolean;
}

/** One JSON document for a question; the last line for work that was waited for. */
export function envelope({ schema, data, exitCode, problem }: Answer, { at, stream }: EnvelopeOptions): string {
  if (problem) return errorEnvelope(problem, exitCode, stream);
  const body = { ossnap: VERSION, schema, at: at.toISOString(), target: "local", data };
  return JSON.stringify(stream ? { type: "result", ...body, exitCode } : body);
}

export function errorEnvelope(problem: Problem, exitCode: ExitCode, stream: boolean): string {
  const body = { ossnap: VERSION, schema: "error/1", error: problem, exitCode };
  return JSON.stringify(stream ? { type: "error", ...body } : body);
}
