import { describe, expect, it } from "vitest";
import { generateRepository } from "../../../infra/bench/generatedRepository.ts";
import { givenSnapshot } from "../../../shared/adapters/memory/clusterPlaces.ts";
import { type OpenWork, readOpenWork } from "../../../shared/jobs/openWork.ts";
import type { World } from "../../../shared/jobs/world.ts";
import type { BlobStore } from "../../../shared/model/blobStore.ts";
import type { Place } from "../../../shared/model/config.ts";
import { jobId } from "../../../shared/model/jobId.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { lookAtSource } from "../../../shared/verbs/migration/source.ts";
import { askRestore } from "../../../shared/verbs/restore/ask.ts";
import { preflightRestore, type RestoreRequestByHand, startRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { comparedIndex } from "../../../shared/verbs/restore/outcome/compared.ts";
import type { RestoreJob } from "../../../shared/verbs/restore/types.ts";
import { jobOf } from "../../jobs/jobs.ts";
import { OPS } from "../../world/nightly.ts";
import { MINUTE_MS, MOVED, type TestWorld, testWorld } from "../../world/world.ts";

/** Of the target and of the bucket, from now on. */
function counted(world: TestWorld): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [name, call] of Object.entries(world.target)) {
    if (typeof call !== "function") continue;
    const counting = (...args: unknown[]) => {
      counts[name] = (counts[name] ?? 0) + 1;
      return (call as (...args: unknown[]) => unknown)(...args);
    };
    Object.assign(world.target, { [name]: counting });
  }
  return counts;
}

/** The repository with one snapshot is in the bucket, and the target can restore it. */
async function filled(indices: number) {
  const world = await testWorld({ targetVersion: "6.8.23" });
  const repository = generateRepository(0, "uuids", { indices, filesPerShard: 1 });
  const keys = Array.from({ length: repository.count }, (_, at) => repository.keyAt(at));
  await world.fill(MOVED, new Map(keys.map((key, at) => [key, repository.bytesOf(key) ?? new Uint8Array(repository.sizeAt(at))])));
  const request: RestoreRequestByHand = {
    ...{ snapshot: repository.snapshot, repository: "moved-movies", to: "target", indices: ["*"], replicas: 1 },
    aliases: { all: "*" },
  };
  const { targets } = await preflightRestore(await world.open(), request);
  world.places.at({ location: "/srv/moved" }).push(
    givenSnapshot({
      ...{ name: repository.snapshot, uuid: repository.uuid, version: "6.8.23", startTime: new Date("2026-11-21T01:00:00Z") },
      indices: Object.fromEntries(targets.map(({ index, shards, documents = 0 }) => [index, { documents, shards }])),
    }),
  );
  return { world, repository, request, targets };
}

async function untilDone(world: TestWorld, id: string, indices: number): Promise<void> {
  for (let tick = 0; tick < 3 * indices && !(await (await world.open()).log.done(id)); tick += 1) {
    world.target.finishRestores();
    await advanceJobs(await world.open());
    world.advance(MINUTE_MS);
  }
  expect(await (await world.open()).log.done(id)).toMatchObject({ state: "done", result: { indices: { length: indices } } });
}

async function requestsFor(indices: number): Promise<Record<string, number>> {
  const { world, request } = await filled(indices);
  const outcome = await startRestore(await world.open(), request, OPS);
  if ("refused" in outcome) throw new Error(JSON.stringify(outcome.refused.checks.filter(({ result }) => result === "refuse")));
  const counts = counted(world);
  await untilDone(world, outcome.created.outcome === "done" ? "" : outcome.created.job.id, indices);
  return counts;
}

/** Calls of one kind, by name of the call. */
const perIndex = (counts: Record<string, number>, indices: number) =>
  Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, Math.floor(count / indices)]));

describe("a restore of many indices", () => {
  it("sends no more requests for each of 30 indices than for each of 10", async () => {
    const [ten, thirty] = [await requestsFor(10), await requestsFor(30)];
    const [each, of] = [perIndex(thirty, 30), perIndex(ten, 10)];
    expect(Object.entries(each).filter(([name, count]) => count > (of[name] ?? 0))).toEqual([]);
    // One look at shards and files while it runs, one when it is counted; the rest once for each.
    expect(each).toMatchObject({ health: 1, recovery: 1, countDocuments: 1, operations: 1, mapping: 1, aliasFault: 1 });
  });

  it("asks the source of a cut-over once for each index, right before the aliases move", async () => {
    const { world, targets, repository } = await filled(10);
    for (const { index, documents = 0 } of targets) world.source.putIndex(index, { documents });
    const indices = await lookAtSource(world.source, await world.source.listIndices());
    await askRestore(await world.open(), {
      input: {
        snapshot: { name: repository.snapshot, uuid: repository.uuid, startTime: "2026-11-21T01:00:00.000Z" },
        ...{ repository: "moved-movies", place: MOVED, indices: ["*"], aliases: { all: "*" }, replicas: 1, keepOldMs: MINUTE_MS },
        ...{ watch: "moved", serves: false, migration: "migration-movies-cutover-1" },
        unchanged: { cluster: "source", patterns: ["*"], indices, isBlocked: true },
      },
      ...{ cluster: "target", asked: { by: "ossnap", who: "migration-movies-cutover-1" }, purpose: "all", key: "cut" },
    });
    const asked: string[] = [];
    const { operations } = world.source;
    world.source.operations = (index) => {
      asked.push(index);
      return operations(index);
    };
    await untilDone(world, jobId.byKey("restore", "cut"), 10);
    expect(asked.sort()).toEqual(targets.map(({ index }) => index).sort());
  });

  it("opens the repository once in an invocation for the mappings of all of them", async () => {
    const { world, targets, repository } = await filled(10);
    for (const { as } of targets) world.target.putIndex(as);
    const input = {
      snapshot: { name: repository.snapshot, uuid: repository.uuid, startTime: "" },
      place: MOVED,
      repository: "moved-movies",
    };
    const job = jobOf({ id: "restore-1", state: "restoring", input, data: { targets } }) as unknown as RestoreJob;
    const opened = await world.open();
    let listings = 0;
    const counting: World = Object.create(opened, {
      blobs: {
        value: (place: Place): BlobStore => {
          const store = opened.blobs(place);
          return Object.assign(Object.create(store) as BlobStore, {
            list: (...args: Parameters<BlobStore["list"]>) => {
              listings += 1;
              return store.list(...args);
            },
          });
        },
      },
    });
    const compare = async (work: OpenWork) => {
      const found = await Promise.all(targets.map((target) => comparedIndex(counting, world.target, { job, work }, target)));
      return found.filter(({ mapping }) => mapping?.inSnapshot !== undefined).length;
    };
    const work = await readOpenWork(opened);
    await comparedIndex(counting, world.target, { job, work }, targets[0] ?? { index: "", as: "" });
    const first = listings;
    expect([await compare(work), listings]).toEqual([10, first]);
    expect([(await compare(await readOpenWork(opened))) > 0, listings > first]).toEqual([true, true]);
  });
});
