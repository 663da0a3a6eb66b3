import { beforeEach, describe, expect, it } from "vitest";
import type { DoneRecord } from "../../../shared/jobs/record.ts";
import type { BlobStore } from "../../../shared/model/blobStore.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { askCopy } from "../../../shared/verbs/copy/ask.ts";
import { previewCopy } from "../../../shared/verbs/copy/preview.ts";
import { cancelJob } from "../../../shared/verbs/jobs/ask.ts";
import { type Random, seededRandom } from "../../sim/random.ts";
import { freshCopyWorld, SOURCE, world } from "../../world/copying.ts";
import { OPS, tick } from "../../world/nightly.ts";
import { HOUR_MS, MINUTE_MS, MOVED, type TestWorld } from "../../world/world.ts";
import { type ModelRepository, type ModelSnapshot, modelRepository } from "./modelRepository.ts";
import { dying, untagged } from "./wrappedStores.ts";

/** `OSSNAP_SEEDS=1000`, or `OSSNAP_SEED=copy-17` for one. */
const SEEDS = process.env.OSSNAP_SEED
  ? [process.env.OSSNAP_SEED]
  : Array.from({ length: Number(process.env.OSSNAP_SEEDS ?? 24) }, (_, at) => `copy-${at}`);
const STEPS = 14;
const NOTES = "notes.txt";

freshCopyWorld({ blobs: new Map() });

interface Story {
  /** A directory has no ETags. */
  isTagged: boolean;
  random: Random;
  model: ModelRepository;
  /** Somebody damaged the destination since the last copy that repaired it. */
  isHarmed: boolean;
  /** What happens in the next invocations: they die, or are cut, after so many requests. */
  fault: { kind: "none" | "dies" | "cut"; after: number };
  faults: string[];
  log: string[];
}
let story: Story;
let open: TestWorld["open"];

async function listedAt(store: BlobStore): Promise<string[]> {
  let highest = -1;
  for await (const { key } of store.list("index-")) if (/^index-\d+$/.test(key)) highest = Math.max(highest, Number(key.slice(6)));
  const bytes = highest < 0 ? undefined : await store.get(`index-${highest}`);
  if (bytes === undefined) return [];
  return (JSON.parse(Buffer.from(bytes).toString()) as { snapshots: { uuid: string }[] }).snapshots.map(({ uuid }) => uuid);
}

/** The first blob of a listed snapshot that is not there byte by byte. */
async function wrongAt(store: BlobStore): Promise<string | undefined> {
  for (const uuid of await listedAt(store))
    for (const [key, bytes] of story.model.ever.get(uuid)?.needs ?? [])
      if (!bytes.equals((await store.get(key)) ?? Buffer.from("gone"))) return `${uuid}: ${key}`;
  return undefined;
}

/** Looks after each write and deletion at the destination. */
function watched(store: BlobStore): BlobStore {
  const look = async (what: string): Promise<void> => {
    if (story.isHarmed) return;
    const wrong = await wrongAt(store);
    if (wrong) story.faults.push(`after ${what}: ${wrong}`);
  };
  return {
    ...store,
    async put(key, ...rest) {
      const answer = await store.put(key, ...rest);
      await look(`put ${key}`);
      return answer;
    },
    async putFrom(key, ...rest) {
      const answer = await store.putFrom(key, ...rest);
      await look(`put ${key}`);
      return answer;
    },
    async delete(keys) {
      await store.delete(keys);
      await look(`delete ${keys.join(" ")}`);
    },
  };
}

beforeEach(() => {
  ({ open } = world);
  world.open = async (options) => {
    const opened = await open(options);
    let left = story.fault.after;
    const isOver = () => story.fault.kind !== "none" && left <= 0;
    const use = () => {
      left -= 1;
      if (story.fault.kind === "dies" && isOver()) throw new AppError("transient", "the invocation died");
    };
    const blobs: typeof opened.blobs = (place, ...more) => {
      const given = opened.blobs(place, ...more);
      const store = story.isTagged || place.bucket !== MOVED.bucket ? given : untagged(given);
      return dying(place.bucket === MOVED.bucket ? watched(store) : store, use);
    };
    const remainingMs = () => (story.fault.kind === "cut" && isOver() ? 9_000 : world.remainingMs);
    return Object.create(opened, { blobs: { value: blobs }, remainingMs: { value: remainingMs } });
  };
});

