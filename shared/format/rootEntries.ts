import type { SnapshotState } from "../model/cluster.ts";
import { hasCode } from "../model/errors.ts";
import { shortHash } from "../model/hash.ts";
import { cutText, textBytes } from "../model/memory/texts.ts";
import { WEIGHT } from "../model/memory/weights.ts";
import { shownCut } from "../model/plainText.ts";
import { openSearchNamed, type RootCatalogue, type RootSnapshot } from "../model/repository.ts";
import {
  asCount,
  asFields,
  asKeySegment,
  asList,
  asName,
  asText,
  asTexts,
  asTime,
  type Fields,
  NAME_CHARACTERS_MAX,
  optional,
} from "./fields.ts";
import { invalidBytes } from "./invalid.ts";
import { keySafe, type RootBudget } from "./rootBudget.ts";
import { versionName } from "./version.ts";

const STATES: readonly SnapshotState[] = ["IN_PROGRESS", "SUCCESS", "FAILED", "PARTIAL", "INCOMPATIBLE"];
/** Elasticsearch itself allows 1024. */
const SHARDS_MAX = 100_000;
/** Of the text that says what is wrong with an entry. */
const FAULT_LENGTH_MAX = 400;
/** Of a name that is too long for one. */
const SHOWN_NAME_MAX = 100;

type Index = RootCatalogue["indices"][number];

/** Entries of 2.x are bare names, which also serve as their uuids. */
export function readSnapshot(entry: unknown, where: string): RootSnapshot {
  if (typeof entry === "string") {
    const name = asKeySegment(entry, where);
    return { name, uuid: name, state: undefined, version: undefined, startTime: undefined };
  }
  const fields = asFields(entry, where);
  const startTime = optional(fields.start_time_millis, `${where}.start_time_millis`, asTime);
  const state = optional(fields.state, `${where}.state`, asCount);
  if (state !== undefined && STATES[state] === undefined) throw invalidBytes(`${where}.state`, `state ${state} is unknown`);
  return {
    name: asName(fields.name, `${where}.name`),
    uuid: asKeySegment(fields.uuid, `${where}.uuid`),
    state: state === undefined ? undefined : STATES[state],
    version: readVersion(fields, where),
    startTime,
  };
}

/** The name, or the beginning of one that is too long for a name. */
export function shownName(name: string): string {
  return name.length > NAME_CHARACTERS_MAX ? shownCut(name, SHOWN_NAME_MAX) : name;
}

/** As much of the entry as can be shown. */
export function faultySnapshot(entry: unknown, where: string, fault: string): RootSnapshot {
  const { name, uuid } = (typeof entry === "string" ? { name: entry, uuid: entry } : (entry ?? {})) as Fields;
  return {
    name: typeof name === "string" ? shownName(name) : where.slice(where.indexOf(" ") + 1),
    uuid: keySafe(typeof uuid === "string" ? uuid : `/${where}`),
    state: undefined,
    version: undefined,
    startTime: undefined,
    fault,
  };
}

/** Which of the two the blobs belong to is unknown. */
export function blameBoth(first: RootSnapshot, second: RootSnapshot, where: string): void {
  const { uuid } = second;
  for (const snapshot of [first, second]) {
    snapshot.fault ??= `${where}: snapshot ${uuid} is listed twice`.slice(0, FAULT_LENGTH_MAX);
    snapshot.state = undefined;
    snapshot.startTime = undefined;
  }
  second.uuid = `unreadable-${shortHash(16, uuid, where)}`;
}

/**
 * From 8.11 on `version` is frozen and `index_version` has the actual version. OpenSearch writes its own release there, as in `2.11.0`: only
 * from 5.0 on do snapshots of Elasticsearch have a uuid that is not their name.
 */
function readVersion(fields: Fields, where: string): string | undefined {
  const indexVersion = optional(fields.index_version, `${where}.index_version`, asCount);
  if (indexVersion !== undefined) return versionName(indexVersion);
  const version = optional(fields.version, `${where}.version`, asName);
  return version !== undefined && /^[1-4]\./.test(version) && fields.uuid !== fields.name ? openSearchNamed(version) : version;
}

/** The uuid strings are shared, because each uuid appears in the root once per index. */
export function readIndex(name: string, entry: unknown, where: string, budget: RootBudget): Index {
  if (typeof entry === "object" && entry !== null) requireFixedPaths(entry as Fields, where);
  const index = unlessInvalid(
    () => readIndexFields(asName(name, where), asFields(entry, where), where),
    (fault) => faultyIndex(name, entry, fault),
  );
  const { snapshots, shardGenerations = [], fault = "" } = index;
  budget.spend(2 * WEIGHT.object + textBytes(name) + textBytes(index.id) + textBytes(fault) + WEIGHT.value * snapshots.length);
  for (const generation of shardGenerations ?? [])
    budget.spend(WEIGHT.value + (generation === null ? 0 : WEIGHT.text + textBytes(generation)));
  return { ...index, snapshots: snapshots.map(budget.shared) };
}

function readIndexFields(name: string, fields: Fields, where: string): Index {
  const generations = optional(fields.shard_generations, `${where}.shard_generations`, asList);
  if (generations !== undefined && generations.length > SHARDS_MAX) throw invalidBytes(where, `more than ${SHARDS_MAX} shards`);
  return {
    name,
    id: asKeySegment(fields.id, `${where}.id`),
    snapshots: asTexts(fields.snapshots, `${where}.snapshots`),
    shardGenerations: generations?.map((generation) => optional(generation, `${where}.shard_generations`, asText) ?? null),
  };
}

function faultyIndex(name: string, entry: unknown, fault: string): Index {
  const { id, snapshots } = (entry ?? {}) as Fields;
  const held = Array.isArray(snapshots) ? snapshots.filter((uuid) => typeof uuid === "string") : [];
  return {
    name: shownName(name),
    id: keySafe(typeof id === "string" ? id : `/${name}`),
    snapshots: held,
    shardGenerations: undefined,
    fault,
  };
}

/** OpenSearch 2.17 and later may put shards below hashed prefixes outside `indices/`, which no Elasticsearch finds either. */
function requireFixedPaths({ shard_path_type: type = 0 }: Fields, where: string): void {
  if (type === 0) return;
  throw invalidBytes(
    where,
    `shard_path_type ${shownCut(String(type), SHOWN_NAME_MAX)}: OpenSearch wrote its shards below hashed paths, which ossnap cannot read`,
  );
}

export function unlessInvalid<T>(read: () => T, otherwise: (fault: string) => T): T {
  try {
    return read();
  } catch (error) {
    if (!hasCode(error, "invalid")) throw error;
    return otherwise(cutText(error.message, FAULT_LENGTH_MAX));
  }
}
