import { describe, expect, it } from "vitest";
import { MARKS, partLedger } from "../../shared/reader/partLedger.ts";
import { stateKey } from "../../shared/state/keys.ts";
import { readLive } from "../../shared/state/liveView.ts";
import { servedNow } from "../../shared/state/servedNow.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { listJobsAndUnread } from "../../shared/verbs/jobs/show.ts";
import { listPins, unpinSnapshot } from "../../shared/verbs/pins/apply.ts";
import { dryPrune } from "../../shared/verbs/prune/ask.ts";
import { listSnapshots } from "../../shared/verbs/snapshots/show.ts";
import { showStatus } from "../../shared/verbs/status/show.ts";
import { say } from "../../shared/words/say.ts";
import { nights, oldestOf } from "../golden/stages.ts";
import { done, fire, tick, withMovies } from "../world/nightly.ts";
import { MOVED, type TestWorld } from "../world/world.ts";

const NO_TIME = "20261399999999999";
const BASE64 = Buffer.from("UTC 0 30 1 * * *").toString("base64url");

/** None of them is a key that ossnap writes. */
const STRANGE = [
  "live/notices/%zz/000001.json",
  "live/notices/%zz.json",
  "live/notices/late%3anightly/000001.json",
  "live/notices/late%3Anightly/1.json",
  `live/notices/${"x".repeat(241)}/000001.json`,
  "live/jobs/backup-a/readme.txt",
  "live/tasks/backup-nightly-20261120t013000z/now",
  "live/slots/nightly/yesterday.json",
  "live/slots/nightly/20261120t013000z.done.soon",
  `live/schedules/backups.nightly/${NO_TIME}~${BASE64}`,
  "live/schedules/backups.nightly/20261120000000000~!",
  `live/looking/backups.nightly/0-ff~${NO_TIME}~x`,
  "live/unsent/x/0.json",
  "live/watch/moved/position/soon",
  `live/watch/moved/position/${NO_TIME}-uuid`,
  `live/watch/moved/again/${NO_TIME}~x`,
  "live/watch/moved/ahead/x",
  `live/copies/c/writing/${NO_TIME}~copy-c~1~x`,
];

async function withStrange(world: TestWorld, ...keys: readonly string[]): Promise<TestWorld> {
  for (const key of keys) await world.state.put(key, Buffer.from("{}"));
  return world;
}

const logged = (world: TestWorld, key: string) => world.lines.some((line) => JSON.stringify(line).includes(key));

describe("a key of the state that ossnap never writes", () => {
  it.each(STRANGE)("stops neither a tick nor a verb, and is told: %s", async (key) => {
    const world = await withStrange(await withMovies(), key);
    expect((await readLive(world.state)).strangers).toEqual([key]);
    await fire(world);
    world.source.finishSnapshots();
    expect((await advanceJobs(await world.open())).failed).toEqual([]);
    expect(await done(world)).toMatchObject({ state: "done" });
    expect(logged(world, key)).toBe(true);
    const { damaged = [] } = await showStatus(await world.open(), await listJobsAndUnread(await world.open()));
    expect(damaged.map(say)).toEqual([expect.stringContaining(key)]);
    await dryPrune(await world.open(), "nightly");
  });

  it("is no record of a newer version, and no folder that a console made", async () => {
    const world = await withStrange(await withMovies(), "live/newer/x", "live/jobs/", "live/notices/", "live/watch/moved/uuids.json");
    expect((await readLive(world.state)).strangers).toEqual([]);
  });

  it("hides no position of a watch", async () => {
    const world = await withMovies();
    await withStrange(world, stateKey.position("moved", "20261119000000000", "served"), "live/watch/moved/position/soon");
    expect(await servedNow(await world.open(), "moved")).toEqual({ digits: "20261119000000000", uuid: "served" });
  });

  it("costs no mark of a ledger", async () => {
    const { state } = await withMovies();
    const long = `indices/${"ü".repeat(120)}/0/__1 *`;
    const ledger = partLedger(state, MOVED);
    ledger.setMark("suspects", "indices/a/0/__1 *", true);
    ledger.setMark("suspects", long, true);
    await ledger.save();
    const [known = ""] = await keysWith(state, `/${MARKS}suspects/`);
    await state.put(`${known.slice(0, known.lastIndexOf("suspects/"))}suspects/%zz`, Buffer.from("{}"));
    expect([...(await partLedger(state, MOVED).marks()).suspects].sort()).toEqual(["indices/a/0/__1 *", long]);
  });
});

async function keysWith(state: TestWorld["state"], part: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of state.list("parts/")) if (key.includes(part)) keys.push(key);
  return keys;
}

describe("a key below pins/ that ossnap never writes", () => {
  it.each(["%E0%A4%A.json", "readme.txt"])("stops no prune and no listing, and is logged: %s", async (name) => {
    const world = await withStrange(await nights(4), stateKey.pins("backups") + name);
    expect((await dryPrune(await world.open(), "nightly")).remove.length).toBeGreaterThan(0);
    expect(await listPins(await world.open())).toEqual([]);
    await listSnapshots(await world.open(), { repository: "backups" });
    expect(logged(world, name)).toBe(true);
  });

  it("protects its snapshot if a person wrote it in another way, and is removed with the pin", async () => {
    const world = await nights(4);
    const oldest = await oldestOf(world);
    const { uuid = "" } = (await world.source.listSnapshots("backups")).find(({ name }) => name === oldest) ?? {};
    const object = `${stateKey.pins("backups")}%${uuid.charCodeAt(0).toString(16)}${uuid.slice(1)}.json`;
    await withStrange(world, object);
    const { keep } = await dryPrune(await world.open(), "nightly");
    expect(keep.find(({ name }) => name === oldest)?.reasons.map(({ code }) => code)).toContain("keep.pinned");
    await unpinSnapshot(await world.open(), "backups", uuid);
    expect(await world.stateKeys("pins/")).toEqual([]);
  });
});

describe("a damaged pin", () => {
  it("is logged as one that protects its snapshot", async () => {
    const world = await nights(4);
    await world.state.put(stateKey.pin("backups", "some-uuid"), Buffer.from("{"));
    await listPins(await world.open());
    const lines = world.lines.map(({ message }) => message);
    expect(lines).toContain("a record of the state is damaged and protects its snapshot");
    expect(lines).not.toContain("a record of the state is damaged and counts as absent");
    await tick(world);
  });
});