async function publishSource(): Promise<void> {
  const store = world.blobs(SOURCE);
  const gone: string[] = [];
  for await (const { key } of store.list("")) if (!story.model.blobs.has(key)) gone.push(key);
  if (gone.length > 0) await store.delete(gone);
  for (const [key, bytes] of story.model.blobs) {
    const known = await store.get(key);
    if (known === undefined || !bytes.equals(known)) await store.put(key, bytes);
  }
}

async function copy({ isFaulty, check = false }: { isFaulty: boolean; check?: boolean }): Promise<DoneRecord | undefined> {
  const { random } = story;
  const created = await askCopy(await open(), "move", OPS, { check });
  const id = created.outcome === "done" ? created.done.id : created.job.id;
  for (let round = 0; round < 90; round += 1) {
    if (isFaulty && round < 40) story.fault = { kind: random.pick(["none", "dies", "cut"] as const), after: random.between(5, 120) };
    else story.fault = { kind: "none", after: 0 };
    await tick(world);
    await world.runTasks();
    if (isFaulty && random.chance(0.03)) await cancelJob(await open(), id, OPS).catch(() => undefined);
    if (isFaulty && random.chance(0.06)) await changeSource();
    world.advance((isFaulty ? 3 : 1) * MINUTE_MS);
    const done = await (await open()).log.done(id);
    if (!done) continue;
    story.log.push(`copy ${done.state} ${done.reason.code}`);
    return done;
  }
  story.fault = { kind: "none", after: 0 };
  throw new Error(`a copy did not end in 90 rounds: ${JSON.stringify((await (await open()).log.read(id))?.head).slice(0, 2000)}`);
}

/** Often the newest snapshot is replaced, so that its names are used again. */
async function changeSource(): Promise<void> {
  const { random, model } = story;
  const isRemoving = model.snapshots.length > 1 && random.chance(0.6);
  if (isRemoving) {
    const gone = random.chance(0.7) ? (model.snapshots.at(-1) as ModelSnapshot) : random.pick(model.snapshots);
    model.remove(gone);
    story.log.push(`source removes ${gone.name}`);
  }
  if (!isRemoving || random.chance(0.7)) story.log.push(`source takes ${model.take(world.now().getTime()).name}`);
  await publishSource();
}

/** Returns the key of a blob whose size does not show it. */
async function harm(): Promise<string | undefined> {
  const { random } = story;
  const store = world.blobs(MOVED);
  const keys: string[] = [];
  for await (const { key } of store.list("")) if (!/^index/.test(key) && key !== NOTES) keys.push(key);
  if (keys.length === 0) return undefined;
  const key = random.pick(keys);
  const bytes = Buffer.from((await store.get(key)) ?? []);
  const how = random.pick(["remove", "cut", "flip"] as const);
  story.isHarmed = true;
  story.log.push(`${how} ${key}`);
  if (how === "remove") await store.delete([key]);
  else if (how === "cut") await store.put(key, bytes.subarray(0, -1));
  else await store.put(key, Buffer.from(bytes.map((byte, at) => (at === bytes.length >> 1 ? byte ^ 1 : byte))));
  return how === "flip" ? key : undefined;
}

function configure(): void {
  const { random } = story;
  const { move } = world.config.copies;
  if (!move) return;
  const { keep: _keep, unneeded: _unneeded, ...rest } = move;
  world.config.copies.move = {
    ...rest,
    snapshots: random.pick(["all", "all", "latest"] as const),
    ...(random.chance(0.4) && { keep: { last: random.between(1, 3), timeZone: "UTC" } }),
    ...(random.chance(0.8) && { unneeded: { deleteAtMostPercent: random.pick([5, 50, 100]) } }),
  };
}

