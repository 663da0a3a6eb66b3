import type { Created } from "../../jobs/log.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import type { Asked, DoneRecord } from "../../jobs/record.ts";
import { configured, type World } from "../../jobs/world.ts";
import type { BlobInfo, BlobStore } from "../../model/blobStore.ts";
import { shortHash } from "../../model/hash.ts";
import type { RootSnapshot } from "../../model/repository.ts";
import { guardedLook, type Survived } from "../../notices/guardedLook.ts";
import { resolveUnlisted } from "../../notices/verifyNotices.ts";
import { laterLower } from "../../proof/ambiguity.ts";
import { listRootKeys, openRepository } from "../../reader/readRepository.ts";
import { hiddenRoot, latestOf } from "../../reader/rootBlob.ts";
import { type DatedSnapshot, datedSnapshots, isStorable, newestGoodFirst, rootMark } from "../../reader/rootSnapshots.ts";
import { stateKey } from "../../state/keys.ts";
import { hasMark, recordMark } from "../../state/marks.ts";
import type { AgainMark } from "../../state/watchMarks.ts";
import { askRestore, restoreIdOf } from "../restore/ask.ts";
import { dropAgain, dueAgain, isAgainDue, runOf } from "./again.ts";
import { isAheadDue, rememberAhead } from "./ahead.ts";
import { clearRoot } from "./ambiguity.ts";
import { arrivalOf, arrivalRun, askArrival, printOf } from "./ask.ts";
import { heldBy, lackingTop } from "./held.ts";
import { reportLeftAlias } from "./leftAlias.ts";
import { arrivalsOf, restoresOf } from "./openJobs.ts";
import { type PlannedArrivals, planArrivals, type Wanted } from "./plan.ts";
import { restoreOrder } from "./restoreOrder.ts";
import { reportHidden, reportLacking, reportPassedOver, reportRoots } from "./show.ts";
import type { ArrivalInput } from "./step.ts";

/**
 * Checks whether a watch's newest root lists good snapshots above its position and writes the intent to bring them in. Returns those jobs.
 */
export async function lookAtWatch(world: World, work: OpenWork, watchName: string, asked: Asked): Promise<Created[]> {
  const watch = configured(world.config, "watches", watchName);
  const store = world.blobs(watch.blobs);
  const { roots, hiding } = await listRootKeys(store);
  if (await reportHidden(world, work, watchName, hiddenRoot(store, { hiding }))) return [];
  const highest = Math.max(...roots.keys());
  const info = roots.get(highest);
  const print = printOf(watch);
  const isThere = info !== undefined;
  const isPointedTo = !isThere && work.live.watchRoots.has(watchName) && (await latestOf(store)) !== undefined;
  await reportRoots(world, work, watchName, { url: store.url, isThere, isPointedTo, print });
  if (!info) return [];
  const root = watchMark(roots, highest, info);
  const mark = `${root}~${print}`;
  const now = world.clock.now();
  const again = dueAgain(work, watchName, now);
  // Something that is needed again may have been passed over while ossnap.yaml said something else.
  const isChanged = work.live.watchRoots.get(watchName)?.at(-1)?.mark.endsWith(`~${print}`) !== true;
  const isSeen = !isChanged && hasMark(work.live.watchRoots, watchName, mark);
  if (isSeen && again.length === 0 && !isAheadDue(work, watchName, now)) return [];

  const guard = { look: `watches.${watchName}`, mark: root, reads: `${store.url}/${info.key}` };
  return (
    (await guardedLook(world, work, guard, () => lookAtRoot(world, work, watchName, { store, roots, mark, again, isChanged, asked }))) ?? []
  );
}

interface RootToLookAt {
  store: BlobStore;
  roots: ReadonlyMap<number, BlobInfo>;
  mark: string;
  again: readonly AgainMark[];
  isChanged: boolean;
  asked: Asked;
}

