import * as z from "zod";
import { AppError } from "../../model/errors.ts";
import { askRollback, dryRollback } from "../../verbs/rollback/ask.ts";
import { rollbackRefusal } from "../refusalText.ts";
import { accepted } from "./accepted.ts";
import type { Call } from "./call.ts";
import { type HttpAnswer, json } from "./problem.ts";

export const rollbackBody = z.strictObject({ start: z.boolean().default(false), loseWrites: z.boolean().default(false) }).prefault({});

/** What a rollback would do; with `start` it is requested unless something is in its way. */
export async function answerRollback(call: Call<z.output<typeof rollbackBody>>): Promise<HttpAnswer> {
  const request = { restore: call.params.id ?? "", loseWrites: call.body.loseWrites };
  const dry = await dryRollback(call.world, request);
  if (!call.body.start) return json(200, dry);
  if (dry.refusal) throw new AppError("conflict", rollbackRefusal(dry.refusal), { reason: dry.refusal });
  return accepted(call, await askRollback(call.world, request, call.asked));
}
