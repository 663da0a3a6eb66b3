import * as z from "zod";
import { keep } from "../backups/retention.ts";
import { duration, repositoryName, text } from "../fields.ts";
import { aliases, indices, keepOldBytes, place, registration, restored, schedule } from "./parts.ts";

/** From one cluster to another: the policy, the copy and the watch that it stands for have its name. */
export const migration = z
  .strictObject({
    from: text("From", "One of repositories: the source cluster writes it, and its blobs are read."),
    to: text("To", "One of clusters: the one that is to serve."),
    through: place.meta({ title: "Through", description: "Where the blobs are copied." }),
    register: z
      .strictObject({
        name: repositoryName().meta({ title: "Name", description: "The repository's name on the cluster that is to serve." }),
        ...registration,
      })
      .meta({ title: "Registration", description: "How that cluster registers the copied blobs; read-only, always." }),
    indices,
    aliases,
    schedule: schedule.meta({ title: "Schedule", description: "When a pass is made by itself: snapshot, copy, restore, swap." }),
    keep: keep.prefault({ last: 3 }),
    ...restored,
    keepOld: duration("Keep old", "How long what an earlier pass restored stays.", { zero: true }).default("1d"),
    keepOldBytes,
    warm: z
      .boolean()
      .default(false)
      .meta({ title: "Warm", description: "Until the cut-over the passes move no alias NAME, only NAME-next." }),
    backups: text("Backups", "The policy that takes over on the new cluster; its repository is registered at the cut-over.").optional(),
  })
  .meta({ title: "Migration", description: "From one cluster to another, repeated until the cut-over." });
