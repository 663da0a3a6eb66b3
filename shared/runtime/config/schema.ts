import * as z from "zod";
import { contents } from "./backups/contents.ts";
import { adoption, copyKeep, keep, prune, unneeded } from "./backups/retention.ts";
import { clusterSchema } from "./clusters.ts";
import { migration } from "./entries/migration.ts";
import { vpc } from "./entries/network.ts";
import { access, aliases, bucket, indices, keepOldBytes, place, registration, restored, schedule, stores } from "./entries/parts.ts";
import { alias, duration, httpUrl, isoDate, name, repositoryName, sha256, snapshotPattern, text } from "./fields.ts";
import { restoreRate } from "./watches/restoreRate.ts";

const state = z
  .strictObject({
    store: stores.default("oss").meta({ title: "Store", description: "oss unless this is one machine." }),
    bucket,
    prefix: z.string().default("").meta({ title: "Prefix", description: "Where in the bucket; under no watch, no copy's destination." }),
    ...access,
  })
  .meta({ title: "State", description: "Where jobs, pins and evidence live. The bucket must not be versioned." });

const repository = z
  .strictObject({
    cluster: text("Cluster", "One of clusters."),
    register: z
      .strictObject(registration)
      .meta({
        title: "Registration",
        description: "How the cluster registers it; left out for a repository that others register and ossnap only reads.",
      })
      .optional(),
    blobs: place.optional(),
  })
  .meta({
    title: "Repository",
    description: "How a cluster registers it, and where its blobs lie (derived for oss and s3 when left out).",
  });

const backup = z
  .strictObject({
    repository: text("Repository", "One of repositories."),
    indices,
    schedule,
    attempts: z
      .int()
      .min(1)
      .max(20)
      .default(3)
      .meta({ title: "Attempts", description: "Snapshots tried for one slot, spread over its patience." }),
    patience: duration("Patience", "How long one slot may take.").default("4h"),
    rpo: duration("RPO", "A success older than this is late.").optional(),
    metadata: z.record(z.string(), z.string()).default({}).meta({ title: "Metadata", description: "Kept in the snapshot from 7.3 on." }),
    ...contents,
    keep,
    adopt: adoption.optional(),
    prune: prune.optional(),
  })
  .meta({ title: "Backup policy", description: "What is taken, when, and what stays." });

const snapshots = z
  .union(
    [
      z.enum(["latest", "all"]),
      z.strictObject({ since: isoDate("Since", "Snapshots that began at or after this.") }),
      z.strictObject({ pattern: snapshotPattern("Pattern", "Snapshot names with *.") }),
    ],
    { error: "write latest, all, { since: 2026-01-31 } or { pattern: nightly-* }" },
  )
  .meta({ title: "Snapshots", description: "Which ones are copied." });

const copy = z
  .strictObject({
    from: text("From", "One of repositories."),
    to: place,
    snapshots: snapshots.default("latest"),
    after: text("After", "The policy whose success starts it.").optional(),
    schedule: schedule.optional(),
    keep: copyKeep.optional(),
    unneeded: unneeded.optional(),
  })
  .meta({ title: "Copy", description: "Moves snapshots; by hand only when it has neither after nor schedule." });

const watch = z
  .strictObject({
    blobs: place,
    cluster: text("Cluster", "One of clusters: the one that serves them."),
    register: z
      .strictObject({
        name: repositoryName().meta({ title: "Name", description: "The repository's name on that cluster." }),
        ...registration,
      })
      .meta({ title: "Registration", description: "Registered read-only, always." }),
    restore: z
      .strictObject({
        indices,
        alias: alias("Alias", "Swapped onto the restored index.").optional(),
        aliases,
        which: z
          .enum(["latest", "each", "by-hand"])
          .default("latest")
          .meta({ title: "Which", description: "Which arrivals are restored." }),
        ...restored,
        maxBytesPerSec: restoreRate(
          "Rate",
          "What each node restores in a second at most, as in 80mb; max_restore_bytes_per_sec of the registration.",
        ).optional(),
        keepOld: duration("Keep old", "How long the index served before stays.", { zero: true }).default("1d"),
        keepOldBytes,
      })
      .meta({ title: "Restore", description: "What is restored when a snapshot is whole." }),
    patience: duration("Patience", "How long an arrival may stay incomplete.").default("24h"),
  })
  .meta({ title: "Watch", description: "A prefix where snapshots arrive, and the cluster that is to serve them." });

const token = z
  .strictObject({
    name: text("Name", "Who holds it; written into the log."),
    role: z.enum(["viewer", "operator"]).meta({ title: "Role", description: "viewer: reads and dry runs; operator: all." }),
    sha256: sha256("SHA-256", "Of the token, which itself is written nowhere."),
  })
  .meta({ title: "Token", description: "Who may call the HTTP function." });

const channel = z
  .strictObject({
    type: z.literal("webhook").meta({ title: "Type", description: "webhook." }),
    url: httpUrl("URL", "Where to POST; best taken from the environment.", { inQuery: true }),
    secret: text("Secret", "Signs the body; best taken from the environment.").optional(),
  })
  .meta({ title: "Channel", description: "Told when something fails or is late, and again when it is over." });

/** ossnap.yaml as written, with its placeholders replaced. */
export const configSchema = z
  .strictObject({
    version: z.literal(1).meta({ title: "Version", description: "Of this format: 1." }),
    deployment: name()
      .meta({
        title: "Deployment",
        description: "Part of the functions' names (ossnap-prod-http), so that several deployments live in one account and region.",
      })
      .optional(),
    vpc: vpc.optional(),
    state,
    clusters: z.record(name(), clusterSchema).meta({ title: "Clusters", description: "By name." }),
    repositories: z
      .record(repositoryName(), repository)
      .default({})
      .meta({ title: "Repositories", description: "By the name they are registered under." }),
    backups: z.record(name(), backup).default({}).meta({ title: "Backups", description: "Policies by name." }),
    copies: z.record(name(), copy).default({}).meta({ title: "Copies", description: "By name." }),
    watches: z.record(name(), watch).default({}).meta({ title: "Watches", description: "By name." }),
    migrations: z.record(name(), migration).default({}).meta({ title: "Migrations", description: "By name." }),
    http: z
      .strictObject({ tokens: z.array(token).default([]).meta({ title: "Tokens", description: "Nobody gets in without one." }) })
      .default({ tokens: [] })
      .meta({ title: "HTTP", description: "The HTTP function." }),
    notify: z.array(channel).default([]).meta({ title: "Notify", description: "Channels that notices are sent to." }),
  })
  .meta({
    title: "ossnap",
    description: "The configuration of ossnap; a dollar sign and a name in braces, in any text, is taken from the environment.",
  });

export type ConfigInput = z.output<typeof configSchema>;
