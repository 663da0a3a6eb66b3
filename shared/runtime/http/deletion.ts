import * as z from "zod";
import { accepted } from "./accepted.ts";
import type { Call } from "./call.ts";
import { type HttpAnswer, json } from "./problem.ts";
import { nameText } from "./texts.ts";

export const deletionBody = z
  .strictObject({
    repository: nameText,
    snapshot: nameText.optional(),
    uuid: nameText.optional(),
    broken: z.boolean().optional(),
    apply: z.string().min(1).optional(),
  })
  .refine(({ snapshot, broken }) => snapshot !== undefined || broken === true, {
    error: "is missing; name one snapshot, or write broken: true and name none",
    path: ["snapshot"],
  })
  .refine(({ snapshot, uuid, broken }) => broken !== true || (snapshot ?? uuid) === undefined, {
    error: "chooses the snapshots itself; leave out snapshot and uuid, or leave out broken and name one snapshot",
    path: ["broken"],
  });

/** What would be deleted; with the hash of that plan in `apply` it is requested. */
export async function answerDeletion(call: Call<z.output<typeof deletionBody>>): Promise<HttpAnswer> {
  const { applyDeletion, dryDeletion } = await import("./acting.ts");
  const { apply, ...request } = call.body;
  if (apply === undefined) return json(200, await dryDeletion(call.world, request));
  return accepted(call, await applyDeletion(call.world, request, apply, call.asked));
}
