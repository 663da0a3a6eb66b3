import { describe, expect, it } from "vitest";
import { AppError } from "../../shared/model/errors.ts";
import { reason } from "../../shared/model/reason.ts";
import { raiseNotice, resolveNotice } from "../../shared/notices/notices.ts";
import { stateKey } from "../../shared/state/keys.ts";
import { MINUTE_MS, testWorld } from "../world/world.ts";

const FACT = {
  key: "late:nightly",
  code: "backup.late",
  severity: "bad" as const,
  reason: reason("backup.missed", { policy: "nightly", slot: "s" }),
};
const OVER = reason("backup.success", { snapshot: "n", indices: 1, shards: 1, seconds: 1 });

describe("a notice", () => {
  it("is sent once when the fact begins and once when it is over, and may be sent again", async () => {
    const world = await testWorld();
    const said: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      for (let repeat = 0; repeat < 3; repeat += 1) await raiseNotice(await world.open(), FACT);
      world.advance(MINUTE_MS);
      for (let repeat = 0; repeat < 3; repeat += 1) await resolveNotice(await world.open(), FACT.key, FACT.code, OVER);
    }
    for (const { status, text } of world.notices) said.push(`${status}: ${text}`);
    const [begun, over] = [
      "firing: backup nightly missed slot s: no timer event arrived",
      "resolved: backups.nightly: n: SUCCESS, 1 index, 1 shard, 1 s",
    ];
    expect(said).toEqual([begun, over, begun, over]);
    expect(world.notices[1]).toMatchObject({ severity: "good", since: world.notices[0]?.since });
  });

  it("is not resolved twice when the invocation that resolved it died before it deleted the fact", async () => {
    const world = await testWorld();
    await raiseNotice(await world.open(), FACT);
    const opened = await world.open();
    const kept = { ...opened, state: { ...opened.state, delete: async () => undefined } };
    expect(await resolveNotice(kept, FACT.key, FACT.code, OVER)).toBe(true);
    expect(await resolveNotice(await world.open(), FACT.key, FACT.code, OVER)).toBe(false);
    expect(world.notices.map(({ status }) => status)).toEqual(["firing", "resolved"]);
  });

  it("is sent again when it stays open for another reason, and keeps the time at which it began", async () => {
    const world = await testWorld();
    const other = { ...FACT, reason: reason("copy.failed", { key: "__1", because: "denied" }) };
    await raiseNotice(await world.open(), FACT);
    world.advance(MINUTE_MS);
    for (let repeat = 0; repeat < 3; repeat += 1) await raiseNotice(await world.open(), other);
    await raiseNotice(await world.open(), { ...other, reason: reason("copy.failed", { key: "__2", because: "denied" }) });
    await raiseNotice(await world.open(), { ...other, reason: reason("copy.failed", { key: "__2", because: "no such bucket" }) });
    expect(world.notices.map(({ text }) => text)).toEqual([
      "backup nightly missed slot s: no timer event arrived",
      "backups.nightly: __1 could not be copied: denied",
      "backups.nightly: __2 could not be copied: no such bucket",
    ]);
    expect(world.notices.map(({ since }) => since)).toEqual(Array(3).fill(world.notices[0]?.since));
    const stored = JSON.parse(Buffer.from((await world.state.get(stateKey.notice(FACT.key, 1))) ?? []).toString());
    expect(stored).toMatchObject({ reason: { params: { key: "__2", because: "no such bucket" } } });
  });

  it("is sent again once when it is about other things, and its stored sentence is always current", async () => {
    const world = await testWorld();
    const lost = (names: string[]) => ({
      ...FACT,
      reason: reason("copy.ahead", { copy: "c", snapshots: names.slice(0, 1) }),
      about: names,
    });
    const stored = async () => {
      const bytes = (await world.state.get(stateKey.notice(FACT.key, 1))) ?? new Uint8Array();
      return JSON.parse(new TextDecoder().decode(bytes)).reason.params.snapshots;
    };
    const steps: [string[], boolean, string[]][] = [
      [["a"], true, ["a"]],
      [["a"], false, ["a"]],
      [["a", "b"], true, ["a"]],
      [["b", "a"], false, ["b"]],
      [["b"], true, ["b"]],
    ];
    for (const [names, isSent, shown] of steps) {
      expect([names, await raiseNotice(await world.open(), lost(names))]).toEqual([names, isSent]);
      expect(await stored()).toEqual(shown);
    }
    expect(world.notices.every((sent) => !("about" in sent))).toBe(true);
  });

  it("of an earlier version, which stored no contents, is sent again only if its sentence differs", async () => {
    const world = await testWorld();
    await raiseNotice(await world.open(), FACT);
    expect(await raiseNotice(await world.open(), { ...FACT, about: ["a"] })).toBe(false);
    expect(await raiseNotice(await world.open(), { ...FACT, about: ["a", "b"] })).toBe(true);
  });

  it("is not changed by what concerns an earlier slot, and reaches as far as the latest one", async () => {
    const world = await testWorld();
    await raiseNotice(await world.open(), { ...FACT, upTo: "2" });
    const earlier = { ...FACT, reason: reason("copy.failed", { key: "__1" }), upTo: "1" };
    expect(await raiseNotice(await world.open(), earlier)).toBe(false);
    expect(await raiseNotice(await world.open(), { ...FACT, upTo: "3" })).toBe(false);
    expect(await resolveNotice(await world.open(), FACT.key, FACT.code, OVER, "2")).toBe(false);
    expect(await resolveNotice(await world.open(), FACT.key, FACT.code, OVER, "3")).toBe(true);
    expect(world.notices.map(({ status }) => status)).toEqual(["firing", "resolved"]);
  });

  it("is not resolved if it was never sent", async () => {
    const world = await testWorld();
    expect(await resolveNotice(await world.open(), FACT.key, FACT.code, OVER)).toBe(false);
    expect(world.notices).toEqual([]);
  });

  it("is sent once when several invocations observe the fact concurrently", async () => {
    const world = await testWorld();
    await Promise.all([1, 2, 3].map(async () => raiseNotice(await world.open(), FACT)));
    expect(world.notices).toHaveLength(1);
  });

  it("reaches the other channels when one fails, and the failed one is logged", async () => {
    const world = await testWorld();
    const opened = await world.open();
    const deaf = { name: "deaf", send: async () => Promise.reject(new AppError("transient", "no answer")) };
    await raiseNotice({ ...opened, notifiers: [deaf, ...opened.notifiers] }, FACT);
    expect(world.notices).toHaveLength(1);
    expect(world.lines.find(({ level }) => level === "error")).toMatchObject({
      message: "notice not delivered",
      fields: { channel: "deaf" },
    });
  });
});

describe("a notice about a name of megabytes", () => {
  it("is stored and sent with the beginning of the name, and its length", async () => {
    const world = await testWorld();
    const long = reason("backup.missed", { policy: "nightly", slot: "s".repeat(5_000_000) });
    await raiseNotice(await world.open(), { ...FACT, reason: long });
    expect(world.notices[0]?.text).toContain("… (5000000 characters)");
    expect(JSON.stringify(world.notices).length).toBeLessThan(10_000);
    const stored = await (await world.open()).state.get(stateKey.notice(FACT.key, 1));
    expect(stored?.byteLength).toBeLessThan(5_000);
  });
});
