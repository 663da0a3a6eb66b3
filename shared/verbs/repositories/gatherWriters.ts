import * as z from "zod";
import type { World } from "../../jobs/world.ts";
import { AppError, messageOf } from "../../model/errors.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { RootCatalogue } from "../../model/repository.ts";
import { parseSnapshotName } from "../../model/snapshotName.ts";
import { raiseCondition, resolveCondition } from "../../notices/conditions.ts";
import { matchesPattern } from "../../plan/wildcard.ts";
import { type OpenedRepository, openRepository } from "../../reader/readRepository.ts";
import { placeId } from "../../repository/place.ts";
import { stateKey } from "../../state/keys.ts";
import { writeObject } from "../../state/objects.ts";
import { type Hint, readHint } from "../../state/records.ts";
import { storedTime } from "../../state/shapes.ts";
import { writersBeside, writersPerhapsBeside } from "./beside.ts";
import { goneByOthers, type ListedThen } from "./gatherGone.ts";
import { type LastWriter, refusalOf, type WritersQuestion, writerOf } from "./gatherOtherCluster.ts";

const LOOK_MS = 3_600_000;
/** After this long without another one, a snapshot that another writer took is history. */
const QUIET_MS = 7 * 24 * LOOK_MS;
const NAMES_SHOWN = 5;

/** What is stored of the last look at a repository. */
interface SeenWriters {
  at: string;
  /** Of the blobs that were read; absent in records of earlier versions. */
  place?: string;
  generation?: number;
  /** All snapshots of the root; absent in records of earlier versions. */
  listed?: ListedThen;
  /** Uuids of snapshots that no policy of ossnap.yaml takes or adopts. */
  others: string[];
  /** When one of them was new. */
  movedAt?: string;
  /** When a snapshot was gone that no job had deleted. */
  goneAt?: string;
  writer?: LastWriter;
}

const SEEN = z.looseObject({
  at: storedTime,
  place: z.string().optional(),
  generation: z.number().optional(),
  listed: z.looseObject({ at: storedTime, snapshots: z.array(z.tuple([z.string(), z.string()])) }).optional(),
  others: z.array(z.string()),
  movedAt: storedTime.optional(),
  goneAt: storedTime.optional(),
  writer: z.looseObject({ uuid: z.string(), at: storedTime }).optional(),
});

/** What the last look at a repository's other writers found. */
export async function gatherSeenWriters(world: World, repository: string): Promise<Hint<SeenWriters>> {
  return readHint<SeenWriters>(world, stateKey.writers(repository), SEEN);
}

/**
 * Reports other writers in a repository that ossnap backs up to: two requests to the cluster and two to the bucket. With `mayWait` a look of the last
 * hour is enough, which no first write may rely on.
 * @returns why nothing may be written now: the last writer since ossnap registered the repository is another cluster. Two clusters that write
 * one repository overwrite each other's roots, and each then deletes blobs that the other's snapshots need.
 */
export async function gatherWriters(
  world: World,
  question: WritersQuestion,
  { mayWait }: { mayWait: boolean },
): Promise<Reason | undefined> {
  const { repository } = question;
  const { value: before } = await gatherSeenWriters(world, repository);
  const now = world.clock.now();
  const isDue = !mayWait || before === undefined || now.getTime() - new Date(before.at).getTime() >= LOOK_MS;
  const seen = isDue ? await look(world, question, before, now) : before;
  const key = `writers-cluster:${repository}`;
  const why = await refusalOf(world, question, seen.writer);
  if (why === undefined) await over(world, key, reason("writers.oneCluster", { repository }));
  else await raiseCondition(world, { key, code: why.code, severity: "bad", reason: why, about: [String(why.params.writer)] });
  return why;
}

/** A look that fails stops no backup: what it would have found is unknown until the next one. */
async function look(world: World, question: WritersQuestion, before: SeenWriters | undefined, now: Date): Promise<SeenWriters> {
  const { repository } = question;
  const blobs = world.config.repositories[repository]?.blobs;
  const place = blobs === undefined ? {} : { place: placeId(blobs) };
  // What was seen in another place says nothing about this one.
  const known = before?.place === undefined || before.place === place.place ? before : undefined;
  const seen: SeenWriters = { others: [], ...known, ...place, at: now.toISOString() };
  await guarded(world, repository, () => lookAtCluster(world, question));
  await guarded(world, repository, () => lookAtRoot(world, question, { seen, before: known, now }));
  // What is seen without being reported is still to be reported.
  if (!world.isPreview) await writeObject(world.state, stateKey.writers(repository), seen);
  return seen;
}

async function guarded(world: World, repository: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    world.logger.warn("other writers could not be looked for", { repository, error: messageOf(error) });
  }
}

