import { describe, expect, it } from "vitest";
import type { World } from "../../shared/jobs/world.ts";
import { AppError } from "../../shared/model/errors.ts";
import type { Notice, Notifier } from "../../shared/model/notice.ts";
import { reason } from "../../shared/model/reason.ts";
import { type Fact, raiseNotice, resolveNotice } from "../../shared/notices/notices.ts";
import { stateKey } from "../../shared/state/keys.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { showStatus } from "../../shared/verbs/status/show.ts";
import { MINUTE_MS, type TestWorld, testConfig, testWorld } from "../world/world.ts";

const FACT: Fact = {
  key: "clock:source",
  code: "copy.failed",
  severity: "bad",
  reason: reason("copy.failed", { key: "__1" }),
};
const OVER = reason("copy.done", { copy: "move" });

/** A channel that can be down, and what it accepted. */
function channel(name: string) {
  const got: { notice: Notice; sentAt: Date }[] = [];
  const one: Notifier & { down: boolean; tries: number; got: typeof got } = {
    name,
    down: false,
    tries: 0,
    got,
    async send(notice, sentAt) {
      one.tries += 1;
      if (one.down) throw new AppError("transient", `${name}: no answer within 5 s`);
      got.push({ notice, sentAt });
    },
  };
  return one;
}

async function openWith(world: TestWorld, notifiers: Notifier[]): Promise<World> {
  return { ...(await world.open()), notifiers };
}

const quiet = () =>
  testWorld({
    config: testConfig((given) => {
      given.backups = {};
      given.watches = {};
    }),
  });

async function tickAfter(world: TestWorld, minutes: number, notifiers: Notifier[]): Promise<void> {
  world.advance(minutes * MINUTE_MS);
  await advanceJobs(await openWith(world, notifiers));
}

const unsent = async (world: TestWorld) => (await world.stateKeys()).filter((key) => key.startsWith("live/unsent/"));

