import { beforeEach, describe, expect, it } from "vitest";
import { stateKey } from "../../../shared/state/keys.ts";
import { listPins, pinSnapshot, unpinSnapshot } from "../../../shared/verbs/pins/apply.ts";
import { dryPrune } from "../../../shared/verbs/prune/ask.ts";
import { nights, oldestOf } from "../../golden/stages.ts";
import { DAY_MS, type TestWorld } from "../../world/world.ts";

let world: TestWorld;
let oldest: string;

beforeEach(async () => {
  world = await nights(4);
  oldest = await oldestOf(world);
});

const kept = async () => {
  const { keep } = await dryPrune(await world.open(), "nightly");
  return keep.find(({ name }) => name === oldest)?.reasons.find(({ code }) => code.startsWith("keep.pinned"));
};
const pin = async ({ until, ...change }: { until?: Date; snapshot?: string; because?: string } = {}) => {
  const expiry = until && { until: { at: until } };
  return pinSnapshot(await world.open(), { repository: "backups", snapshot: oldest, because: "audit", ...expiry, ...change }, "ops");
};

describe("a pinned snapshot", () => {
  it("is kept with who pinned it and why, until it is unpinned", async () => {
    expect(await kept()).toBeUndefined();
    await pin();
    expect(await kept()).toEqual({ code: "keep.pinned", params: { by: "ops", because: "audit" } });
    expect(await unpinSnapshot(await world.open(), "backups", oldest)).toMatchObject({ name: oldest, because: "audit" });
    expect(await kept()).toBeUndefined();
  });

  it("is kept until the pin expires", async () => {
    const until = new Date(world.now().getTime() + DAY_MS);
    await pin({ until });
    expect(await kept()).toEqual({ code: "keep.pinnedUntil", params: { by: "ops", because: "audit", until: until.toISOString() } });
    world.advance(DAY_MS);
    expect(await kept()).toBeUndefined();
    expect(await listPins(await world.open())).toMatchObject([{ name: oldest, expired: true }]);
  });

  it("may be named by its uuid, and a second pin replaces the first", async () => {
    const uuid = (await world.source.listSnapshots("backups")).find(({ name }) => name === oldest)?.uuid ?? "";
    await pin({ snapshot: uuid });
    await pin({ because: "another audit" });
    expect(await listPins(await world.open())).toMatchObject([{ repository: "backups", name: oldest, uuid, because: "another audit" }]);
  });

  it("is kept by a pin of an earlier version, which says nothing", async () => {
    const uuid = (await world.source.listSnapshots("backups")).find(({ name }) => name === oldest)?.uuid ?? "";
    await world.state.put(stateKey.pin("backups", uuid), Buffer.from("{}"));
    expect(await kept()).toMatchObject({ code: "keep.pinned" });
  });
});

describe("a pin that cannot be", () => {
  it.each<[string, () => Promise<unknown>, { code: string; message: RegExp }]>([
    [
      "of an unknown snapshot",
      () => pin({ snapshot: "nosuch" }),
      { code: "absent", message: /snapshot nosuch: repository backups does not list it/ },
    ],
    ["that is over", () => pin({ until: world.now() }), { code: "invalid", message: /is in the past, so the pin would protect nothing/ }],
    ...[99_999_999, 3_000_000].map((days): [string, () => Promise<unknown>, { code: string; message: RegExp }] => [
      `for ${days} days`,
      async () => {
        const until = { inMs: days * DAY_MS };
        return pinSnapshot(await world.open(), { repository: "backups", snapshot: oldest, because: "x", until }, "ops");
      },
      { code: "invalid", message: /^until: is after the year 9999; write an earlier time, or leave it out/ },
    ]),
    [
      "in an unknown repository",
      async () => pinSnapshot(await world.open(), { repository: "bakcups", snapshot: oldest, because: "x" }, "ops"),
      { code: "invalid", message: /bakcups/ },
    ],
    [
      "removed twice",
      async () => unpinSnapshot(await world.open(), "backups", oldest),
      { code: "absent", message: /is not pinned in backups; nothing is pinned there/ },
    ],
  ])("is refused, and nothing is written: %s", async (_, act, { code, message }) => {
    const before = await world.stateKeys();
    await expect(act()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(await world.stateKeys()).toEqual(before);
  });
});
