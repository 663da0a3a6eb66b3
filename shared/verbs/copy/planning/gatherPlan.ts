import { rootKey } from "../../../format/keys.ts";
import type { OpenWork } from "../../../jobs/openWork.ts";
import type { World } from "../../../jobs/world.ts";
import { AppError, hasCode, messageOf } from "../../../model/errors.ts";
import { sha256 } from "../../../model/hash.ts";
import { type Reason, reason } from "../../../model/reason.ts";
import { isBroken, type RootCatalogue, type RootSnapshot } from "../../../model/repository.ts";
import { isAheadOf } from "../../../plan/snapshotOrder.ts";
import { blobPlace, placeText } from "../../../proof/blobPlace.ts";
import { newestEvidence } from "../../../reader/evidence.ts";
import { type OpenedRepository, openRepository } from "../../../reader/readRepository.ts";
import { subsetOfRoot } from "../../../reader/rootBlob.ts";
import { datedSnapshots } from "../../../reader/rootSnapshots.ts";
import { type BrokenSnapshots, type CopyPlan, chooseSnapshots, faulty, ownershipConflict, rootGeneration } from "../plan.ts";
import { sourceFault } from "../sourceFault.ts";
import type { CopyJob } from "../types.ts";
import { type Destination, readDestination } from "./destination.ts";
import { type Found, type Members, planBatches } from "./gatherBatches.ts";
import { unlistPlan } from "./gatherUnlist.ts";
import { keptByRule } from "./keptByRule.ts";

const NAMES_SHOWN = 3;

/** What stays constant while a plan is made anew without the snapshots that turned out to be broken. */
interface Chosen {
  opened: OpenedRepository & { root: RootCatalogue };
  dated: readonly RootSnapshot[];
  wanted: readonly RootSnapshot[];
  /** Listed at the destination, or taken off its list, and still at the source. */
  kept: readonly RootSnapshot[];
}

/**
 * Pins the source's root, walks the wanted closures and writes what the destination lacks as batches. Writes nothing but its own work to the state;
 * with `isDry` nothing at all. `undefined` when time ran out: the next call goes on from there.
 */
export async function gatherCopyPlan(
  world: World,
  work: OpenWork,
  job: CopyJob,
  { deadline, isDry = false }: { deadline: () => boolean; isDry?: boolean },
): Promise<CopyPlan | undefined> {
  const source = world.blobs(job.intent.input.from);
  const opened = await openRepository(source);
  const destination = await readDestination(world, work, job);
  const chosen = await choose(world, job, opened, destination);
  if ("fault" in chosen) return faulty(chosen.fault);
  const what = isCheckDue(job) && !isDry ? "equal" : "lacking";
  const isDoubtful = await doubtful(world, job, [...chosen.wanted, ...chosen.kept]);
  const broken = new Map<string, string>();
  for (;;) {
    const members = membersOf(world, job, chosen, destination, broken);
    const found = await planBatches(world, job, { what, destination, members, isDoubtful, root: chosen.opened.root }, { deadline, isDry });
    if (found === undefined) return undefined;
    if (found.unread.size === 0) {
      const plan = await assemble(world, job, { chosen, destination, members, found, broken });
      return { ...plan, ...(what === "equal" && { isCheck: true }) };
    }
    await requireSameRoot(world, job, opened);
    for (const [uuid, first] of found.unread) {
      const snapshot = chosen.wanted.find((one) => one.uuid === uuid);
      if (snapshot) return faulty(notWhole(snapshot, first, opened));
      broken.set(uuid, first);
    }
  }
}

/** Before anything is copied, what is there is read, if a person asked for it. */
function isCheckDue({ intent: { input }, head: { data } }: CopyJob): boolean {
  return input.check === true && data.checked === undefined;
}

async function choose(
  world: World,
  { intent: { input } }: CopyJob,
  opened: OpenedRepository,
  destination: Destination,
): Promise<Chosen | { fault: Reason }> {
  const source = world.blobs(input.from);
  const unusable = sourceFault(opened, source.url);
  if (unusable || !opened.root) return { fault: unusable?.reason ?? reason("copy.noRoot", { source: source.url }) };
  const fault = ownershipConflict(destination, destination.store.url);
  if (fault) return { fault };
  const dated = await datedSnapshots(source, opened);
  const choosing = { now: world.clock.now(), reported: input.reported };
  const wanted = chooseSnapshots({ ...opened.root, snapshots: dated }, input.rule.snapshots, choosing);
  if (wanted.length === 0) return { fault: reason("copy.noSnapshots", { source: source.url, root: opened.root.key }) };
  // What was published stays listed while the source has it, or is listed again, so that nothing disappears from the destination.
  const isKept = ({ uuid }: RootSnapshot) => destination.everListed.has(uuid) && !wanted.some((one) => one.uuid === uuid);
  const kept = dated.filter(isKept);
  const { keep } = input.rule;
  const stays = keep && keptByRule(keep, [...wanted, ...kept], world.clock.now());
  const retained = (snapshots: readonly RootSnapshot[]) => snapshots.filter(({ uuid }) => stays?.has(uuid) ?? true);
  return { opened: { ...opened, root: opened.root }, dated, wanted: retained(wanted), kept: retained(kept) };
}