describe("a notice that a channel did not accept", () => {
  it("is sent again until it is accepted, with its own time, and then forgotten", async () => {
    const world = await quiet();
    const hook = channel("hook");
    hook.down = true;
    await raiseNotice(await openWith(world, [hook]), FACT);
    expect(await unsent(world)).toHaveLength(1);
    await tickAfter(world, 1, [hook]);
    expect(hook.tries).toBe(2);
    expect(await unsent(world)).toHaveLength(1);
    hook.down = false;
    const raisedAt = new Date(world.now().getTime() - MINUTE_MS);
    await tickAfter(world, 1, [hook]);
    expect(hook.got).toEqual([]);
    await tickAfter(world, 1, [hook]);
    expect(hook.got).toMatchObject([{ notice: { key: FACT.key, status: "firing", at: raisedAt }, sentAt: world.now() }]);
    await tickAfter(world, 60, [hook]);
    expect(hook.got).toHaveLength(1);
    expect(await unsent(world)).toEqual([]);
  });

  it("goes again only to the channel that did not accept it", async () => {
    const world = await quiet();
    const [fine, hook] = [channel("fine"), channel("hook")];
    hook.down = true;
    await raiseNotice(await openWith(world, [fine, hook]), FACT);
    hook.down = false;
    await tickAfter(world, 1, [fine, hook]);
    expect([fine.got.length, hook.got.length]).toEqual([1, 1]);
  });

  it("arrives before the report that it is over", async () => {
    const world = await quiet();
    const hook = channel("hook");
    hook.down = true;
    await raiseNotice(await openWith(world, [hook]), FACT);
    hook.down = false;
    world.advance(MINUTE_MS);
    await resolveNotice(await openWith(world, [hook]), FACT.key, FACT.code, OVER);
    expect(hook.got).toEqual([]);
    await tickAfter(world, 1, [hook]);
    expect(hook.got.map(({ notice }) => notice.status)).toEqual(["firing", "resolved"]);
  });

  it("is not lost with an invocation that died before it sent", async () => {
    const world = await quiet();
    const [hook, dying] = [channel("hook"), channel("hook")];
    dying.send = () => new Promise<never>(() => undefined);
    void raiseNotice(await openWith(world, [dying]), FACT);
    await expect.poll(() => unsent(world)).toHaveLength(1);
    await tickAfter(world, 1, [hook]);
    expect(hook.got).toHaveLength(1);
  });

  it("is left to the tick by an invocation that was held up since it stored it", async () => {
    const world = await quiet();
    const hook = channel("hook");
    const open = await openWith(world, [hook]);
    const put: World["state"]["put"] = async (key, ...rest) => {
      const made = await world.state.put(key, ...rest);
      if (key.startsWith("live/notices/")) world.advance(46_000);
      return made;
    };
    await raiseNotice({ ...open, state: { ...open.state, put } }, FACT);
    expect([hook.tries, await unsent(world)]).toMatchObject([0, { length: 1 }]);
    await tickAfter(world, 1, [hook]);
    expect([hook.tries, await unsent(world)]).toEqual([1, []]);
  });

  it("is tried while its fact is open, also days later under a corrected address, and status names it until then", async () => {
    const world = await quiet();
    const [wrong, right] = [channel("wrong"), channel("right")];
    wrong.down = true;
    await raiseNotice(await openWith(world, [wrong]), FACT);
    const other = { ...FACT, reason: reason("copy.failed", { key: "__1", because: "denied" }) };
    world.advance(MINUTE_MS);
    await raiseNotice(await openWith(world, [wrong]), other);
    for (let hour = 0; hour < 72; hour += 1) await tickAfter(world, 60, [wrong]);
    const shown = async () =>
      (await showStatus(await world.open(), { rows: [], unread: [] })).undelivered.map(({ key, channels }) => [key, ...channels]);
    expect(await shown()).toEqual([[FACT.key, "wrong"]]);
    await tickAfter(world, 60, [right]);
    expect(right.got.map(({ notice }) => notice.reason.params.because)).toEqual(["denied"]);
    expect(await shown()).toEqual([]);
  });

  it("is given up a day after its report once it is over, which is logged", async () => {
    const world = await quiet();
    const hook = channel("hook");
    hook.down = true;
    await raiseNotice(await openWith(world, [hook]), FACT);
    await resolveNotice(await openWith(world, [hook]), FACT.key, FACT.code, OVER);
    for (let hour = 0; hour < 27; hour += 1) await tickAfter(world, 60, [hook]);
    expect(await unsent(world)).toEqual([]);
    expect(hook.tries).toBeGreaterThan(20);
    expect(world.lines).toContainEqual(expect.objectContaining({ message: "notice given up" }));
  });

  it("is delivered although another stored one cannot be read, which is logged", async () => {
    const world = await quiet();
    const hook = channel("hook");
    hook.down = true;
    await raiseNotice(await openWith(world, [hook]), FACT);
    hook.down = false;
    await world.state.put("live/unsent/20200101000000000-0badc0de-firing/000000.json", Buffer.from("no JSON"));
    await tickAfter(world, 1, [hook]);
    expect(hook.got).toHaveLength(1);
    expect(world.lines).toContainEqual(expect.objectContaining({ message: "a record of the state is damaged and is not sent" }));
  });

  it("is dropped when its channel left ossnap.yaml", async () => {
    const world = await quiet();
    const hook = channel("hook");
    hook.down = true;
    await raiseNotice(await openWith(world, [hook]), FACT);
    await tickAfter(world, 1, []);
    expect(await unsent(world)).toEqual([]);
  });
});

