import { describe, expect, it } from "vitest";
import type { World } from "../../shared/jobs/world.ts";
import { AppError } from "../../shared/model/errors.ts";
import type { Notice, Notifier } from "../../shared/model/notice.ts";
import { reason } from "../../shared/model/reason.ts";
import { raiseNotice, resolveNotice } from "../../shared/notices/notices.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { fc, test } from "../format/propertyTest.ts";
import { MINUTE_MS, type TestWorld, testConfig, testWorld } from "../world/world.ts";

const OVER = reason("copy.done", { copy: "move" });

/** A channel that may be down, or not in ossnap.yaml, and what it accepted. */
interface Channel extends Notifier {
  down: boolean;
  there: boolean;
  got: Notice[];
}

function channelOf(name: string, there = true): Channel {
  const one: Channel = {
    name,
    there,
    down: false,
    got: [],
    async send(notice) {
      if (one.down) throw new AppError("transient", `${name}: no answer within 5 s`);
      one.got.push(notice);
    },
  };
  return one;
}

const quiet = () =>
  testWorld({
    config: testConfig((given) => {
      given.backups = {};
      given.watches = {};
    }),
  });

async function openWith(world: TestWorld, channels: readonly Channel[]): Promise<World> {
  return { ...(await world.open()), notifiers: channels.filter(({ there }) => there) };
}

async function ticks(world: TestWorld, channels: readonly Channel[], { minutes = 1, times = 1 } = {}): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    world.advance(minutes * MINUTE_MS);
    await advanceJobs(await openWith(world, channels));
  }
}

async function raise(world: TestWorld, channels: readonly Channel[], key = "clock:x"): Promise<void> {
  const fact = { key, code: "copy.failed", severity: "bad" as const, reason: reason("copy.failed", { key: "__1" }) };
  await raiseNotice(await openWith(world, channels), fact);
}

async function resolve(world: TestWorld, channels: readonly Channel[], key = "clock:x"): Promise<void> {
  await resolveNotice(await openWith(world, channels), key, "copy.done", OVER);
}

const statuses = ({ got }: Channel) => got.map(({ status }) => status);

describe("an open fact", () => {
  it("is told once to a channel that was added beside one that is down, though that stays down", async () => {
    const world = await quiet();
    const [dead, fresh] = [channelOf("dead"), channelOf("fresh", false)];
    dead.down = true;
    await raise(world, [dead, fresh]);
    await ticks(world, [dead, fresh], { times: 3 });
    fresh.there = true;
    await ticks(world, [dead, fresh], { minutes: 60, times: 20 });
    expect(statuses(fresh)).toEqual(["firing"]);
    dead.down = false;
    await ticks(world, [dead, fresh], { minutes: 60, times: 2 });
    expect([statuses(dead), statuses(fresh)]).toEqual([["firing"], ["firing"]]);
  });

  it("is told once to a channel that is added, removed and added again, and its end too", async () => {
    const world = await quiet();
    const [first, second] = [channelOf("first"), channelOf("second", false)];
    await ticks(world, [first, second]);
    await raise(world, [first, second]);
    for (let time = 0; time < 6; time += 1) {
      second.there = !second.there;
      await ticks(world, [first, second], { times: 3 });
    }
    second.there = true;
    await ticks(world, [first, second]);
    await resolve(world, [first, second]);
    expect([statuses(first), statuses(second)]).toEqual([
      ["firing", "resolved"],
      ["firing", "resolved"],
    ]);
    expect(await world.stateKeys("live/notices/")).toEqual([]);
  });

  it("is told to a channel that left before it could be told, and came back", async () => {
    const world = await quiet();
    const [fine, moody] = [channelOf("fine"), channelOf("moody")];
    await ticks(world, [fine, moody]);
    moody.down = true;
    await raise(world, [fine, moody]);
    moody.there = false;
    await ticks(world, [fine, moody], { minutes: 10, times: 3 });
    expect(await world.stateKeys("live/unsent/")).toEqual([]);
    Object.assign(moody, { there: true, down: false });
    await ticks(world, [fine, moody], { minutes: 10, times: 3 });
    expect([statuses(fine), statuses(moody)]).toEqual([["firing"], ["firing"]]);
  });

  it("is told to each of two channels that were added, though one of them is down", async () => {
    const world = await quiet();
    const [first, dead, fresh] = [channelOf("first"), channelOf("dead", false), channelOf("fresh", false)];
    await raise(world, [first]);
    await ticks(world, [first]);
    for (const one of [dead, fresh]) one.there = true;
    dead.down = true;
    await ticks(world, [first, dead, fresh], { minutes: 10, times: 3 });
    expect([first, dead, fresh].map(statuses)).toEqual([["firing"], [], ["firing"]]);
  });

  it("is not told again to a channel that comes back while another one, that was added meanwhile, is down", async () => {
    const world = await quiet();
    const [first, dead, back] = [channelOf("first"), channelOf("dead", false), channelOf("back")];
    dead.down = true;
    await ticks(world, [first, dead, back]);
    await raise(world, [first, dead, back]);
    back.there = false;
    dead.there = true;
    await ticks(world, [first, dead, back], { minutes: 10, times: 2 });
    back.there = true;
    await ticks(world, [first, dead, back], { minutes: 10, times: 3 });
    expect([first, dead, back].map(statuses)).toEqual([["firing"], [], ["firing"]]);
  });

  const step = fc.record({
    act: fc.constantFrom("raise", "resolve", "come or go", "fail or mend", "tick"),
    key: fc.constantFrom("clock:x", "clock:y"),
    channel: fc.constantFrom(1, 2),
    minutes: fc.integer({ min: 1, max: 9 }),
  });

  test(
    "is told once to each channel, and ended once, however channels fail, come and go",
    [fc.array(step, { minLength: 10, maxLength: 25 })],
    async (steps) => {
      const world = await quiet();
      const channels = [channelOf("a"), channelOf("b", false), channelOf("c", false)];
      const open = new Set<string>();
      await ticks(world, channels);
      for (const { act, key, channel, minutes } of steps) {
        const one = channels[channel] as Channel;
        if (act === "come or go") one.there = !one.there;
        if (act === "fail or mend") one.down = !one.down;
        if (act === "raise") {
          await raise(world, channels, key);
          open.add(key);
        }
        if (act === "resolve") {
          await resolve(world, channels, key);
          open.delete(key);
        }
        await ticks(world, channels, { minutes });
      }
      for (const one of channels) one.down = false;
      await ticks(world, channels, { minutes: 30, times: 6 });
      for (const { name, there, got } of channels) {
        const told = got.map(({ key, status, since }) => `${name}: ${key} ${status} since ${since.toISOString()}`);
        expect(told).toEqual([...new Set(told)]);
        const last = new Map(got.map(({ key, status }) => [key, status]));
        if (there) expect([...open].filter((key) => last.get(key) !== "firing")).toEqual([]);
      }
      expect(await world.stateKeys("live/unsent/")).toEqual([]);
      expect(await world.stateKeys("live/notices/")).toHaveLength(open.size);
    },
    25,
  );
});