/** A snapshot that the source lost a part of is read at the destination, as its root lists it, or else as the source's root describes it. */
function membersOf(
  world: World,
  { intent: { input } }: CopyJob,
  { opened: { root }, wanted, kept }: Chosen,
  destination: Destination,
  broken: ReadonlyMap<string, string>,
): Members {
  const source = world.blobs(input.from);
  const atSource = [...wanted, ...kept].filter(({ uuid }) => !broken.has(uuid));
  const there = kept.flatMap((snapshot) => {
    if (!broken.has(snapshot.uuid)) return [];
    const listed = destination.snapshots.find(({ uuid }) => uuid === snapshot.uuid);
    return [{ snapshot: listed ?? snapshot, store: destination.store, root: (listed && destination.root) ?? root }];
  });
  return { atSource: atSource.map((snapshot) => ({ snapshot, store: source, root })), there };
}

function notWhole({ name }: RootSnapshot, first: string, { root }: OpenedRepository): Reason {
  return reason("copy.sourceNotWhole", { snapshot: name, first, where: placeText(blobPlace(first, root?.indices ?? [])) });
}

/** If the source changed while it was read, the next step reads it again. */
async function requireSameRoot(world: World, { intent: { input } }: CopyJob, opened: OpenedRepository): Promise<void> {
  const source = world.blobs(input.from);
  const { root } = await openRepository(source);
  if (root?.sha256 !== opened.root?.sha256)
    throw new AppError("conflict", `${source.url}: the root changed from ${opened.root?.key} to ${root?.key} while it was read`);
}

/** Uuids of snapshots whose metadata at the destination is read: all when a person asks, else those that a stored proof found broken there. */
async function doubtful(
  world: World,
  { intent: { asked, input } }: CopyJob,
  snapshots: readonly RootSnapshot[],
): Promise<(uuid: string) => boolean> {
  if (asked.by === "person") return () => true;
  const uuids = new Set(snapshots.map(({ uuid }) => uuid));
  const verdicts = await newestEvidence(world, uuids, input.rule.to).catch((error: unknown) => {
    if (!hasCode(error, "invalid")) throw error;
    world.logger.warn("a stored verdict cannot be read: every snapshot of the copy is looked at", { error: messageOf(error) });
    return undefined;
  });
  if (!verdicts) return () => true;
  return (uuid) => {
    const verdict = verdicts.get(uuid);
    return verdict !== undefined && isBroken(verdict);
  };
}

interface Planned {
  chosen: Chosen;
  destination: Destination;
  members: Members;
  found: Found;
  broken: ReadonlyMap<string, string>;
}

async function assemble(world: World, { intent: { input } }: CopyJob, planned: Planned): Promise<CopyPlan> {
  const { chosen, destination, members, found, broken } = planned;
  const { opened, dated, wanted, kept } = chosen;
  const lost = new Set(members.there.filter(({ snapshot }) => found.lacking.has(snapshot.uuid)).map(({ snapshot }) => snapshot.uuid));
  const snapshots = [...wanted, ...kept].filter(({ uuid }) => !lost.has(uuid));
  const uuids = snapshots.map(({ uuid }) => uuid);
  const rootBytes = await subsetOfRoot(world.blobs(input.from), opened, uuids);
  const rootSha256 = sha256(rootBytes);
  const unlist = await unlistPlan(destination, { found, planned: uuids, again: [...wanted, ...kept] });
  const seen = unlist ? { ...destination, generation: (destination.generation ?? 0) + 1, sha256: unlist.root.sha256 } : destination;
  const now = world.clock.now();
  return {
    fault: undefined,
    pinned: { generation: opened.root.generation, sha256: opened.root.sha256 },
    snapshots: snapshots.map(({ name, uuid }) => ({ name, uuid })),
    pieces: found.pieces,
    skipped: found.skipped,
    root: { key: rootKey(rootGeneration(opened.root.generation, rootSha256, seen)), sha256: rootSha256 },
    seenRoot: destination.sha256 ?? null,
    unlist,
    leaving: destination.snapshots.filter(({ uuid }) => !uuids.includes(uuid)).map(({ name }) => name),
    ...(found.unneeded && { unneeded: found.unneeded }),
    left: [...lost],
    rootBytes,
    ahead: dated.filter((snapshot) => isAheadOf(now, snapshot)).map(({ name }) => name),
    broken: brokenOf(dated, broken, broken.size - lost.size),
    // Where what is unneeded is deleted, the rest of the job looks for it.
    current: found.pieces.count === 0 && destination.sha256 === rootSha256 && destination.isPointedTo && input.rule.unneeded === undefined,
  };
}

function brokenOf(dated: readonly RootSnapshot[], broken: ReadonlyMap<string, string>, kept: number): BrokenSnapshots | undefined {
  const named = dated.filter(({ uuid }) => broken.has(uuid));
  const [one] = named;
  if (one === undefined) return undefined;
  const snapshots = named.slice(0, NAMES_SHOWN).map(({ name }) => name);
  return { snapshots, count: broken.size, kept, first: broken.get(one.uuid) ?? "" };
}
