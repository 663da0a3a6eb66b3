import * as z from "zod";
import { AppError, hasCode } from "../../model/errors.ts";
import { rollbackRefusal } from "../refusalText.ts";
import { accepted } from "./accepted.ts";
import type { Call } from "./call.ts";
import { type HttpAnswer, json } from "./problem.ts";

export const rollbackBody = z.strictObject({ start: z.boolean().default(false), loseWrites: z.boolean().default(false) }).prefault({});

/** What a rollback would do; with `start` it is requested unless something is in its way. */
export async function answerRollback(call: Call<z.output<typeof rollbackBody>>): Promise<HttpAnswer> {
  const { world, asked, key, fingerprint } = call;
  const { askRollback, dryRollback } = await import("./acting.ts");
  const request = { restore: call.params.id ?? "", loseWrites: call.body.loseWrites };
  if (!call.body.start) return json(200, await dryRollback(world, request));
  try {
    return await accepted(call, await askRollback(world, request, asked, { key, fingerprint }));
  } catch (error) {
    if (!hasCode(error, "conflict") || !error.reason) throw error;
    const { say } = await import("../../words/say.ts");
    throw new AppError("conflict", rollbackRefusal(error.reason, say), { cause: error, reason: error.reason });
  }
}
