import type { Created } from "../../jobs/log.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import type { Asked, DoneRecord } from "../../jobs/record.ts";
import { configured, type World } from "../../jobs/world.ts";
import type { BlobInfo, BlobStore } from "../../model/blobStore.ts";
import { shortHash } from "../../model/hash.ts";
import type { RootSnapshot } from "../../model/repository.ts";
import { guardedLook, type Survived } from "../../notices/guardedLook.ts";
import { laterLower } from "../../proof/ambiguity.ts";
import { listRootKeys, openRepository } from "../../reader/readRepository.ts";
import { hiddenRoot, latestOf } from "../../reader/rootBlob.ts";
import { datedSnapshots, isStorable, newestGoodFirst, rootMark } from "../../reader/rootSnapshots.ts";
import { stateKey } from "../../state/keys.ts";
import { hasMark, recordMark } from "../../state/marks.ts";
import { askRestore, restoreIdOf } from "../restore/ask.ts";
import { isAheadDue, rememberAhead } from "./ahead.ts";
import { clearRoot } from "./ambiguity.ts";
import { arrivalOf, askArrival } from "./ask.ts";
import { arrivalsOf, restoresOf } from "./openJobs.ts";
import { type PlannedArrivals, planArrivals, type Wanted } from "./plan.ts";
import { restoreOrder } from "./restoreOrder.ts";
import { reportHidden, reportPassedOver, reportRoots } from "./show.ts";
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
  const mark = info && watchMark(roots, highest, info);
  const isThere = info !== undefined;
  // Roots were read before, perhaps at another place; the pointer says that there was one here.
  const isLost = !isThere && work.live.watchRoots.has(watchName) && (await latestOf(store)) !== undefined;
  await reportRoots(world, work, watchName, { url: store.url, isThere, isLost });
  const isSeen = mark !== undefined && hasMark(work.live.watchRoots, watchName, mark) && !isAheadDue(work, watchName, world.clock.now());
  if (!mark || isSeen) return [];

  const guard = { look: `watches.${watchName}`, mark, reads: `${store.url}/${info.key}` };
  return (await guardedLook(world, work, guard, () => lookAtRoot(world, work, watchName, { store, roots, mark, asked }))) ?? [];
}

async function lookAtRoot(
  world: World,
  work: OpenWork,
  watchName: string,
  { store, roots, mark, asked }: { store: BlobStore; roots: ReadonlyMap<number, BlobInfo>; mark: string; asked: Asked },
): Promise<Survived<Created[]>> {
  const watch = configured(world.config, "watches", watchName);
  const opened = await openRepository(store);
  const clear = await clearRoot(world, work, watchName, { store, roots, opened });
  if (!clear) return { result: [], isRepeated: true };
  const dated = await datedSnapshots(store, opened);
  const now = world.clock.now();
  const position = work.live.positions.get(watchName)?.at(-1);
  const planned = planArrivals({
    good: newestGoodFirst(dated, now),
    before: clear.before,
    knownMs: clear.knownMs,
    position,
    open: openTimes(work, watchName),
    ahead: work.live.ahead.get(watchName),
    now,
  });
  const created = await requestArrivals(world, work, watchName, { planned, generation: opened.root?.generation ?? 0, asked });
  const lost = dated.filter(({ startTime, state }) => startTime === undefined && (state === undefined || state === "SUCCESS"));
  // While a snapshot's own blob is missing its time is unknown, and the next check may choose another one.
  const mayArrive = lost.some((one) => isStorable(one) && !clear.before?.has(one.uuid)) && !isOlder(opened.rootInfo, now, watch.patienceMs);
  await rememberAhead(world, work, watchName, { planned, served: position?.uuid ?? "" });
  await reportPassedOver(world, work, watchName, { planned, position, lost: mayArrive ? [] : lost, isServing: created.length > 0 });
  if (mayArrive) return { result: created };
  await clear.remember(planned.knownMs);
  await recordMark(world, work.live.watchRoots, { name: watchName, prefix: stateKey.watchRoots(watchName), mark });
  return { result: created };
}

function isOlder(root: BlobInfo | undefined, now: Date, ageMs: number): boolean {
  return root?.lastModified !== undefined && now.getTime() - root.lastModified.getTime() > ageMs;
}

function openTimes(work: OpenWork, watchName: string): string[] {
  return [...arrivalsOf(work, watchName), ...restoresOf(work, watchName)].map(
    ({ intent }) => (intent.input as ArrivalInput).snapshot.startTime,
  );
}

/**
 * `each` brings in all, oldest first; otherwise the newest, or the next one if that failed. One that may be newer, but whose time is
 * unknown, does not delay the others.
 */
async function requestArrivals(
  world: World,
  work: OpenWork,
  watchName: string,
  { planned, generation, asked }: { planned: PlannedArrivals; generation: number; asked: Asked },
): Promise<Created[]> {
  const { which } = configured(world.config, "watches", watchName).restore;
  const request = (snapshot: Wanted) => requestArrival(world, work, watchName, { snapshot, generation, asked });
  const created: Created[] = [];
  for (const snapshot of planned.undated.slice(0, which === "each" ? undefined : 1)) created.push(await request(snapshot));
  for (const snapshot of which === "each" ? [...planned.wanted].reverse() : planned.wanted) {
    const one = await request(snapshot);
    created.push(one);
    if (which !== "each" && (one.outcome !== "done" || one.done.state === "done")) break;
  }
  return created;
}

/** Includes lower roots that are newer than the highest, so that a repository restarted at 0 is noticed below an old root. */
function watchMark(roots: ReadonlyMap<number, BlobInfo>, highest: number, info: BlobInfo): string {
  const later = laterLower([...roots].map(([generation, { lastModified }]) => ({ generation, lastModified })));
  const marks = later.flatMap(({ generation }) => rootMark(generation, roots.get(generation) as BlobInfo));
  return [rootMark(highest, info), ...(later.length === 0 ? [] : [shortHash(8, ...marks)])].join("-");
}

async function requestArrival(
  world: World,
  work: OpenWork,
  watchName: string,
  { snapshot, generation, asked }: { snapshot: Wanted; generation: number; asked: Asked },
): Promise<Created> {
  const created = await askArrival(world, watchName, snapshot, generation, asked);
  if (created.outcome === "created") work.jobs.push(created.job);
  if (created.outcome === "done") await repeatLostRestore(world, work, watchName, snapshot, created.done);
  return created;
}

/** A finished arrival has requested a restore. If that restore is neither open nor finished, its log was lost; it is requested again. */
async function repeatLostRestore(world: World, work: OpenWork, watchName: string, snapshot: RootSnapshot, done: DoneRecord): Promise<void> {
  const { restore } = done.result as { restore?: string };
  if (done.state !== "done" || restore === undefined) return;
  const order = restoreOrder(arrivalOf(world, watchName, snapshot), done.id);
  if (restoreIdOf(order) !== restore || (await world.log.done(restore)) || (await world.log.read(restore))) return;
  const created = await askRestore(world, order);
  if (created.outcome === "created") work.jobs.push(created.job);
}
