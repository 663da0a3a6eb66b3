import * as z from "zod";
import { MANUAL_LAST_DEFAULT } from "../../../model/config.ts";
import { PRUNE_CAPS_DEFAULT } from "../../../plan/retention/plan.ts";
import { cron, duration, protection, snapshotPattern, timeZone } from "../fields.ts";

const count = (title: string) =>
  z
    .int()
    .min(0)
    .optional()
    .meta({ title, description: `Keep the newest snapshot of so many ${title.toLowerCase()} periods.` });

const rules = {
  last: z.int().min(0).optional().meta({ title: "Last", description: "Keep the newest so many." }),
  hourly: count("Hourly"),
  daily: count("Daily"),
  weekly: count("Weekly"),
  monthly: count("Monthly"),
  yearly: count("Yearly"),
  within: duration("Within", "Keep everything younger than this.").optional(),
};

export const copyKeep = z.strictObject({ ...rules, timeZone: timeZone().default("UTC") }).meta({
  title: "Keep",
  description:
    "Which of the source's snapshots the destination lists, besides the newest; without it all that were copied and that the source has.",
});

export const unneeded = z
  .strictObject({
    deleteAtMostPercent: z.int().min(1).max(100).meta({
      title: "Delete at most percent",
      description: "Of all blobs at the destination, in one run; the rest goes with later runs.",
    }),
  })
  .meta({
    title: "Unneeded",
    description: "Deletes blobs at the destination that no snapshot listed there has needed for a day; without it they stay.",
  });

export const keep = z
  .strictObject({
    ...rules,
    lastOfIndex: protection(
      "Last of an index",
      "How long an index that left the cluster stays in the backups: a duration, always or never.",
    ).default("30d"),
    manual: z
      .strictObject({
        last: z
          .int()
          .min(1)
          .default(MANUAL_LAST_DEFAULT)
          .meta({ title: "Last", description: "Keep the newest so many that were taken by hand." }),
      })
      .default({ last: MANUAL_LAST_DEFAULT })
      .meta({ title: "By hand", description: "The rule for snapshots taken by hand; the other rules neither keep nor count them." }),
    atLeast: z.int().min(1).default(1).meta({ title: "At least", description: "The floor: never fewer good ones than this." }),
  })
  .meta({ title: "Keep", description: "What prune keeps; a snapshot stays when any rule keeps it." });

export const adoption = z
  .strictObject({
    pattern: snapshotPattern("Pattern", "Names with *, such as curator-*; never the names that ossnap gives.").optional(),
    metadata: z.record(z.string().min(1), z.string()).optional().meta({
      title: "Metadata",
      description: "Members that the snapshot's metadata must have, such as policy, which SLM writes (7.3 on).",
    }),
  })
  .meta({
    title: "Adopt",
    description: "Snapshots of other tools that this policy thins out by its own rules, by their start time; they must match all of it.",
  });

export const prune = z
  .strictObject({
    cron: cron("When to prune, in the schedule's time zone."),
    atMost: z
      .int()
      .min(1)
      .default(PRUNE_CAPS_DEFAULT.atMost)
      .meta({ title: "At most", description: "Never removes more than so many at once." }),
    atMostPercent: z
      .int()
      .min(1)
      .max(100)
      .default(PRUNE_CAPS_DEFAULT.atMostPercent)
      .meta({ title: "At most percent", description: "Never removes a larger share at once." }),
  })
  .meta({ title: "Prune", description: "Thins out on a timer; its first plan is applied by hand." });