async function lookAtCluster(world: World, { repository, cluster }: WritersQuestion): Promise<void> {
  const register = world.config.repositories[repository]?.register;
  const registered = await world.cluster(cluster).listRepositories();
  const own = register ?? registered.find(({ name }) => name === repository);
  const beside = own === undefined ? [] : writersBeside(repository, own, registered);
  const names = (all: readonly string[]) => ({ repository, cluster, names: all.slice(0, NAMES_SHOWN), count: all.length });
  await report(world, `writers-registered:${repository}`, { about: beside, why: reason("writers.registered", names(beside)) });
  const perhaps = own === undefined ? [] : writersPerhapsBeside(repository, own, registered);
  const mayBe = reason("writers.mayBeRegistered", names(perhaps));
  await report(world, `writers-may-be-registered:${repository}`, { about: perhaps, why: mayBe });
  const all = await world.cluster(cluster).slmPolicies();
  const policies = all.filter((one) => one.repository === repository || beside.includes(one.repository)).map(({ name }) => name);
  await report(world, `writers-slm:${repository}`, { about: policies, why: reason("writers.slm", names(policies)) });
}

interface RootLook {
  seen: SeenWriters;
  before: SeenWriters | undefined;
  now: Date;
}

async function lookAtRoot(world: World, question: WritersQuestion, { seen, before, now }: RootLook): Promise<void> {
  const { repository } = question;
  const blobs = world.config.repositories[repository]?.blobs;
  if (blobs === undefined) return;
  const store = world.blobs(blobs);
  const opened = await openRepository(store);
  const { root } = opened;
  const isFirst = before?.generation === undefined && before?.listed === undefined;
  if (root === undefined) {
    if (isFirst && isEmpty(opened)) seen.listed = { at: now.toISOString(), snapshots: [] };
    return;
  }
  delete seen.writer;
  const writer = await writerOf(store, opened, question.uuid);
  if (writer) seen.writer = writer;
  await reportFresh(world, repository, { root, seen, isFirst, now });
  const gone = before?.listed === undefined ? [] : await goneByOthers(world, root, before.listed);
  await reportGone(world, repository, { gone, seen, generation: root.generation, now });
  seen.generation = root.generation;
  seen.listed = { at: now.toISOString(), snapshots: root.snapshots.map(({ uuid, name }) => [uuid, name]) };
}

/** No repository yet, so that all that is there later is new; roots that were lost or are hidden may come back with what they listed before. */
function isEmpty({ latest, hiding }: OpenedRepository): boolean {
  return latest === undefined && hiding.length === 0;
}

async function reportFresh(
  world: World,
  repository: string,
  { root, seen, isFirst, now }: { root: RootCatalogue; seen: SeenWriters; isFirst: boolean; now: Date },
): Promise<void> {
  const others = root.snapshots.filter(({ name }) => !isExpected(world, repository, name));
  const before = new Set(seen.others);
  const fresh = isFirst ? [] : others.filter(({ uuid }) => !before.has(uuid));
  seen.others = others.map(({ uuid }) => uuid);
  if (fresh.length > 0) seen.movedAt = now.toISOString();
  const names = fresh.slice(-NAMES_SHOWN).map(({ name }) => name);
  const why = reason("writers.snapshots", { repository, count: fresh.length, names });
  await reportWhileNew(world, `writers-snapshots:${repository}`, { about: fresh.map(({ uuid }) => uuid), why, last: seen.movedAt, now });
}

async function reportGone(
  world: World,
  repository: string,
  { gone, seen, generation, now }: { gone: ListedThen["snapshots"]; seen: SeenWriters; generation: number; now: Date },
): Promise<void> {
  if (gone.length > 0) seen.goneAt = now.toISOString();
  const own = gone.filter(([, name]) => isExpected(world, repository, name));
  const names = [...own, ...gone.filter((one) => !own.includes(one))].slice(0, NAMES_SHOWN).map(([, name]) => name);
  const generations = { before: seen.generation ?? generation, now: generation };
  const why = reason("writers.deletions", { repository, count: gone.length, own: own.length, names, ...generations });
  await reportWhileNew(world, `writers-deletions:${repository}`, { about: gone.map(([uuid]) => uuid), why, last: seen.goneAt, now });
}

/** Reports what is new, and that it is over when nothing was new for a while. */
async function reportWhileNew(
  world: World,
  key: string,
  { about, why, last, now }: { about: readonly string[]; why: Reason; last: string | undefined; now: Date },
): Promise<void> {
  const isQuiet = last === undefined || now.getTime() - new Date(last).getTime() > QUIET_MS;
  if (about.length > 0 || isQuiet) await report(world, key, { about, why });
}

/** Whether a policy of this repository took or may adopt a snapshot with this name; the root has no metadata, so a rule by metadata alone may. */
function isExpected({ config }: World, repository: string, name: string): boolean {
  const policy = parseSnapshotName(name)?.policy;
  return Object.entries(config.backups).some(([own, { repository: into, adopt }]) => {
    if (into !== repository) return false;
    if (own === policy) return true;
    return adopt !== undefined && (adopt.pattern === undefined || matchesPattern(adopt.pattern, name));
  });
}

async function report(world: World, key: string, { about, why }: { about: readonly string[]; why: Reason }): Promise<void> {
  if (about.length > 0) await raiseCondition(world, { key, code: why.code, severity: "warning", reason: why, about });
  else await over(world, key, reason("writers.none", { repository: why.params.repository ?? "" }));
}

async function over(world: World, key: string, why: Reason): Promise<void> {
  await resolveCondition(world, key, why.code, why);
}
