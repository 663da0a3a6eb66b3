import { describe, expect, it } from "vitest";
import type { Notice, Notifier } from "../../shared/model/notice.ts";
import { reason } from "../../shared/model/reason.ts";
import { type Fact, raiseNotice, resolveNotice } from "../../shared/notices/notices.ts";
import { stateKey } from "../../shared/state/keys.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { showStatus } from "../../shared/verbs/status/show.ts";
import { MINUTE_MS, type TestWorld, testConfig, testWorld } from "../world/world.ts";

const KEY = "clock:source";
const FACT: Fact = { key: KEY, code: "copy.failed", severity: "bad", reason: reason("copy.failed", { key: "__1", because: "denied" }) };
const OVER = reason("copy.done", { copy: "move" });
const DAMAGED = ["{", "", "{}", "7", "null", "[]", '{"since":"2026-01-01T00:00:00Z"}'];

const quiet = () =>
  testWorld({
    config: testConfig((given) => {
      given.backups = {};
      given.watches = {};
    }),
  });

function channel(name: string) {
  const got: Notice[] = [];
  const notifier: Notifier = { name, send: async (notice) => void got.push(notice) };
  return { notifier, got };
}

async function openWith(world: TestWorld, channels: { notifier: Notifier }[]) {
  return { ...(await world.open()), notifiers: channels.map(({ notifier }) => notifier) };
}

async function damagedFact(text: string, fact = FACT, generation = 1) {
  const world = await quiet();
  const hook = channel("hook");
  await raiseNotice(await openWith(world, [hook]), fact);
  if (generation === 0) await world.state.delete([stateKey.notice(KEY, 1)]);
  await world.state.put(stateKey.notice(KEY, generation), Buffer.from(text));
  world.advance(MINUTE_MS);
  return { world, hook, open: () => openWith(world, [hook]) };
}

describe("an open notice whose record is damaged", () => {
  it.each(DAMAGED)("%j is told again when its fact is seen again, once, and is whole then", async (text) => {
    const { world, hook, open } = await damagedFact(text, { ...FACT, upTo: "20261121t013000z" });
    const again = { ...FACT, upTo: "20261122t013000z" };
    expect([await raiseNotice(await open(), again), await raiseNotice(await open(), again)]).toEqual([true, false]);
    expect(hook.got.map(({ status }) => status)).toEqual(["firing", "firing"]);
    const { late } = await showStatus(await world.open(), { rows: [], unread: [] });
    expect(late).toMatchObject([{ key: KEY, code: "copy.failed" }]);
  });

  it.each(DAMAGED.flatMap((text) => [1, 0].map((generation) => [text, generation] as const)))(
    "%j (generation %i) is told to be over, once, and is removed",
    async (text, generation) => {
      const { world, hook, open } = await damagedFact(text, FACT, generation);
      for (let time = 0; time < 2; time += 1) await resolveNotice(await open(), KEY, FACT.code, OVER, "20261121t013000z");
      expect(hook.got.map(({ status }) => status)).toEqual(["firing", "resolved"]);
      expect((await world.stateKeys()).filter((key) => key.startsWith("live/notices/"))).toEqual([]);
      await raiseNotice(await open(), FACT);
      expect(hook.got.map(({ status }) => status)).toEqual(["firing", "resolved", "firing"]);
    },
  );

  it.each(DAMAGED)("%j is shown as such", async (text) => {
    const { world } = await damagedFact(text);
    const { late } = await showStatus(await world.open(), { rows: [], unread: [] });
    expect(late).toMatchObject([{ key: KEY, code: "notice.unreadable" }]);
  });
});

describe("a damaged record of a change", () => {
  it.each(["{", "null", "7"])("= %j stops no report, and the change is told again", async (text) => {
    const { hook, open, world } = await damagedFact("{");
    await world.state.put(stateKey.noticeAgain(KEY, "000001", 1), Buffer.from(text));
    expect(await raiseNotice(await open(), FACT)).toBe(true);
    await resolveNotice(await open(), KEY, FACT.code, OVER);
    expect(hook.got.map(({ status }) => status)).toEqual(["firing", "firing", "resolved"]);
  });
});

describe("a damaged stored notice", () => {
  it.each(["{", "{}", "null", "7", '{"notice":{}}'])("= %j stops neither the tick nor the next one about the same fact", async (text) => {
    const world = await quiet();
    const hook = channel("hook");
    const down: Notifier = { name: "hook", send: async () => Promise.reject(new Error("down")) };
    await raiseNotice({ ...(await world.open()), notifiers: [down] }, FACT);
    const [stored = ""] = (await world.stateKeys()).filter((key) => key.startsWith("live/unsent/"));
    const earlier = stored.replace(/^live\/unsent\/\d{4}/, "live/unsent/2020");
    await world.state.put(earlier, Buffer.from(text));
    world.advance(2 * MINUTE_MS);
    await advanceJobs(await openWith(world, [hook]));
    expect(hook.got.map(({ status }) => status)).toEqual(["firing"]);
    expect(world.lines.some(({ fields }) => JSON.stringify(fields ?? null).includes(earlier))).toBe(true);
    world.advance(25 * 60 * MINUTE_MS);
    await advanceJobs(await openWith(world, [hook]));
    expect((await world.stateKeys()).filter((key) => key.startsWith("live/unsent/"))).toEqual([]);
  });
});

describe("a channel that is added", () => {
  it("is told an open fact although a report of it that nobody decided is stored", async () => {
    const world = await quiet();
    const [hook, added] = [channel("hook"), channel("added")];
    await advanceJobs(await openWith(world, [hook]));
    await raiseNotice(await openWith(world, [hook]), FACT);
    const { state } = world;
    const entries: string[] = [];
    // What an instance left that died before its decision.
    const put = state.put.bind(state);
    state.put = async (key, bytes, options) => {
      if (key.startsWith("live/unsent/")) entries.push(key);
      else if (key.startsWith("done/notice/")) throw new Error("died");
      return put(key, bytes, options);
    };
    const changed = { ...FACT, reason: reason("copy.failed", { key: "__1", because: "no such bucket" }) };
    await expect(raiseNotice(await openWith(world, [hook]), changed)).rejects.toThrow("died");
    state.put = put;
    expect(entries).toHaveLength(1);
    for (let minute = 0; minute < 3; minute += 1) {
      world.advance(MINUTE_MS);
      await advanceJobs(await openWith(world, [hook, added]));
    }
    expect(added.got.map(({ key, status }) => [key, status])).toEqual([[KEY, "firing"]]);
    expect(hook.got).toHaveLength(1);
  });
});