async function lookAtRoot(
  world: World,
  work: OpenWork,
  watchName: string,
  { store, roots, mark, again, isChanged, asked }: RootToLookAt,
): Promise<Survived<Created[]>> {
  const watch = configured(world.config, "watches", watchName);
  const opened = await openRepository(store);
  const clear = await clearRoot(world, work, watchName, { store, roots, opened });
  if (!clear) return { result: [], isRepeated: true };
  if (opened.root) await resolveUnlisted(world, [watchName, watch.register.name], opened.root.snapshots);
  const dated = await datedSnapshots(store, opened);
  const now = world.clock.now();
  const position = work.live.positions.get(watchName)?.at(-1);
  const good = newestGoodFirst(dated, now);
  const all = planArrivals({
    good,
    before: clear.before,
    knownMs: clear.knownMs,
    position,
    open: openTimes(work, watchName),
    ahead: work.live.ahead.get(watchName),
    now,
  });
  const held = heldBy(opened.root, watch.restore.indices);
  const planned = { ...all, wanted: all.wanted.filter(held.has), undated: all.undated.filter(held.has) };
  const { created, isCut } = await requestArrivals(world, work, watchName, { planned, generation: opened.root?.generation ?? 0, asked });
  const undated = dated.filter(({ startTime, state }) => startTime === undefined && (state === undefined || state === "SUCCESS"));
  const lost = undated.filter(({ fault }) => fault === undefined);
  // While a snapshot's own blob is missing its time is unknown, and the next check may choose another one.
  const isAwaited = lost.some((one) => isStorable(one) && !clear.before?.has(one.uuid)) && !areTooDamaged(lost);
  const mayArrive = isAwaited && !isOlder(opened.rootInfo, now, watch.patienceMs);
  await rememberAhead(world, work, watchName, { planned, served: position?.uuid ?? "", before: clear.before });
  await reportPassedOver(world, work, watchName, {
    planned,
    position,
    lost: mayArrive ? [] : lost,
    faulty: dated.filter(({ fault }) => fault !== undefined),
    isServing: created.length > 0,
  });
  const wanted = new Set(all.wanted.map(({ uuid }) => uuid));
  const lacking = lackingTop(good, held).filter(({ uuid }) => wanted.has(uuid));
  await reportLacking(world, work, watchName, { root: opened.root, lacking, isOver: good.some(held.has) });
  await reportLeftAlias(world, work, watchName, isChanged);
  if (mayArrive || isCut) return { result: created };
  await clear.remember(planned.knownMs);
  await markLast(world, work, watchName, mark);
  await dropAgain(world, work, watchName, again);
  return { result: created };
}

/** A mark that was recorded before the watch was changed and changed back becomes the last one again. */
async function markLast(world: World, { live: { watchRoots } }: OpenWork, watchName: string, mark: string): Promise<void> {
  const known = watchRoots.get(watchName) ?? [];
  const same = known.filter((one) => one.mark === mark);
  if (same.length > 0 && known.at(-1)?.mark === mark) return;
  if (same.length > 0) await world.state.delete(same.map(({ key }) => key));
  watchRoots.set(
    watchName,
    known.filter((one) => !same.includes(one)),
  );
  await recordMark(world, watchRoots, { name: watchName, prefix: stateKey.watchRoots(watchName), mark });
}

/** So many blobs are not damaged because a copy of them is under way, and every look would read all of them again. */
const DAMAGED_AWAITED_MAX = 100;

function areTooDamaged(lost: readonly DatedSnapshot[]): boolean {
  return lost.filter(({ damage }) => damage !== undefined).length > DAMAGED_AWAITED_MAX;
}

function isOlder(root: BlobInfo | undefined, now: Date, ageMs: number): boolean {
  return root?.lastModified !== undefined && now.getTime() - root.lastModified.getTime() > ageMs;
}

function openTimes(work: OpenWork, watchName: string): string[] {
  return [...arrivalsOf(work, watchName), ...restoresOf(work, watchName)].map(
    ({ intent }) => (intent.input as ArrivalInput).snapshot.startTime,
  );
}

/** Failed snapshots that are looked past: each costs reads in every check, and a root may list thousands that are broken. */
const DOUBTFUL_MAX = 20;
/** Snapshots without a time of which each check asks for one arrival each: when their blobs arrive, the next check asks for the others. */
const UNDATED_MAX = 100;
/** Of a watch that brings in each, one after the other: those after them are asked for by a later look. */
const EACH_OPEN_MAX = 100;

