import * as z from "zod";
import { REPLICAS_MAX } from "../../model/config.ts";
import { INDICES_DEFAULT } from "../../plan/selection.ts";
import { asksStates } from "../../plan/states/parts.ts";
import { nameText } from "./texts.ts";

/** Of `POST /restores`: indices are named unless something else is asked for. */
export function restoreBody() {
  const body = z.strictObject({
    snapshot: nameText,
    repository: nameText,
    to: nameText,
    indices: z.array(nameText).min(1).optional(),
    alias: nameText.optional(),
    aliases: z.record(nameText, nameText).optional(),
    as: z.union([z.string().transform((name) => ({ "*": name })), z.record(z.string(), z.string())]).optional(),
    replicas: z.int().min(0).max(REPLICAS_MAX).optional(),
    older: z.boolean().optional(),
    replaceIndex: z.boolean().optional(),
    filesThere: z.boolean().optional(),
    over: z.boolean().optional(),
    loseOld: z.boolean().optional(),
    maxBytesPerSec: z.string().optional(),
    keepOldBytes: z.string().optional(),
    globalState: z.boolean().optional(),
    featureStates: z.array(nameText).min(1).optional(),
    dataStreams: z.array(nameText).min(1).optional(),
    start: z.boolean().default(false),
  });
  return body
    .superRefine((given, context) => {
      if (given.indices === undefined && !asksStates(given))
        context.addIssue({ code: "custom", path: ["indices"], message: "is required: a list of names and patterns" });
    })
    .transform(({ snapshot, repository, to, indices = INDICES_DEFAULT.split(","), ...others }) => ({
      snapshot,
      repository,
      to,
      indices,
      ...others,
    }));
}
