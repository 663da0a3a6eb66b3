import { beforeEach, describe, expect, it } from "vitest";
import type { Place } from "../../../shared/model/config.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { askCopy } from "../../../shared/verbs/copy/ask.ts";
import { fixtureRepository } from "../../format/fixtureRepositories.ts";
import { httpDoor } from "../../runtime/http/door.ts";
import { MINUTE_MS, MOVED, type TestWorld, testConfig, testWorld } from "../../world/world.ts";

const OLD = fixtureRepository("es-2.4.6/repo").blobs;
const NEW = fixtureRepository("es-5.5.2-migration/step1").blobs;
const BACKUPS: Place = { ...MOVED, bucket: "backups", basePath: "" };
const OPS = { by: "person" as const, who: "ops" };

let world: TestWorld;
const ask = async () => askCopy(await world.open(), "move", OPS);
const tick = async () => advanceJobs(await world.open());

async function open(schedule?: string): Promise<void> {
  world = await testWorld({
    config: testConfig((config) => {
      Object.assign(config, { backups: {}, watches: {} });
      const timed = schedule === undefined ? {} : { schedule: { cron: schedule, timeZone: "UTC", missed: "run" as const } };
      config.copies.move = { from: "backups", to: MOVED, snapshots: "all", ...timed };
    }),
  });
}

describe("a source with the root of 2.x", () => {
  beforeEach(() => open());

  it("is refused before anything is written, by hand and by HTTP", async () => {
    await world.fill(BACKUPS, OLD);
    const before = await world.stateKeys();
    await expect(ask()).rejects.toMatchObject({
      code: "invalid",
      reason: { code: "copy.version2" },
      message: expect.stringMatching(/^copies\.move: memory:\/\/backups is a repository of Elasticsearch 2\.x .* Elasticsearch 5\.x/),
    });
    const { status, body } = await httpDoor(world).ask("POST", "/copies/move", { headers: { "Idempotency-Key": "k1" } });
    expect([status, body.detail]).toEqual([expect.any(Number), expect.stringContaining("cannot be copied")]);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect((await world.stateKeys()).filter((key) => key.includes("copy"))).toEqual([]);
    expect(await world.stateKeys()).toEqual(before);
  });

  it("ends a job that meets it, with nothing written at the destination", async () => {
    await world.fill(BACKUPS, NEW);
    const created = await ask();
    await world.blobs(BACKUPS).delete([...NEW.keys()].filter((key) => key.startsWith("index-")));
    await world.fill(BACKUPS, OLD);
    await tick();
    const id = created.outcome === "created" ? created.job.id : "";
    expect(await (await world.open()).log.done(id)).toMatchObject({ state: "failed", reason: { code: "copy.version2" } });
    for await (const { key } of world.blobs(MOVED).list("")) expect.fail(`${key} was written`);
  });
});

describe("a rule whose source has the root of 2.x", () => {
  it("is reported once, and starts nothing", async () => {
    await open("0 0 * * * *");
    await world.fill(BACKUPS, OLD);
    for (let minutes = 0; minutes < 180; minutes += 30) {
      await tick();
      world.advance(30 * MINUTE_MS);
    }
    expect(world.notices.map(({ key, text }) => [key, text.includes("cannot be copied")])).toEqual([["look-failed:copies.move", true]]);
    expect((await world.stateKeys("live/jobs/")).concat(await world.stateKeys("done/copy/"))).toEqual([]);
  });
});

describe("a source that lost its roots", () => {
  beforeEach(() => open());

  it("is named as such instead of as one that has nothing to copy yet", async () => {
    await world.fill(BACKUPS, new Map([...NEW].filter(([key]) => !/^index-\d+$/.test(key))));
    await expect(ask()).rejects.toMatchObject({ code: "absent", reason: { code: "repository.rootsLost", params: { generation: 0 } } });
    await world.blobs(BACKUPS).delete(["index.latest"]);
    await expect(ask()).rejects.toMatchObject({ code: "absent", reason: { code: "copy.noRoot" } });
  });
});
