import { describe, expect, it } from "vitest";
import { isFinal } from "../../shared/jobs/record.ts";
import { JOB_KINDS, kindOf } from "../../shared/model/jobId.ts";
import { snapshotMark } from "../../shared/model/snapshotName.ts";
import { proveSnapshot } from "../../shared/reader/prove/proveSnapshot.ts";
import { SNAP1, STEP1 } from "../world/moved.ts";
import type { TestWorld } from "../world/world.ts";
import { AWS, COPIED, everyKindOpen, finishEverything } from "./everyKind.ts";
import { expectGolden, expectGoldenFolder, readGoldenFolder } from "./golden.ts";

/** Every object of the state by its key; all of them are text. */
async function stateOf(world: TestWorld): Promise<Map<string, string>> {
  const objects = new Map<string, string>();
  for (const key of await world.stateKeys()) objects.set(key, Buffer.from((await world.state.get(key)) ?? []).toString("utf8"));
  return objects;
}

/** The world of the script, with the recorded bytes instead of those that this code wrote. */
async function inherited(folder = "state/open"): ReturnType<typeof everyKindOpen> {
  const played = await everyKindOpen();
  const { state } = played.world;
  await state.delete(await played.world.stateKeys());
  for (const [key, text] of readGoldenFolder(folder)) await state.put(key, Buffer.from(text));
  return played;
}

function clusterWrites({ source, target }: TestWorld): string[] {
  const linesOf = (name: string, writes: TestWorld["source"]["writes"]) =>
    writes.map(({ method, args }) => `${name} ${method} ${JSON.stringify(args)}`);
  return [...linesOf("source", source.writes), ...linesOf("target", target.writes)];
}

const bytesOf = async (world: TestWorld, place: typeof AWS, key: string) => Buffer.from((await world.blobs(place).get(key)) ?? []);

describe("a state with an open job of every kind", () => {
  it("is written byte for byte as it was recorded, each job in the middle of its work", async () => {
    const { world, ids } = await everyKindOpen();
    const { log } = await world.open();
    const states: Record<string, string> = {};
    for (const kind of JOB_KINDS) states[kind] = (await log.read(ids[kind]))?.head.state ?? "none";
    expect(states).toEqual({
      backup: "running",
      prune: "planned",
      copy: "copying",
      arrival: "proving",
      restore: "restoring",
      retire: "kept",
      rollback: "asked",
      verification: "proving",
      migration: "asked",
    });
    expect(Object.values(states).filter(isFinal)).toEqual([]);
    expectGoldenFolder("state/open", await stateOf(world));
  });

  it("is finished by the code that inherits it: every job is done, and all objects left are as they were recorded", async () => {
    const { world, ids } = await inherited();
    await finishEverything(world);
    const { log } = await world.open();
    for (const kind of JOB_KINDS) expect(await log.done(ids[kind]), kind).toMatchObject({ id: ids[kind], kind, state: "done" });
    expect(await world.stateKeys("live/jobs/")).toEqual([]);
    expectGoldenFolder("state/finished", await stateOf(world));
  });

  it("is finished although an earlier version wrote it", async () => {
    const { world } = await inherited("state/before");
    // An earlier version gave a snapshot taken by hand the mark of the timers' ones.
    world.source.finishSnapshots();
    const { uuid } = await world.source.info();
    const [now, then] = [snapshotMark(uuid, "nightly", "by-hand"), snapshotMark(uuid, "nightly")];
    for (const snapshot of world.places.at({ location: "/srv/backups" })) snapshot.name = snapshot.name.replace(now, then);
    // An id may contain the hash of a plan, which differs between versions.
    const open = [...new Set((await world.stateKeys("live/jobs/")).map((key) => key.split("/")[2] ?? ""))];
    // Rollbacks and migrations were not there yet.
    expect(new Set(open.map(kindOf))).toEqual(new Set(JOB_KINDS.filter((kind) => kind !== "rollback" && kind !== "migration")));
    await finishEverything(world);
    const { log } = await world.open();
    for (const id of open) expect(await log.done(id), id).toMatchObject({ id, state: "done" });
    expect(await world.stateKeys("live/jobs/")).toEqual([]);
    expect(await proveSnapshot(world.blobs(COPIED), { uuid: SNAP1.uuid, level: "contents" })).toMatchObject({ verdict: "whole" });
  });

  it("is finished with each effect exactly once", async () => {
    const { world, copied } = await inherited();
    await finishEverything(world);
    const writes = clusterWrites(world);
    expect(writes.length).toBe(new Set(writes).size);
    expect(copied.length).toBe(new Set(copied).size);
    const expected = [...STEP1.blobs.keys()].filter((key) => copied.includes(key));
    expect(copied.length).toBe(expected.length);
    expect(await proveSnapshot(world.blobs(COPIED), { uuid: SNAP1.uuid, level: "contents" })).toMatchObject({ verdict: "whole" });
    for (const key of expected) expect((await bytesOf(world, COPIED, key)).equals(await bytesOf(world, AWS, key)), key).toBe(true);
    expectGolden("state", "effects.txt", `${[...writes, ...copied.map((key) => `copied ${key}`)].join("\n")}\n`);
  });
});
