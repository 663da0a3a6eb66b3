import * as z from "zod";
import { readOpenWork } from "../../jobs/openWork.ts";
import type { DoneRecord, Job } from "../../jobs/record.ts";
import type { World } from "../../jobs/world.ts";
import { forEachBounded, READS_AT_ONCE } from "../../model/forEachBounded.ts";
import type { RootCatalogue } from "../../model/repository.ts";
import { stateKey } from "../../state/keys.ts";
import { readHint } from "../../state/records.ts";

/** A deletion whose answer was lost may take effect this long after its job ended. */
const DELETION_MS = 7 * 24 * 3_600_000;
/** A cancelled backup ends when its snapshot is gone; between two clocks. */
const CANCEL_MS = 3_600_000;

/** What a root listed, and when it was read. */
export interface ListedThen {
  at: string;
  snapshots: [uuid: string, name: string][];
}

const NAMES = z.array(z.string()).optional();
const DONE = z.looseObject({
  state: z.string(),
  result: z
    .looseObject({
      removed: NAMES,
      uuids: z.array(z.string().nullable()).optional(),
      left: NAMES,
      failures: z.array(z.looseObject({ name: z.string() })).optional(),
    })
    .nullish(),
});

/**
 * Snapshots that the root listed at the last look and does not list now, and that no job of ossnap asked to delete: another writer's or a
 * person's deletions. None if a job may have asked for them whose record, of an earlier version, does not say so. Costs requests to the state only
 * if a snapshot is gone.
 */
export async function goneByOthers(
  world: World,
  { snapshots }: Pick<RootCatalogue, "snapshots">,
  listed: ListedThen,
): Promise<ListedThen["snapshots"]> {
  const sinceMs = new Date(listed.at).getTime();
  // The uuid of an entry that cannot be read is unknown.
  const there = new Set(snapshots.flatMap(({ uuid, name, fault }) => (fault === undefined ? [uuid] : [uuid, name])));
  const gone = listed.snapshots.filter(([uuid, name]) => !there.has(uuid) && !there.has(name));
  if (gone.length === 0) return [];
  const asked = new Set<string>();
  // Open ones first: a job that ends in between is then among the finished ones.
  const { jobs, live } = await readOpenWork(world);
  for (const job of jobs) for (const snapshot of openTargets(job)) asked.add(snapshot);
  let isUnknown = false;
  // A log that cannot be read, such as one of a newer version.
  for (const id of live.jobs.keys()) if (!jobs.some((job) => job.id === id) && !(await world.log.done(id))) isUnknown = true;
  const addDone = async (kind: "prune" | "backup", from: Date, targetsOf: (done: DoneRecord) => readonly string[] | undefined) => {
    await forEachBounded(await doneSince(world, kind, from), READS_AT_ONCE, async (key) => {
      const { value: done, fault } = await readHint<DoneRecord>(world, key, DONE, "may have asked to delete any snapshot");
      const targets = done && targetsOf(done);
      // A damaged one may have asked for anything.
      if (fault || (done && targets === undefined)) isUnknown = true;
      for (const snapshot of targets ?? []) asked.add(snapshot);
    });
  };
  await addDone("prune", new Date(sinceMs - DELETION_MS), prunedTargets);
  await addDone("backup", new Date(sinceMs - CANCEL_MS), cancelledTargets);
  return isUnknown ? [] : gone.filter(([uuid, name]) => !asked.has(uuid) && !asked.has(name));
}

/** Everything that the job may have asked to delete: what a prune claimed, and the snapshots that a backup started. */
function openTargets({ kind, head }: Job): readonly string[] {
  if (kind === "prune") return claimedBy(head.data as PruneLike);
  if (kind !== "backup") return [];
  return backupTargets(head.data as BackupLike);
}

/** A plan alone explains nothing: it may wait, or be refused, for days. One of an earlier version may have claimed any of it. */
function claimedBy({ plan, asked }: PruneLike): readonly string[] {
  return asked ?? (plan?.remove ?? []).map(idOf);
}

interface PruneLike {
  asked?: string[];
  plan?: { remove: { name: string; uuid?: string }[] };
}

interface BackupLike {
  name?: string;
  vanished?: string;
  failures?: { name: string }[];
}

const idOf = ({ name, uuid }: { name: string; uuid?: string | undefined }) => uuid ?? name;

function backupTargets({ name, vanished, failures = [] }: BackupLike): string[] {
  return [name, vanished, ...failures.map((failure) => failure.name)].flatMap((one) => one ?? []);
}

interface PruneResult {
  hash?: string;
  removed?: string[];
  uuids?: (string | null)[];
  left?: string[];
}

function prunedTargets({ state, result }: DoneRecord): readonly string[] | undefined {
  const { hash, removed = [], uuids = [], left } = (result ?? {}) as PruneResult;
  // An earlier version did not record what a plan that did not end well had asked for.
  if (left === undefined && hash !== undefined && state !== "done") return undefined;
  return [...removed.map((name, at) => uuids[at] ?? name), ...(left ?? [])];
}

function cancelledTargets({ state, result }: DoneRecord): readonly string[] {
  if (state !== "cancelled") return [];
  const { snapshot, failures } = (result ?? {}) as { snapshot?: string; failures?: { name: string }[] };
  return backupTargets({ ...(snapshot === undefined ? {} : { name: snapshot }), ...(failures === undefined ? {} : { failures }) });
}

async function doneSince({ state }: World, kind: "prune" | "backup", since: Date): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key, lastModified } of state.list(stateKey.doneAll(kind)))
    if (lastModified === undefined || lastModified >= since) keys.push(key);
  return keys;
}