/**
 * `each` brings in all, oldest first; otherwise the newest, or the next one if that failed. One that may be newer, but whose time is
 * unknown, or that failed before and is tried again, does not delay the others. `isCut`: more are wanted than may be open at a time.
 */
async function requestArrivals(
  world: World,
  work: OpenWork,
  watchName: string,
  { planned, generation, asked }: { planned: PlannedArrivals; generation: number; asked: Asked },
): Promise<{ created: Created[]; isCut: boolean }> {
  const { which } = configured(world.config, "watches", watchName).restore;
  const request = (snapshot: Wanted) => requestArrival(world, work, watchName, { snapshot, generation, asked });
  const created: Created[] = [];
  for (const snapshot of planned.undated.slice(0, which === "each" ? UNDATED_MAX : 1)) created.push((await request(snapshot)).created);
  if (which === "each") return { created, isCut: await requestEach(planned.wanted, request, created) };
  for (const snapshot of planned.wanted) {
    const { created: one, isDoubtful } = await request(snapshot);
    created.push(one);
    if (!isDoubtful || created.length >= DOUBTFUL_MAX) break;
  }
  return { created, isCut: false };
}

/** True if more are wanted than may be open at a time. */
async function requestEach(
  wanted: readonly Wanted[],
  request: (snapshot: Wanted) => Promise<Requested>,
  created: Created[],
): Promise<boolean> {
  let open = 0;
  for (const snapshot of [...wanted].reverse()) {
    if (open === EACH_OPEN_MAX) return true;
    const { created: one } = await request(snapshot);
    created.push(one);
    if (one.outcome !== "done") open += 1;
  }
  return false;
}

/** Includes lower roots that are newer than the highest, so that a repository restarted at 0 is noticed below an old root. */
function watchMark(roots: ReadonlyMap<number, BlobInfo>, highest: number, info: BlobInfo): string {
  const later = laterLower([...roots].map(([generation, { lastModified }]) => ({ generation, lastModified })));
  const marks = later.flatMap(({ generation }) => rootMark(generation, roots.get(generation) as BlobInfo));
  return [rootMark(highest, info), ...(later.length === 0 ? [] : [shortHash(8, ...marks)])].join("-");
}

interface Requested {
  created: Created;
  /** It was not brought in: the one before it is wanted meanwhile. A refused restore says nothing about its snapshot. */
  isDoubtful: boolean;
}

async function requestArrival(
  world: World,
  work: OpenWork,
  watchName: string,
  { snapshot, generation, asked }: { snapshot: Wanted; generation: number; asked: Asked },
): Promise<Requested> {
  const { id, before } = await arrivalRun(world, watchName, snapshot.uuid);
  const hasFailed = before?.kind === "arrival" && before.state === "failed";
  const isOpen = work.jobs.some((job) => job.id === id);
  if (before && !isOpen && !isAgainDue(before, printOf(configured(world.config, "watches", watchName)), world.clock.now()))
    return { created: { outcome: "done", done: before.done }, isDoubtful: hasFailed };
  const created = await askArrival(world, { id, watchName, snapshot, generation, asked });
  if (created.outcome === "created") work.jobs.push(created.job);
  if (created.outcome === "done") await repeatLostRestore(world, work, watchName, snapshot, created.done);
  return { created, isDoubtful: hasFailed || (created.outcome === "done" && created.done.state !== "done") };
}

/** A finished arrival has requested a restore. If that restore is neither open nor finished, its log was lost; it is requested again. */
async function repeatLostRestore(world: World, work: OpenWork, watchName: string, snapshot: RootSnapshot, done: DoneRecord): Promise<void> {
  const { restore } = done.result as { restore?: string };
  if (done.state !== "done" || restore === undefined) return;
  const order = { ...restoreOrder(arrivalOf(world, watchName, snapshot), done.id), run: runOf(restore) };
  if (restoreIdOf(order) !== restore || (await world.log.done(restore)) || (await world.log.read(restore))) return;
  const created = await askRestore(world, order);
  if (created.outcome === "created") work.jobs.push(created.job);
}
