import * as z from "zod";
import { REPLICAS_MAX } from "../../../model/config.ts";
import { amountBytes } from "../../../repository/byteSize.ts";
import { REPOSITORY_TYPES } from "../../../repository/settings/settingKeys.ts";
import { checkedText, cron, indexPattern, oneIndexPattern, text, timeZone } from "../fields.ts";

export const stores = z.enum(["oss", "s3", "directory"]);

export const access = {
  endpoint: text(
    "Endpoint",
    "The store's address, as in https://oss-cn-hangzhou.aliyuncs.com; auto: OSS's own of the region, the internal one for the functions.",
  ).optional(),
  region: text("Region", "As in cn-hangzhou; left out when the endpoint names it.").optional(),
  accessKeyId: text("Access key id", "Left out when the function's role is to be used; best taken from the environment.").optional(),
  secretAccessKey: text("Secret access key", "Best taken from the environment.").optional(),
  sessionToken: text("Session token", "Of temporary keys, such as those of a role; best taken from the environment.").optional(),
};

export const bucket = text("Bucket", "The bucket's name; for store directory an absolute path.");

export const place = z
  .strictObject({
    store: stores.meta({ title: "Store", description: "What speaks there." }),
    bucket,
    basePath: z.string().default("").meta({ title: "Base path", description: 'Without a leading slash; "" for the root.' }),
    ...access,
  })
  .meta({ title: "Place", description: "Where blobs lie." });

/** Elasticsearch takes settings in either form; ossnap takes one, in which each has one name. */
function settingFix({ input }: { input?: unknown }): string {
  const isNested = typeof input === "object" && input !== null && !Array.isArray(input);
  return isNested ? "write each with the dots in its name, as in oss.client.endpoint" : "write a text, a number, true or false";
}

/** Of a repository on a cluster. */
export const registration = {
  type: z.enum(REPOSITORY_TYPES).meta({ title: "Type", description: "As in PUT _snapshot." }),
  settings: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()], { error: settingFix }))
    .meta({ title: "Settings", description: "As they go into PUT _snapshot." }),
};

export const schedule = z
  .strictObject({
    cron: cron("Six fields: second minute hour day month weekday."),
    timeZone: timeZone().default("UTC"),
    missed: z
      .enum(["run", "skip"])
      .default("run")
      .meta({ title: "Missed", description: "What to do about a slot whose timer never fired." }),
  })
  .meta({ title: "Schedule", description: "When it runs." });

export const indices = z
  .array(indexPattern("Index", "A name or a pattern; - before it excludes."))
  .min(1)
  .meta({ title: "Indices", description: "Names and patterns." });

/** Of what is restored. */
export const restored = {
  replicas: z.int().min(0).max(REPLICAS_MAX).default(1).meta({ title: "Replicas", description: "Raised to this after the counts agree." }),
  filesThere: z.literal(true).optional().meta({
    title: "Files are there",
    description: "Every node has the synonym, stop word and dictionary files that the indices name; up to 5.5 needed.",
  }),
};

/** Each alias with its indices. */
export const aliases = z
  .record(z.string(), oneIndexPattern("Indices", "An index of the snapshot, or a pattern."))
  .optional()
  .meta({ title: "Aliases", description: "Instead of alias: several, each with its indices; all move in one request." });

/** A size with its unit, such as 20gb. */
export function byteBudget(title: string, description: string) {
  return checkedText(title, description, (value) => {
    if (amountBytes(value) !== undefined) return undefined;
    return { code: "bytes", wrong: "not a size", fix: "write a number and a unit such as 500mb or 20gb" };
  });
}

export const keepOldBytes = byteBudget(
  "Keep old bytes",
  "How much of what served before stays at most, in primary shards: 100gb. The oldest is deleted before its time.",
).optional();
