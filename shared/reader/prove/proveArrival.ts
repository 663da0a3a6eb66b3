import { INCOMPATIBLE_KEY } from "../../format/incompatibleSnapshots.ts";
import { compareKeys } from "../../format/keys.ts";
import type { BlobStore } from "../../model/blobStore.ts";
import type { DamagedBlob, MissingBlob, RootCatalogue, RootSnapshot, SnapshotProof } from "../../model/repository.ts";
import {
  type ArrivalProgress,
  concludeCheck,
  footersSeen,
  isProven,
  markFaults,
  setExamined,
  setShards,
  startProgress,
} from "../../proof/arrivalProgress.ts";
import type { PartLedger } from "../partLedger.ts";
import type { OpenedRepository } from "../readRepository.ts";
import type { PartsRead } from "./checks.ts";
import { examineShards, type Shards } from "./examineShards.ts";
import type { LookObserver } from "./examineSnapshot.ts";
import { proveSnapshot } from "./proveSnapshot.ts";

/** Enough to choose probes from; more missing blobs need not be held in memory. */
const FAULTS_MAX = 1000;

export interface ArrivalLookOptions {
  /** The repository as opened for this look; its root lists the snapshot. */
  opened: OpenedRepository & { root: RootCatalogue };
  snapshot: RootSnapshot;
  indices: readonly string[];
  /** Progress stored by the last look; `undefined` for the first. */
  before: ArrivalProgress | undefined;
  /** Keys of probes that exist now, and probes that are still missing. */
  came: readonly string[];
  waiting: readonly MissingBlob[];
  ledger?: PartLedger | undefined;
  /** Returns true when this invocation's time is up. */
  deadline: () => boolean;
  now: Date;
}

export interface ArrivalLook {
  /** Set only for the final verdicts `whole` and `not-restorable`. */
  proof: SnapshotProof | undefined;
  progress: ArrivalProgress;
  /** Missing blobs known to this look, sorted by key; not a complete list. */
  missing: MissingBlob[];
  damaged: DamagedBlob[];
  /** Set if time ran out while files in several parts were read. */
  parts?: PartsRead;
  /** True if the next look continues immediately because time ran out or the root changed. */
  again: boolean;
}

/**
 * Examines a copy in progress. The first look proves the whole snapshot or learns which shards are complete; later looks examine only unproven shards.
 * Once none is left, a complete proof decides; it reads only the footers of blobs that were written since.
 * Progress is stored when time runs out.
 * @throws whatever `proveSnapshot` throws; then there is no new information.
 */
export async function proveArrival(store: BlobStore, options: ArrivalLookOptions): Promise<ArrivalLook> {
  const { before, waiting, came, now } = options;
  let cut = false;
  const deadline = (): boolean => {
    cut ||= options.deadline();
    return cut;
  };
  const shards: Shards = { store, root: options.opened.root, uuid: options.snapshot.uuid, deadline, lookedAt: now, ledger: options.ledger };
  const look = before ? await goOn(shards, structuredClone(before), { came, waiting }) : undefined;
  const last = look && !isProven(look.progress) ? look : await finalCheck(shards, options, look?.progress);
  await options.ledger?.save();
  concludeCheck(before, last.progress, now);
  // A root that changes during every look is handled by waiting, like any other obstacle.
  const again = cut || (last.again === true && last.progress.idleLooks === 0);
  return { proof: undefined, ...last, missing: [...last.missing].sort((left, right) => compareKeys(left.key, right.key)), again };
}

type LookResult = Omit<ArrivalLook, "again" | "proof"> & { proof?: SnapshotProof; again?: boolean };

async function goOn(
  shards: Shards,
  progress: ArrivalProgress,
  { came, waiting }: Pick<ArrivalLookOptions, "came" | "waiting">,
): Promise<LookResult> {
  const absent: string[] = [];
  for (const key of progress.loose) if ((await shards.store.head(key)) === undefined) absent.push(key);
  progress.loose = absent;
  const found = await examineShards(shards, progress, { came, waiting: waiting.map(({ key }) => key) });
  const fresh = new Set(found.missing.map(({ key }) => key));
  const loose = absent.map((key) => ({ key, expectedBytes: null, foundBytes: null }));
  // The first of one key counts.
  const known = new Map([...loose, ...waiting].reverse().map((one) => [one.key, one]));
  const others = [...known.values()].reverse().filter(({ key }) => !fresh.has(key));
  return { progress, missing: [...found.missing, ...others], damaged: found.damaged };
}

/** Runs the complete proof and records what it finds for each shard. */
async function finalCheck(shards: Shards, options: ArrivalLookOptions, known: ArrivalProgress | undefined): Promise<LookResult> {
  const { opened, snapshot, indices, now } = options;
  const progress = known ?? startProgress(now, layoutOf(options));
  const proof = await proveSnapshot(shards.store, {
    uuid: snapshot.uuid,
    indices,
    level: "footers",
    footersFor: "counter-named",
    footersSeen: footersSeen(progress),
    root: opened,
    ledger: options.ledger,
    deadline: shards.deadline,
    faultsMax: FAULTS_MAX,
    isArriving: true,
    observer: remembering(progress, now),
  });
  const { missing, damaged, verdict, parts } = proof;
  if (verdict === "whole" || verdict === "not-restorable") return { proof, progress, missing, damaged };
  // Files in several parts are read after their shards were noted as proven.
  if (verdict === "damaged") markFaults(progress, { missing: [], damaged: damaged.filter(({ key }) => key !== INCOMPATIBLE_KEY) });
  return { progress, missing, damaged, again: verdict === "unproven", ...(parts && { parts }) };
}

function remembering(progress: ArrivalProgress, lookedAt: Date): LookObserver {
  const places = new Map(progress.indices.map(({ id }, index) => [id, index]));
  return {
    indices(indices) {
      for (const { id, metadata } of indices) {
        const index = places.get(id);
        if (index === undefined || metadata === undefined) continue;
        if (progress.indices[index]?.shards?.length !== metadata.shards) setShards(progress, { index, shard: undefined }, metadata.shards);
      }
    },
    shard({ indexId, shard, missing, damaged, hasCounters }) {
      const index = places.get(indexId);
      if (index === undefined) return;
      const proven = missing.length === 0 && damaged.length === 0;
      setExamined(progress, { index, shard }, { proven, hasCounters, missing, damaged }, lookedAt);
    },
    metadata({ missing, damaged }) {
      progress.loose = [];
      // The fix is to remove this blob, so it must not be waited for.
      markFaults(progress, { missing, damaged: damaged.filter(({ key }) => key !== INCOMPATIBLE_KEY) });
    },
  };
}

function layoutOf({ opened, indices }: ArrivalLookOptions): { id: string; shards: null }[] {
  const ids = new Map(opened.root.indices.map(({ name, id }) => [name, id]));
  return indices.map((name) => ({ id: ids.get(name) ?? name, shards: null }));
}
