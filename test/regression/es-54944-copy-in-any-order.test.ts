import { describe, expect } from "vitest";
import { isCounterNamed } from "../../shared/format/keys.ts";
import type { DoneRecord } from "../../shared/jobs/record.ts";
import { countingStore } from "../../shared/reader/countingStore.ts";
import { proveSnapshot } from "../../shared/reader/prove/proveSnapshot.ts";
import { readObject } from "../../shared/state/objects.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { onCopiedBlob } from "../../shared/tick/onCopiedBlob.ts";
import { type FixtureRepository, fixtureRepository } from "../format/fixtureRepositories.ts";
import { fc, test } from "../format/propertyTest.ts";
import { MINUTE_MS, MOVED, type TestWorld, testConfig, testWorld } from "../world/world.ts";

/**
 * elastic/elasticsearch#54944: a copy that is made blob by blob while snapshots are taken may be an inconsistent view of the repository.
 * ossnap proves every snapshot of a copy blob by blob and restores none before its last blob has arrived, whatever the order.
 */

const RUNS = 15;

/** One write of a copying tool: a key that may first be truncated, or first hold another generation's bytes under a reused name. */
interface Step {
  key: string;
  first: "whole" | "cut" | "other bytes";
  pauseMinutes: number;
  look: "none" | "tick" | "event";
  /** The number of reads that fit the invocation. */
  reads: number;
}

const HOW = fc.constantFrom<Step["first"]>("whole", "whole", "whole", "cut", "other bytes");

function orders({ blobs }: FixtureRepository): fc.Arbitrary<Step[]> {
  const keys = [...blobs.keys()];
  const step = (key: string) =>
    fc.record({
      key: fc.constant(key),
      // A root is written in one piece, because half a root could not be read at all.
      first: key.startsWith("index-") ? fc.constant<Step["first"]>("whole") : HOW,
      pauseMinutes: fc.constantFrom(0, 0, 1, 16),
      look: fc.constantFrom<Step["look"]>("none", "none", "tick", "event"),
      reads: fc.constantFrom(10, 40, 10_000),
    });
  return fc.shuffledSubarray(keys, { minLength: keys.length }).chain((shuffled) => fc.tuple(...shuffled.map(step)));
}

function spoilt(key: string, bytes: Uint8Array, how: Step["first"]): Uint8Array {
  if (how === "cut") return bytes.subarray(0, bytes.length - 1);
  const other = Uint8Array.from(bytes);
  if (how === "other bytes" && isCounterNamed(key)) other[other.length - 1] = (other.at(-1) ?? 0) ^ 0xff;
  return other;
}

async function deployment(): Promise<TestWorld> {
  return testWorld({
    config: testConfig((config) => {
      config.backups = {};
      const { moved } = config.watches;
      if (moved) {
        moved.restore = { ...moved.restore, indices: ["*"], which: "by-hand" };
        moved.patienceMs = 1000 * 24 * 60 * MINUTE_MS;
      }
    }),
  });
}

/** Returns the snapshots whose arrivals are done, after proving each of them whole independently of earlier looks. */
async function checkDone(world: TestWorld): Promise<string[]> {
  const keys = await world.stateKeys("done/arrival/");
  const records = (await Promise.all(keys.map((key) => readObject<DoneRecord>(world.state, key)))).flatMap((record) => record ?? []);
  expect(records.filter(({ state }) => state === "failed")).toEqual([]);
  const whole = records.filter(({ state }) => state === "done");
  const uuids = whole.map(({ result }) => (result as { snapshot: { uuid: string } }).snapshot.uuid);
  for (const uuid of uuids) {
    const proof = await proveSnapshot(world.blobs(MOVED), { uuid, level: "footers", footersFor: "counter-named" });
    expect([uuid, proof.verdict, proof.missing, proof.damaged]).toEqual([uuid, "whole", [], []]);
  }
  return uuids;
}

async function look(world: TestWorld, root: string, { look: how, reads }: Pick<Step, "look" | "reads">): Promise<string[]> {
  if (how === "none") return [];
  const opened = await world.open();
  const { store, requests } = countingStore(world.blobs(MOVED));
  const short = { ...opened, blobs: () => store, remainingMs: () => (requests.get > reads ? 12_000 : 240_000) };
  if (how === "tick") await advanceJobs(short);
  else await onCopiedBlob(short, { bucket: "moved", key: `movies/${root}` });
  // Interrupted looks are continued in tasks eventually.
  if (reads !== 10) await world.runTasks();
  return checkDone(world);
}

describe.each(["es-5.5.2-migration/step1", "es-7.10.2/repo"])("blobs that arrive in any order (%s)", (name) => {
  const fixture = fixtureRepository(name);
  const root =
    [...fixture.blobs.keys()]
      .filter((key) => /^index-\d+$/.test(key))
      .sort()
      .at(-1) ?? "";

  test(
    "invariant 4: never make a snapshot whole early and always do in the end, however the looks are split into invocations",
    [orders(fixture)],
    async (steps) => {
      const world = await deployment();
      const later: Step[] = [];
      for (const step of steps) {
        const bytes = fixture.blobs.get(step.key) as Uint8Array;
        await world.fill(MOVED, new Map([[step.key, spoilt(step.key, bytes, step.first)]]));
        if (step.first !== "whole") later.push(step);
        world.advance(step.pauseMinutes * MINUTE_MS);
        await look(world, root, step);
      }
      for (const step of later) {
        await world.fill(MOVED, new Map([[step.key, fixture.blobs.get(step.key) as Uint8Array]]));
        await look(world, root, step);
      }
      let whole: string[] = [];
      for (let last = 0; last < 8; last += 1) {
        world.advance(16 * MINUTE_MS);
        whole = await look(world, root, { look: "tick", reads: 10_000 });
      }
      expect(whole).not.toEqual([]);
      expect(await world.stateKeys("live/jobs/")).toEqual([]);
    },
    RUNS,
  );
});
