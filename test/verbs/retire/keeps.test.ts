import { describe, expect, it } from "vitest";
import { AppError } from "../../../shared/model/errors.ts";
import { arrive, freshWorld, INDEX2, offer, SNAP2, STEP2, served, serveFirst, settle, tick, world } from "../../world/moved.ts";
import { DAY_MS, MINUTE_MS, MOVED } from "../../world/world.ts";

const names = async () => (await world.target.listIndices()).map(({ name }) => name);

/** Serves snap-1, then snap-2; the index of snap-1 is kept. */
async function serveBoth(): Promise<{ old: string; now: string }> {
  await serveFirst();
  const old = (await served())[0]?.name ?? "";
  offer("snap-2", SNAP2.uuid);
  await world.fill(MOVED, STEP2.blobs);
  await arrive(INDEX2);
  await settle();
  return { old, now: (await served())[0]?.name ?? "" };
}

async function ticks(count: number): Promise<void> {
  for (let minute = 0; minute < count; minute += 1) {
    await tick();
    world.advance(MINUTE_MS);
  }
}

async function retired(): Promise<unknown> {
  const [key = ""] = await world.stateKeys("done/retire/");
  const done = await (await world.open()).log.done(key.slice("done/retire/".length, -".json".length));
  return done && [done.state, done.reason.code];
}

/** As an earlier version wrote it. */
async function forgetOrigin(): Promise<void> {
  const [key = ""] = await world.stateKeys("live/jobs/retire-");
  const record = JSON.parse(Buffer.from((await world.state.get(key)) ?? []).toString("utf8"));
  const { alias: _alias, watch: _watch, ...input } = record.intent.input;
  record.intent.input = input;
  await world.state.put(key, Buffer.from(JSON.stringify(record)));
}

describe.each([false, true])("an index that served before (asked for by an earlier version: %s)", (isOld) => {
  freshWorld();

  const serve = async () => {
    const both = await serveBoth();
    if (isOld) await forgetOrigin();
    return both;
  };

  it("is deleted after its time, and the deletion counts as ours", async () => {
    const { old, now } = await serve();
    world.advance(DAY_MS);
    await ticks(3);
    expect([await names(), await retired()]).toEqual([[now], ["done", "retire.deleted"]]);
    expect(old).not.toBe(now);
  });

  it("is kept when a person deleted the one that replaced it, which is told once and resolved", async () => {
    const { old, now } = await serve();
    await world.target.deleteIndex(now);
    world.advance(DAY_MS);
    await ticks(30);
    expect(await names()).toEqual([old]);
    expect(world.notices.map(({ code, status }) => [code, status])).toEqual([["retire.unserved", "firing"]]);
    expect(world.notices[0]?.text).toContain("alias orders is on no other index");

    world.target.putIndex("orders-by-hand", { documents: 3, aliases: ["orders"] });
    await ticks(3);
    expect([await names(), await retired()]).toEqual([["orders-by-hand"], ["done", "retire.deleted"]]);
    expect(world.notices.map(({ code, status }) => [code, status]).slice(1)).toEqual([["retire.unserved", "resolved"]]);
  });

  it.each<[string, (now: string) => void]>([
    ["is closed", (now) => world.target.closeIndex(now)],
    ["has lost its primaries", (now) => world.target.loseNode([now])],
  ])("is kept while the one that replaced it %s", async (_, harm) => {
    const { old, now } = await serve();
    harm(now);
    world.advance(DAY_MS);
    await ticks(5);
    expect((await names()).sort()).toEqual([old, now].sort());
    expect(world.notices).toEqual([]);
  });

  it("is deleted before its time when it takes more than may be kept, and not when nobody can tell", async () => {
    const { old, now } = await serve();
    const { restore } = world.config.watches.moved ?? {};
    const bytes = (await world.target.indexBytes()).get(old) ?? 0;
    Object.assign(restore ?? {}, { keepOldBytes: bytes });
    await ticks(3);
    expect(await names()).toContain(old);
    Object.assign(restore ?? {}, { keepOldBytes: bytes - 1 });
    const { indexBytes } = world.target;
    world.target.indexBytes = async () => {
      throw new AppError("denied", "not for this user");
    };
    await ticks(3);
    expect(await names()).toContain(old);
    world.target.indexBytes = indexBytes;
    await ticks(3);
    expect([await names(), await retired()]).toEqual([[now], ["done", "retire.deleted"]]);
  });

  it("is kept as long as ossnap.yaml says now", async () => {
    const { old } = await serve();
    const { restore } = world.config.watches.moved ?? {};
    Object.assign(restore ?? {}, { keepOldMs: 30 * DAY_MS });
    world.advance(2 * DAY_MS);
    await ticks(3);
    expect(await names()).toContain(old);
    world.advance(28 * DAY_MS);
    await ticks(3);
    expect(await names()).not.toContain(old);
  });
});