describe("the channels of a stored notice", () => {
  it("are those of ossnap.yaml when it is sent: a corrected address gets what the wrong one did not, and no other gets it twice", async () => {
    const world = await quiet();
    const [fine, wrong, right] = [channel("fine"), channel("wrong"), channel("right")];
    wrong.down = true;
    await raiseNotice(await openWith(world, [fine, wrong]), FACT);
    await tickAfter(world, 1, [fine, right]);
    expect([fine.got.length, right.got.length]).toEqual([1, 1]);
    expect(await unsent(world)).toEqual([]);
  });

  it("are told what is still open when they are added, once, and what began after that as ever", async () => {
    const world = await quiet();
    const [first, second] = [channel("first"), channel("second")];
    const told = ({ got }: typeof first) => got.map(({ notice }) => notice.key);
    await raiseNotice(await openWith(world, []), FACT);
    await raiseNotice(await openWith(world, []), { ...FACT, key: "clock:over" });
    await resolveNotice(await openWith(world, []), "clock:over", FACT.code, OVER);
    for (let minute = 0; minute < 5; minute += 1) await tickAfter(world, 1, [first]);
    expect(told(first)).toEqual([FACT.key]);
    await raiseNotice(await openWith(world, [first]), { ...FACT, key: "clock:target" });
    for (let minute = 0; minute < 5; minute += 1) await tickAfter(world, 1, [first, second]);
    expect(told(first)).toEqual([FACT.key, "clock:target"]);
    expect(told(second).sort()).toEqual([FACT.key, "clock:target"]);
    expect(await unsent(world)).toEqual([]);
    const id = (one: typeof first) => one.got.find(({ notice }) => notice.key === "clock:target")?.notice;
    expect(id(second)).toMatchObject({ since: id(first)?.since, at: id(first)?.at });
  });

  it("that are down for thousands of notices cost a tick a bounded number of requests, and each is delivered when they are back", async () => {
    const world = await quiet();
    const hook = channel("hook");
    hook.down = true;
    const count = 1000;
    const opened = await openWith(world, [hook]);
    for (let number = 0; number < count; number += 1) await raiseNotice(opened, { ...FACT, key: `clock:c${number}` });
    await tickAfter(world, 10, [hook]);
    const tries = hook.tries;
    await tickAfter(world, 10, [hook]);
    expect(hook.tries - tries).toBe(1);
    hook.down = false;
    for (let ticks = 0; ticks < 10; ticks += 1) await tickAfter(world, 1, [hook]);
    expect(new Set(hook.got.map(({ notice }) => notice.key)).size).toBe(count);
    expect(await unsent(world)).toEqual([]);
  });

  it("do not disturb each other while one of them is down", async () => {
    const world = await quiet();
    const [fine, down] = [channel("fine"), channel("down")];
    down.down = true;
    await raiseNotice(await openWith(world, [fine, down]), FACT);
    for (let hour = 0; hour < 20; hour += 1) await tickAfter(world, 60, [fine, down]);
    expect(fine.got).toHaveLength(1);
  });

  it("get the others although the state object of one cannot be read", async () => {
    const world = await quiet();
    const hook = channel("hook");
    hook.down = true;
    await raiseNotice(await openWith(world, [hook]), FACT);
    await raiseNotice(await openWith(world, [hook]), { ...FACT, key: "clock:target" });
    hook.down = false;
    await world.state.put(stateKey.notice("clock:source", 1), Buffer.from("no JSON"));
    await tickAfter(world, 2, [hook]);
    expect(hook.got.map(({ notice }) => notice.key)).toEqual(["clock:target"]);
  });
});

describe("a change of an open fact", () => {
  it("is not delivered before its beginning, though the invocation that sees it listed the state before that was stored", async () => {
    const world = await quiet();
    const hook = channel("hook");
    const [first, second] = [await openWith(world, [hook]), await openWith(world, [hook])];
    hook.down = true;
    await raiseNotice(first, FACT);
    hook.down = false;
    world.advance(MINUTE_MS);
    await raiseNotice(second, { ...FACT, reason: reason("copy.ahead", { copy: "move" }) });
    expect(hook.got).toEqual([]);
    await tickAfter(world, 1, [hook]);
    await tickAfter(world, 5, [hook]);
    expect(hook.got.map(({ notice }) => notice.reason.code)).toEqual(["copy.failed", "copy.ahead"]);
    expect(await unsent(world)).toEqual([]);
  });
});
