import * as z from "zod";
import { NO_FEATURE } from "../../../plan/backup/choice.ts";
import { SHRINK_DEFAULT } from "../../../plan/backup/shrink.ts";
import { byteBudget } from "../entries/parts.ts";
import { text } from "../fields.ts";

/** A number of bytes with its unit. */
const percent = z
  .int({ error: "write a whole number of percent from 1 to 100" })
  .min(1, { error: "0 would report every index that is deleted; write 1 to 100" })
  .max(100, { error: "write 1 to 100" });

const shrinkAtMost = z
  .union(
    [
      percent,
      z.strictObject({
        percent: percent.meta({ title: "Percent", description: "Of the indices and data streams of the last success." }),
        action: z
          .enum(["tell", "refuse"])
          .default(SHRINK_DEFAULT.action)
          .meta({ title: "Action", description: "tell: a notice; refuse: no snapshot either, unless a person asks for it." }),
      }),
    ],
    { error: "write a number of percent from 1 to 100, or { percent: 30, action: refuse }" },
  )
  .default(SHRINK_DEFAULT.percent)
  .meta({ title: "Shrink at most", description: "By how much the selection may shrink since the last success." });

const level = z.enum(["metadata", "footers", "contents"], { error: "write metadata, footers or contents" });

const verify = z
  .union(
    [
      level,
      z.strictObject({
        level: level.meta({
          title: "Level",
          description: "metadata: names and lists; footers: also every file's end; contents: also the data.",
        }),
        budget: byteBudget("Budget", "How much data is read at level contents: 20gb.").optional(),
      }),
    ],
    { error: "write metadata, footers, contents, or { level: contents, budget: 20gb }" },
  )
  .optional()
  .meta({
    title: "Verify",
    description: "Proves each success from the bucket, which the repository's blobs name; a failure is reported within the hour.",
  });

/** What a policy's snapshots contain beside the indices, and what is checked about it. */
export const contents = {
  globalState: z.boolean().default(false).meta({
    title: "Global state",
    description: "Also the cluster's settings and templates, which a restore by ossnap never brings back.",
  }),
  featureStates: z
    .array(text("Feature", "As GET _features names it, such as security or kibana; none leaves them out of a global state."))
    .min(1)
    .superRefine((names, context) => {
      if (names.length === 1 || !names.includes(NO_FEATURE)) return;
      const problem = { code: "noneBeside", wrong: "none beside other features", fix: "write [none] alone, or leave none out" };
      context.addIssue({ code: "custom", message: problem.wrong, params: problem });
    })
    .optional()
    .meta({ title: "Feature states", description: "Features whose system indices are taken along, from 7.12 on." }),
  partial: z
    .boolean()
    .default(false)
    .meta({ title: "Partial", description: "Takes what it can when a primary shard is missing; the result is PARTIAL, never a success." }),
  shrinkAtMost,
  verify,
};
