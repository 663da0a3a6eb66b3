import { snapshotKey } from "../../format/keys.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import { isSamePlacePrint } from "../../jobs/watchPrint.ts";
import type { World } from "../../jobs/world.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { RootCatalogue, RootSnapshot } from "../../model/repository.ts";
import { digitsTime } from "../../model/restoredName.ts";
import { raiseNotice, resolveNotice } from "../../notices/notices.ts";
import { heldIndices } from "../../reader/readIndices.ts";
import type { DatedSnapshot } from "../../reader/rootSnapshots.ts";
import type { WatchPosition } from "../../state/watchMarks.ts";
import { printOf } from "./ask.ts";
import type { PlannedArrivals } from "./plan.ts";
import type { ArrivalJob } from "./step.ts";

const NAMES_SHOWN = 3;
/** A longer uuid is not Elasticsearch's. */
const UUID_SHOWN = 60;

const names = (snapshots: readonly RootSnapshot[]) => snapshots.slice(0, NAMES_SHOWN).map(({ name }) => name);

/** The part of the result that the permanent record stores. */
export function arrivalResult({ intent, head }: ArrivalJob): unknown {
  return {
    print: printOf(intent.input.watch),
    snapshot: intent.input.snapshot,
    restore: head.data.restore,
    digest: head.data.digest,
    blobs: head.data.blobs,
    bytes: head.data.bytes,
    missing: head.data.missing,
  };
}

/** Reports a failed arrival, or that an earlier failure is resolved: by a snapshot that is not older. */
export async function reportArrival(world: World, job: ArrivalJob): Promise<void> {
  const key = `arrival-failed:${job.intent.input.watchName}`;
  const upTo = job.intent.input.snapshot.startTime;
  if (job.head.state === "failed")
    await raiseNotice(world, { key, code: "arrival.failed", severity: "bad", reason: job.head.reason, job: job.id, upTo });
  if (job.head.state === "done") await resolveNotice(world, key, "arrival.failed", job.head.reason, upTo);
}

export interface PassedOver {
  planned: PlannedArrivals;
  position: WatchPosition | undefined;
  /** Snapshots whose own blob is missing, or cannot be read, and is not expected any more. */
  lost: readonly DatedSnapshot[];
  /** Entries of the root that cannot be read. */
  faulty: readonly RootSnapshot[];
  /** Something newer is being brought in. */
  isServing: boolean;
}

/** Reports once, each with its way out, what a look passes over: a wrong clock, an older snapshot that is newly listed, a lost blob. */
export async function reportPassedOver(
  world: World,
  work: OpenWork,
  watch: string,
  { planned, position, lost, faulty, isServing }: PassedOver,
): Promise<void> {
  const served = position ? digitsTime(position.digits).toISOString() : "";
  const { register } = world.config.watches[watch] ?? {};
  const passed = planned.passedOver;
  const where = { watch, repository: register?.name ?? "", served };
  await reportWhile(world, work, {
    key: `watch-ahead:${watch}`,
    why: planned.isAhead ? reason("watch.ahead", { watch, served }) : undefined,
    about: [served],
    over: reason("watch.notAhead", { watch }),
  });
  const refused = [...planned.tooFar, ...planned.lied];
  const times = refused.slice(0, NAMES_SHOWN).map(({ startTime }) => startTime?.toISOString() ?? "");
  await reportWhile(world, work, {
    key: `watch-future:${watch}`,
    why: refused.length > 0 ? reason("watch.future", { ...where, count: refused.length, snapshots: names(refused), times }) : undefined,
    about: refused.map(({ uuid }) => uuid),
    over: reason("watch.notFuture", { watch }),
  });
  await reportWhile(world, work, {
    key: `watch-older:${watch}`,
    why: passed.length > 0 ? reason("watch.older", { ...where, count: passed.length, snapshots: names(passed) }) : undefined,
    about: passed.map(({ uuid }) => uuid),
    over: isServing ? reason("watch.goesOn", { watch }) : undefined,
  });
  await reportUnreadable(world, work, watch, { lost, faulty });
}