async function step(): Promise<void> {
  const { random } = story;
  const what = random.pick(["source", "source", "copy", "copy", "copy", "harm", "rule", "wait", "orphan"] as const);
  if (what === "source") await changeSource();
  if (what === "rule") configure();
  if (what === "wait") world.advance(random.between(1, 40) * HOUR_MS);
  if (what === "orphan") await world.blobs(MOVED).put(`indices/gone/0/__${random.between(0, 9)}`, Buffer.from("orphan"));
  if (what === "copy") await copy({ isFaulty: random.chance(0.7) });
  if (what !== "harm" || random.chance(0.6)) return;
  const flipped = await harm();
  const done = await copy({ isFaulty: false, check: true });
  expect(done?.state).toBe("done");
  expect(await wrongAt(world.blobs(MOVED))).toBeUndefined();
  // What no listed snapshot needs was not read: only ETags would show it later, of names that are used again.
  const isNeeded = (await listedAt(world.blobs(MOVED))).some((uuid) => flipped && story.model.ever.get(uuid)?.needs.has(flipped));
  const isTold = story.isTagged && /\/__[0-9a-z]{1,8}(\.part\d+)?$/.test(flipped ?? "");
  if (flipped && !isNeeded && !isTold) await world.blobs(MOVED).delete([flipped]);
  story.isHarmed = false;
}

async function expectEnd(): Promise<void> {
  const store = world.blobs(MOVED);
  world.config.copies.move = { from: "aws", to: MOVED, snapshots: "all", unneeded: { deleteAtMostPercent: 100 } };
  for (let times = 0; times < 3; times += 1) {
    expect((await copy({ isFaulty: false }))?.state).toBe("done");
    expect((await listedAt(store)).sort()).toEqual(story.model.snapshots.map(({ uuid }) => uuid).sort());
    expect(await wrongAt(store)).toBeUndefined();
    world.advance(25 * HOUR_MS);
  }
  const before = [...(await world.stateKeys())];
  const preview = await previewCopy(await world.open(), "move");
  expect([preview.missing.blobs, preview.unneeded.blobs]).toEqual([0, 0]);
  expect(await world.stateKeys()).toEqual(before);
  const needed = new Set(story.model.snapshots.flatMap(({ needs }) => [...needs.keys()]));
  const there: string[] = [];
  for await (const { key } of store.list("")) if (!/^index[-.]/.test(key)) there.push(key);
  expect(there.filter((key) => !needed.has(key))).toEqual([NOTES]);
}

describe.each([
  ["names of 5.x and 6.x", true, false, true],
  ["names of 5.x and 6.x, in parts", true, true, true],
  ["names of 5.x and 6.x, in parts, to a directory", true, true, false],
  ["names of 7.x, in parts", false, true, true],
])("copies of any repository with %s", (_title, isCounting, isSplit, isTagged) => {
  it.each(SEEDS)(
    "list only what is whole, whatever dies, is cut, cancelled, changed or damaged, and end equal to the source (%s)",
    async (seed) => {
      const random = seededRandom(`${seed}-${isCounting}-${isSplit}`);
      story = {
        random,
        isTagged,
        model: modelRepository(random, { isCounting, isSplit }),
        isHarmed: false,
        fault: { kind: "none", after: 0 },
        faults: [],
        log: [],
      };
      story.model.take(world.now().getTime());
      await publishSource();
      try {
        expect((await copy({ isFaulty: false }))?.state).toBe("done");
        await world.blobs(MOVED).put(NOTES, Buffer.from("somebody else's"));
        configure();
        for (let at = 0; at < STEPS; at += 1) await step();
        await expectEnd();
        expect(story.faults).toEqual([]);
      } catch (error) {
        console.error(`seed ${seed}:\n${story.log.join("\n")}\n${story.faults.slice(0, 3).join("\n")}`);
        throw error;
      }
    },
  );
});
