import { JOB_MARKER_KEY } from "../../../shared/model/restoredName.ts";
import { ALIAS, MINUTE_MS, MOVED, MOVED_LOCATION } from "../names.ts";
import type { Play } from "../scenario.ts";

/** A restore without progress for this long is given up and reported. */
const STUCK_MINUTES = 9;

/** What people and machines do to the cluster that restores, and to the copied repository. */
export function peopleAtTarget(play: Play, { fromMs, untilMs }: { fromMs: number; untilMs: number }): void {
  const { kernel, random } = play;
  const sometime = () => fromMs + random.between(15 * MINUTE_MS, untilMs - fromMs);
  for (const label of ["a person restores", "a person restores again"])
    if (random.chance(0.4)) kernel.at(sometime(), label, () => restoreOwn(play));
  if (random.chance(0.3)) kernel.at(sometime(), "a person closes the index that serves", () => closeServing(play));
  if (random.chance(0.3)) kernel.at(sometime(), "a person moves the alias back", () => moveBack(play));
  if (random.chance(0.15)) kernel.at(sometime(), "a person deletes an index that is restored", () => deleteRestoring(play));
  for (const label of ["a node leaves", "a node leaves again"]) if (random.chance(0.5)) kernel.at(sometime(), label, () => loseNode(play));
}

/** A restore of somebody else: up to 7.6 no work of ours may start beside it. */
async function restoreOwn({ stage, kernel, random }: Play): Promise<void> {
  const there = stage.places.at(MOVED_LOCATION);
  const snapshot = there.length > 0 ? random.pick(there) : undefined;
  const index = snapshot?.indices[0];
  if (!snapshot || index === undefined) return;
  const wanted = { repository: "moved-movies", snapshot: snapshot.name, index, as: `persons-${kernel.nowMs()}` };
  await stage.target.restore({ ...wanted, indexSettings: {}, ignoreIndexSettings: ["index.routing.*"] }).catch(() => undefined);
}

async function holdersOf({ stage }: Play): Promise<string[]> {
  return (await stage.target.listIndices()).filter(({ aliases }) => aliases.includes(ALIAS)).map(({ name }) => name);
}

async function closeServing(play: Play): Promise<void> {
  for (const name of await holdersOf(play)) {
    play.stage.target.closeIndex(name);
    play.stage.people.touched.add(name);
  }
}

/** A way back that a person takes: the index that served before, while it is kept. */
async function moveBack(play: Play): Promise<void> {
  const { stage } = play;
  const [holder] = await holdersOf(play);
  const other = (await stage.target.listIndices()).find(
    ({ settings, aliases }) => settings[JOB_MARKER_KEY] !== undefined && aliases.length === 0,
  );
  if (holder === undefined || !other) return;
  await stage.target.moveAliases([{ alias: ALIAS, from: [holder], to: [other.name] }]).catch(() => undefined);
  for (const name of [holder, other.name]) stage.people.touched.add(name);
}

async function deleteRestoring({ stage }: Play): Promise<void> {
  const [running] = await stage.target.runningRestores();
  for (const name of running?.indices ?? []) {
    await stage.target.deleteIndex(name);
    stage.people.touched.add(name);
  }
}

/** With it go the indices that have no other copy. */
async function loseNode({ stage, kernel, random }: Play): Promise<void> {
  if ((await stage.target.info()).dataNodes < 2) return;
  const single = (await stage.target.listIndices()).filter(({ replicas, state }) => replicas === 0 && state === "open");
  stage.target.loseNode(single.filter(() => random.chance(0.7)).map(({ name }) => name));
  const minutes = random.between(1, 40);
  if (minutes >= STUCK_MINUTES) stage.people.nodeLost = true;
  kernel.at(kernel.nowMs() + minutes * MINUTE_MS, "the node returns", () => stage.target.returnNode());
}

/** Somebody deletes or damages a blob of the copied repository; the next copy by hand repairs it. */
export function breakDestination(play: Play, atMs: number): void {
  const { stage, kernel, random } = play;
  kernel.at(atMs, "a blob of the copied repository is broken", async () => {
    const store = stage.bare(MOVED);
    const keys = [...(stage.buckets.get(MOVED.bucket)?.keys() ?? [])].map((key) => key.slice(MOVED.basePath.length + 1));
    const data = keys.filter((key) => key.includes("/__"));
    const key = data.length > 0 ? random.pick(data) : undefined;
    if (key === undefined) return;
    stage.people.brokenKeys.set(key, kernel.nowMs());
    const bytes = (await store.get(key)) ?? new Uint8Array();
    // Of the same size: the blob that has this name at another time.
    const other = play.steps.flatMap(({ blobs }) => blobs.get(key) ?? []).find((old) => Buffer.compare(old, bytes) !== 0);
    const how = random.pick(["deleted", "cut", "replaced"] as const);
    if (how === "deleted" || (how === "replaced" && !other)) return store.delete([key]);
    return store.put(key, how === "replaced" && other ? other : bytes.subarray(0, bytes.byteLength >> 1));
  });
}

export function flipped(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes);
  const middle = copy.byteLength >> 1;
  copy[middle] = (copy[middle] ?? 0) ^ 0xff;
  return copy;
}