/** Snapshots of which the own blob, or the entry in the root, cannot be read. */
async function reportUnreadable(
  world: World,
  work: OpenWork,
  watch: string,
  { lost, faulty }: Pick<PassedOver, "lost" | "faulty">,
): Promise<void> {
  const keys = lost.slice(0, NAMES_SHOWN).map(({ uuid }) => snapshotKey(uuid.length > UUID_SHOWN ? `${uuid.slice(0, UUID_SHOWN)}…` : uuid));
  const fault = lost.find(({ damage }) => damage !== undefined)?.damage ?? null;
  await reportWhile(world, work, {
    key: `watch-lost:${watch}`,
    why: lost.length > 0 ? reason("watch.lost", { watch, count: lost.length, snapshots: names(lost), keys, fault }) : undefined,
    about: lost.map(({ uuid }) => uuid),
    over: reason("watch.found", { watch }),
  });
  const [first] = faulty;
  const params = { watch, count: faulty.length, snapshots: names(faulty), fault: first?.fault ?? null };
  await reportWhile(world, work, {
    key: `watch-faulty:${watch}`,
    why: first ? reason("watch.faulty", params) : undefined,
    about: faulty.map(({ uuid }) => uuid),
    over: reason("watch.notFaulty", { watch }),
  });
}

/** Reports once which snapshots a watch passes over because they lack an index that it wants, and its end. */
export async function reportLacking(
  world: World,
  work: OpenWork,
  watch: string,
  { root, lacking, isOver }: { root: RootCatalogue | undefined; lacking: readonly RootSnapshot[]; isOver: boolean },
): Promise<void> {
  const [newest] = lacking;
  const params = {
    watch,
    count: lacking.length,
    snapshots: lacking.slice(0, NAMES_SHOWN).map(({ name }) => name),
    indices: world.config.watches[watch]?.restore.indices ?? [],
    held: newest ? heldIndices(root, newest.uuid).slice(0, NAMES_SHOWN) : [],
  };
  await reportWhile(world, work, {
    key: `watch-lacking:${watch}`,
    why: newest ? reason("watch.lacking", params) : undefined,
    about: lacking.map(({ uuid }) => uuid),
    over: isOver ? reason("watch.lacksNothing", { watch }) : undefined,
  });
}

/** Reports once that no cluster can read the root, and its end. Returns whether that is so. */
export async function reportHidden(world: World, work: OpenWork, watch: string, why: Reason | undefined): Promise<boolean> {
  await reportWhile(world, work, { key: `watch-hidden:${watch}`, why, over: reason("watch.clear", { watch }) });
  return why !== undefined;
}

/** Reports that a place at which the watch has read roots, or whose `index.latest` names one, has none any more. */
export async function reportRoots(
  world: World,
  work: OpenWork,
  watch: string,
  { url, isThere, isPointedTo, print }: { url: string; isThere: boolean; isPointedTo: boolean; print: string },
): Promise<void> {
  // Roots of another place, from which the watch was moved here, are none of this one; marks of earlier versions have no fingerprint.
  const marks = work.live.watchRoots.get(watch)?.map(({ mark }) => mark.split("~")[1]) ?? [];
  const hadOne = isPointedTo || marks.some((seen) => seen !== undefined && isSamePlacePrint(seen, print));
  await reportWhile(world, work, {
    key: `watch-rootless:${watch}`,
    why: hadOne && !isThere ? reason("watch.rootless", { watch, url }) : undefined,
    over: isThere ? reason("watch.rooted", { watch }) : undefined,
  });
}

/** Raised while there is a reason, again when it is about other things; resolved when there is none and `over` says what changed. */
async function reportWhile(
  world: World,
  { live }: OpenWork,
  { key, why, over, about }: { key: string; why: Reason | undefined; over: Reason | undefined; about?: string[] },
): Promise<void> {
  const code = key.slice(0, key.indexOf(":")).replace("-", ".");
  if (why) await raiseNotice(world, { key, code, severity: "warning", reason: why, ...(about && { about }) });
  else if (over && live.notices.has(key)) await resolveNotice(world, key, code, over);
}
