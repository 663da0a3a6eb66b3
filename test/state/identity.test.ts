import { describe, expect, it } from "vitest";
import { memoryBlobStore } from "../../shared/adapters/memory/blobStore.ts";
import { faulty } from "../../shared/adapters/wrap/faultyBlobStore.ts";
import type { BlobStore } from "../../shared/model/blobStore.ts";
import { AppError } from "../../shared/model/errors.ts";
import { countingStore } from "../../shared/reader/countingStore.ts";
import { initState, isMarked, markerOf, openState } from "../../shared/state/identity.ts";
import { say } from "../../shared/words/say.ts";
import { keysOf } from "../contract/blobStoreSubject.ts";

const NOW = new Date("2026-11-21T01:30:00Z");
const now = () => NOW;
const store = (offsetMs = 0) => memoryBlobStore({ now: () => new Date(NOW.getTime() + offsetMs) });
const put = (state: BlobStore, text: string) => state.put("state.json", Buffer.from(text));

describe("state identity", () => {
  it("invariant 9: lost state is not empty state; without the identity nothing opens, and the error names the fix", async () => {
    const state = store();
    await state.put("live/jobs/backup-a-b/000000.json", Buffer.from("{}"));
    await expect(openState(state, now)).rejects.toMatchObject({
      code: "absent",
      reason: { code: "state.absent" },
      message: expect.stringContaining("ossnap init"),
    });
  });

  it("is written once and found again", async () => {
    const state = store();
    expect(await initState(state, "one", now)).toMatchObject({ created: true, identity: { id: "one" } });
    expect(await initState(state, "two", now)).toMatchObject({ created: false, identity: { id: "one" } });
    expect((await openState(state, now)).identity).toMatchObject({ product: "ossnap", id: "one", schema: 1 });
  });

  it.each([
    ["not JSON", "<html>", "state.foreign"],
    ["another product's", '{"product":"other","schema":1}', "state.foreign"],
    ["another program's", '{"version":4,"lineage":"a"}', "state.foreign"],
    ["of a newer schema", '{"product":"ossnap","schema":2,"id":"a","createdAt":"b"}', "state.newer"],
  ])("is rejected when it is %s", async (_, text, code) => {
    const state = store();
    await put(state, text);
    await expect(openState(state, now)).rejects.toMatchObject({ code: "invalid", reason: { code } });
    await expect(initState(state, "one", now)).rejects.toMatchObject({ reason: { code } });
  });

  it("of another product is told to be emptied only where nothing else lies", async () => {
    const state = store();
    await put(state, '{"product":"other"}');
    await expect(openState(state, now)).rejects.toThrow(/own bucket and prefix, or empty it and run: `ossnap init`/);
    await state.put("jobs/1", Buffer.from("theirs"));
    await expect(openState(state, now)).rejects.toThrow(/point state: at ossnap's own bucket and prefix$/);
    // What other programs keep in such a folder does not make it ossnap's.
    await state.put("live/state/1-one", Buffer.from(""));
    await expect(openState(state, now)).rejects.toMatchObject({ reason: { code: "state.foreign" } });
  });

  const DAMAGED = ["", '{"product":"ossnap","sch', "7", "[]", "null", "{}", '"a"', '{"product":"ossnap","schema":1}', "\u0000\u0000"];

  it.each(DAMAGED)("is to be put back when it is damaged, never emptied, and its mark says whose it is: %j", async (text) => {
    const state = store();
    await initState(state, "one", now);
    await state.put("pins/nightly/a.json", Buffer.from("{}"));
    await put(state, text);
    const error = await openState(state, now).catch((caught: AppError) => caught);
    expect(error).toMatchObject({ code: "invalid", reason: { code: "state.objectDamaged", params: { object: "state.json" } } });
    expect((error as AppError).message).toContain("live/state/1-one");
    expect((error as AppError).message).not.toMatch(/empty it|ossnap init/);
    await expect(initState(state, "two", now)).rejects.toMatchObject({ reason: { code: "state.objectDamaged" } });
    // The advice, carried out.
    await put(state, /shows: (\{.*\});/.exec((error as AppError).message)?.[1] ?? "");
    expect((await openState(state, now)).identity).toMatchObject({ id: "one", marked: true });
  });

  it.each(["", "7", '{"product":"ossnap"}'])("is damaged too where its mark is lost and other objects are there: %j", async (text) => {
    const state = store();
    await put(state, text);
    await state.put("pins/nightly/a.json", Buffer.from("{}"));
    await expect(openState(state, now)).rejects.toThrow(/delete state\.json alone and run: `ossnap init`/);
    await state.delete(["state.json"]);
    expect(await initState(state, "two", now)).toMatchObject({ created: true });
    expect(await keysOf(state, "pins/")).toEqual(["pins/nightly/a.json"]);
  });
});

describe("identity marker in the listing", () => {
  const keys = (state: BlobStore) => keysOf(state, "");
  const opened = async (state: BlobStore) => (await openState(state, now)).identity;

  it("saves a warm instance every request except the one listing", async () => {
    const inner = store();
    await initState(inner, "one", now);
    const known = await opened(inner);
    const { store: counting, requests } = countingStore(inner);
    expect((await openState(counting, now, known)).identity).toBe(known);
    expect(requests).toEqual({ list: 1, get: 0, head: 0 });
  });

  it("invariant 9: a warm instance rejects a state that was emptied", async () => {
    const state = store();
    await initState(state, "one", now);
    const known = await opened(state);
    await state.delete(await keys(state));
    await expect(openState(state, now, known)).rejects.toMatchObject({ code: "absent", reason: { code: "state.absent" } });
  });

  it.each([
    ["a new instance", false],
    ["a warm instance", true],
  ])("invariant 9: is missed by %s when only live/ was lost: nothing opens or is written, and the error names the fix", async (_, warm) => {
    const state = store();
    await initState(state, "one", now);
    const known = warm ? await opened(state) : undefined;
    await state.delete(await keysOf(state, "live/"));
    await expect(openState(state, now, known)).rejects.toMatchObject({
      code: "absent",
      reason: { code: "state.liveLost" },
      message: expect.stringContaining("ossnap adopt"),
    });
    // Objects that another writer has created since do not make it complete.
    await state.put("live/jobs/backup-a-b/000000.json", Buffer.from("{}"));
    await expect(openState(state, now, known)).rejects.toMatchObject({ reason: { code: "state.liveLost" } });
    expect(await keys(state)).toEqual(["live/jobs/backup-a-b/000000.json", "state.json"]);
  });

  it("is not needed to adopt, which leaves the state unchanged", async () => {
    const state = store();
    await initState(state, "one", now);
    await state.delete(await keysOf(state, "live/"));
    const { identity, live } = await openState(state, now, undefined, { adopting: true });
    expect([identity.id, isMarked(identity, live), await keys(state)]).toEqual(["one", false, ["state.json"]]);
  });

  it("is checked again before it counts as lost, because the listing may predate the adoption that wrote it", async () => {
    const inner = store();
    await initState(inner, "one", now);
    const identity = await opened(inner);
    await inner.delete(await keysOf(inner, "live/"));
    const adoptedMeanwhile: typeof inner = {
      ...inner,
      async get(key) {
        await inner.put("live/paused", Buffer.from("{}"));
        await inner.put(markerOf(identity), Buffer.from("{}"));
        return inner.get(key);
      },
    };
    expect(await openState(adoptedMeanwhile, now)).toMatchObject({ identity: { id: "one" }, live: { paused: true } });
  });

  it.each(["live/state/1-one", "state.json"])("is restored by the next call when init or the first open crashed at %s", async (key) => {
    const state = faulty(store());
    await put(state, '{"product":"ossnap","schema":1,"id":"one","createdAt":"b"}');
    state.on("put", new AppError("transient", "memory: died"), { key });
    await expect(openState(state, now)).rejects.toMatchObject({ code: "transient" });
    expect(await opened(state)).toMatchObject({ id: "one", marked: true });
    expect(await keysOf(state, "")).toEqual(["live/state/1-one", "state.json"]);
    await state.delete(["live/state/1-one"]);
    await expect(openState(state, now)).rejects.toMatchObject({ reason: { code: "state.liveLost" } });
  });

  it("shows a warm instance that the state was initialised again, and only the new marker is kept", async () => {
    const state = store();
    await initState(state, "one", now);
    const known = await opened(state);
    await state.delete(["state.json"]);
    await initState(state, "two", now);
    expect((await openState(state, now, known)).identity.id).toBe("two");
    expect(await keys(state)).toEqual(["live/state/1-two", "state.json"]);
  });

  it("shows a warm instance that a newer version has taken over the state", async () => {
    const state = store();
    await initState(state, "one", now);
    const known = await opened(state);
    await put(state, '{"product":"ossnap","schema":2,"id":"one","createdAt":"b"}');
    await state.put("live/state/2-one", Buffer.from(""));
    await expect(openState(state, now, known)).rejects.toMatchObject({ reason: { code: "state.newer" } });
  });

  it.each([
    ["paused", true],
    ["not paused", false],
  ])("is written into a state of the first version, which stays %s", async (_, paused) => {
    const state = store();
    await put(state, '{"product":"ossnap","schema":1,"id":"one","createdAt":"b"}');
    if (paused) await state.put("paused", Buffer.from('{"by":"ops"}'));
    expect((await openState(state, now)).live.paused).toBe(paused);
    expect(await keys(state)).toContain("live/state/1-one");
    expect((await openState(state, now)).live.paused).toBe(paused);
    expect(Buffer.from((await state.get("live/paused")) ?? []).toString()).toBe(paused ? '{"by":"ops"}' : "");
  });

  it("is written last, so that a pause of the first version survives a crash in between", async () => {
    const state = faulty(store());
    await put(state, '{"product":"ossnap","schema":1,"id":"one","createdAt":"b"}');
    await state.put("paused", Buffer.from("{}"));
    state.on("put", new AppError("transient", "memory: died"), { key: "live/paused" });
    await expect(openState(state, now)).rejects.toMatchObject({ code: "transient" });
    expect((await openState(state, now)).live.paused).toBe(true);
    expect(state.unfired()).toEqual([]);
  });
});

describe("state clock", () => {
  it.each([301_000, -301_000, 3_600_000])("is rejected when this machine is %i ms off", async (offsetMs) => {
    const error = await initState(store(offsetMs), "one", now).catch((thrown: unknown) => thrown as { reason: Parameters<typeof say>[0] });
    expect(error).toMatchObject({ code: "conflict", reason: { code: "clock.skew" } });
    expect(say((error as { reason: Parameters<typeof say>[0] }).reason)).toContain(String(-offsetMs / 1000));
  });

  it.each([
    ["a minute ahead", 60_000, 60_000],
    ["299 s behind", -299_000, -299_000],
    // The Date header has a resolution of one second.
    ["off by less than a second", 900, 0],
  ])("follows the store when it is %s", async (_, offsetMs, carriedMs) => {
    const state = store(offsetMs);
    await initState(state, "one", now);
    const { clock } = await openState(state, now);
    expect(clock.now().getTime() - NOW.getTime()).toBe(carriedMs);
  });
});
