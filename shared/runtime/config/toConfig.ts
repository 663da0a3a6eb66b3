import type { BackupPolicy, ClusterConfig, Config, CopyRule, Migration, Place, RepositoryConfig, Watch } from "../../model/config.ts";
import { SHRINK_DEFAULT } from "../../plan/backup/shrink.ts";
import { readByteSize } from "../../repository/byteSize.ts";
import { parseDuration } from "../../repository/duration.ts";
import { normalizePlace, placeOf } from "../../repository/place.ts";
import type { ConfigInput } from "./schema.ts";
import { registeredAt } from "./watches/restoreRate.ts";

/** Converts the validated input to the model: durations in milliseconds, places without trailing slashes, `blobs` derived. */
export function toConfig(input: ConfigInput): Config {
  const { prefix, ...state } = input.state;
  return {
    version: 1,
    ...(input.deployment === undefined ? {} : { deployment: input.deployment }),
    ...(input.vpc === undefined ? {} : { vpc: input.vpc }),
    state: normalizePlace({ ...state, basePath: prefix }),
    clusters: named(input.clusters, toCluster),
    repositories: named(input.repositories, toRepository),
    backups: named(input.backups, toBackup),
    copies: named(input.copies, toCopy),
    watches: named(input.watches, toWatch),
    migrations: named(input.migrations, ({ warm, backups }): Migration => ({ warm, ...(backups === undefined ? {} : { backups }) })),
    http: input.http,
    notify: input.notify,
  };
}

type EntryOf<Section extends "clusters" | "repositories" | "backups" | "copies" | "watches"> = ConfigInput[Section][string];

function toRepository({ cluster, register, blobs }: EntryOf<"repositories">): RepositoryConfig {
  const place: Place | undefined = blobs ?? (register && placeOf(register));
  return { cluster, ...(register === undefined ? {} : { register }), ...(place === undefined ? {} : { blobs: normalizePlace(place) }) };
}

function toBackup(entry: EntryOf<"backups">): BackupPolicy {
  const { patience, rpo, keep: rules, prune, shrinkAtMost, featureStates, verify, ...policy } = entry;
  const { within, lastOfIndex, ...keep } = rules;
  const protects = lastOfIndex === "always" || lastOfIndex === "never" ? lastOfIndex : milliseconds(lastOfIndex);
  return {
    ...policy,
    patienceMs: milliseconds(patience),
    ...(rpo === undefined ? {} : { rpoMs: milliseconds(rpo) }),
    ...(featureStates === undefined ? {} : { featureStates }),
    ...(verify === undefined ? {} : { verify: toVerify(verify) }),
    shrinkAtMost: typeof shrinkAtMost === "number" ? { ...SHRINK_DEFAULT, percent: shrinkAtMost } : shrinkAtMost,
    keep: { ...keep, lastOfIndex: protects, ...(within === undefined ? {} : { withinMs: milliseconds(within) }) },
    ...(prune === undefined ? {} : { prune }),
  };
}

function toCluster({ keepOldBytes, ...cluster }: EntryOf<"clusters">): ClusterConfig {
  const mostBytes = bytesOf(keepOldBytes);
  return { ...cluster, ...(mostBytes === undefined ? {} : { keepOldBytes: mostBytes }) };
}

function bytesOf(size: string | undefined): number | undefined {
  return size === undefined ? undefined : readByteSize(size)?.bytes;
}

function toVerify(verify: NonNullable<EntryOf<"backups">["verify"]>): BackupPolicy["verify"] {
  if (typeof verify === "string") return { level: verify };
  const { level, budget } = verify;
  return { level, ...(budget === undefined ? {} : { budgetBytes: readByteSize(budget)?.bytes }) };
}

function toCopy({ from, to, snapshots, after, schedule, keep, unneeded }: EntryOf<"copies">): CopyRule {
  return {
    from,
    to: normalizePlace(to),
    snapshots,
    ...(after === undefined ? {} : { after }),
    ...(schedule === undefined ? {} : { schedule }),
    ...(keep === undefined ? {} : { keep: toCopyKeep(keep) }),
    ...(unneeded === undefined ? {} : { unneeded }),
  };
}

function toCopyKeep({ within, ...keep }: NonNullable<EntryOf<"copies">["keep"]>): CopyRule["keep"] {
  return { ...keep, ...(within === undefined ? {} : { withinMs: milliseconds(within) }) };
}

function toWatch({ blobs, cluster, register, restore: entry, patience }: EntryOf<"watches">): Watch {
  const { keepOld, keepOldBytes, filesThere, maxBytesPerSec, ...restore } = entry;
  const mostBytes = bytesOf(keepOldBytes);
  return {
    blobs: normalizePlace(blobs),
    cluster,
    register: registeredAt(register, maxBytesPerSec),
    restore: {
      ...restore,
      keepOldMs: milliseconds(keepOld),
      ...(mostBytes === undefined ? {} : { keepOldBytes: mostBytes }),
      ...(filesThere ? { filesThere } : {}),
    },
    patienceMs: milliseconds(patience),
  };
}

/** Without a prototype: a look-up of `constructor`, a valid name from outside, must find nothing. */
function named<Entry, Value>(entries: Record<string, Entry>, map: (entry: Entry) => Value): Record<string, Value> {
  const result: Record<string, Value> = Object.create(null);
  for (const [name, entry] of Object.entries(entries)) result[name] = map(entry);
  return result;
}

function milliseconds(duration: string): number {
  const durationMs = parseDuration(duration);
  if (durationMs === undefined) throw new TypeError("a duration passed the schema and cannot be read");
  return durationMs;
}
