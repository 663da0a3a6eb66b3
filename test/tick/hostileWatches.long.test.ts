import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { directoryBlobStore } from "../../shared/adapters/directory/blobStore.ts";
import { givenSnapshot } from "../../shared/adapters/memory/clusterPlaces.ts";
import type { World } from "../../shared/jobs/world.ts";
import type { Place } from "../../shared/model/config.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { SNAP1, STEP1, TIMES } from "../world/moved.ts";
import { MINUTE_MS, type TestWorld, testConfig, testWorld } from "../world/world.ts";
import { HOSTILE } from "./hostileRepositories.ts";

const MEGABYTE = 1024 * 1024;
/** A tick of Function Compute has 120 s for everything. */
const TICK_MS_MAX = 20_000;
const HEAP_BYTES_MAX = 400 * MEGABYTE;
/** Hostile only as files; each gets its folder. */
const IN_FOLDERS: Record<string, (folder: string) => Promise<void>> = {
  "huge-root": async (folder) => {
    await writeFile(join(folder, "index-0"), "{");
    await truncate(join(folder, "index-0"), 500 * MEGABYTE);
  },
  pipe: async (folder) => {
    execFileSync("sh", ["-c", 'mkfifo "$0"', join(folder, "index-0")]);
  },
  link: async (folder) => {
    for (const [key, bytes] of STEP1.blobs) {
      if (key.startsWith("indices/")) continue;
      await mkdir(dirname(join(folder, key)), { recursive: true });
      await writeFile(join(folder, key), bytes);
    }
    await symlink("/proc/self", join(folder, "indices"));
  },
};

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "hostile-watches-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const placeOf = (name: string): Place => ({ store: "oss", bucket: "moved", basePath: name, region: "cn-hangzhou" });

/** One watch per hostile repository, and a good one at the end. */
async function hostileWorld(): Promise<TestWorld> {
  const names = [...Object.keys(HOSTILE), ...Object.keys(IN_FOLDERS), "good"];
  const config = testConfig((given) => {
    given.backups = {};
    const moved = given.watches.moved as (typeof given.watches)[string];
    given.watches = Object.fromEntries(
      names.map((name) => [
        name,
        {
          ...moved,
          blobs: placeOf(name),
          register: { ...moved.register, name: `r-${name}`, settings: { location: `/srv/moved/${name}` } },
          restore: { ...moved.restore, alias: name },
        },
      ]),
    );
  });
  const world = await testWorld({ config });
  for (const name of [...Object.keys(HOSTILE), "good"]) {
    await world.fill(placeOf(name), new Map([...STEP1.blobs, ...Object.entries(HOSTILE[name]?.() ?? {})]));
    const indices = { "fx-orders": { documents: STEP1.documents["snap-1"]?.["fx-orders"] as number, shards: 2 } };
    const given = givenSnapshot({ name: "snap-1", uuid: SNAP1.uuid, version: "5.5.2", startTime: TIMES["snap-1"], indices });
    world.places.at({ location: `/srv/moved/${name}` }).push(given);
  }
  for (const [name, make] of Object.entries(IN_FOLDERS)) {
    await mkdir(join(directory, name));
    await make(join(directory, name));
  }
  return world;
}

async function tick(world: TestWorld) {
  const opened = await world.open();
  const blobs: World["blobs"] = (place) =>
    Object.hasOwn(IN_FOLDERS, place.basePath) ? directoryBlobStore({ directory: join(directory, place.basePath) }) : opened.blobs(place);
  const startedMs = Date.now();
  const report = await advanceJobs({ ...opened, blobs });
  return { report, ms: Date.now() - startedMs };
}

describe("ticks with a watch on each hostile repository", () => {
  it("go on, serve the good one, and report every other by name", { timeout: 120_000 }, async () => {
    const world = await hostileWorld();
    const slowest: number[] = [];
    for (let minute = 0; minute < 10; minute += 1) {
      slowest.push((await tick(world)).ms);
      world.target.finishRestores();
      world.advance(MINUTE_MS);
    }
    expect(Math.max(...slowest)).toBeLessThan(TICK_MS_MAX);
    expect(process.memoryUsage().heapUsed).toBeLessThan(HEAP_BYTES_MAX);
    const served = (await world.target.listIndices()).flatMap(({ aliases }) => aliases).sort();
    expect(served).toEqual([
      "faulty-entries",
      "good",
      "impossible-record",
      "impossible-time",
      "long-name",
      "long-uuid",
      "many-future",
      "many-undated",
    ]);
    expect(await world.stateKeys("live/looking/")).toEqual([
      expect.stringContaining("watches.cut-root"),
      expect.stringContaining("watches.huge-root"),
      expect.stringContaining("watches.root-objects"),
    ]);
    const told = world.notices.map(({ key, status }) => `${key} ${status}`).sort();
    expect(told).toEqual([
      "arrival-failed:link firing",
      "look-failed:watches.cut-root firing",
      "look-failed:watches.huge-root firing",
      "look-failed:watches.root-objects firing",
      "watch-faulty:faulty-entries firing",
      "watch-faulty:impossible-time firing",
      "watch-faulty:long-name firing",
      "watch-faulty:long-uuid firing",
      "watch-future:many-future firing",
      "watch-hidden:giant-generation firing",
    ]);
    const open = new Map((await tick(world)).report.advanced.map(({ job, reason }) => [job.replace(/-[^-]*$/, ""), reason.code]));
    expect([...open.keys()].sort().join(" ")).toMatch(/shard-list-bomb.*smile-bomb.*smile-objects/);
  });
});
