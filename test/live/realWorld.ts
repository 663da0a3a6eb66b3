import { setTimeout } from "node:timers/promises";
import { directoryBlobStore } from "../../shared/adapters/directory/blobStore.ts";
import type { DoneRecord } from "../../shared/jobs/record.ts";
import type { Cluster, RegisteredRepositoryInput } from "../../shared/model/cluster.ts";
import type { BackupPolicy, Config } from "../../shared/model/config.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import type { ClusterFixture } from "../contract/clusterFixture.ts";
import { NIGHTLY, type TestWorld, testConfig, testWorld } from "../world/world.ts";

const PAUSE_MS = 50;
const LIMIT_MS = 120_000;

/** A deployment whose state is in memory, and whose source cluster and places of backups are real. */
export interface RealWorld extends TestWorld {
  /** Calls of the cluster's port since the last reset; most are one request. */
  calls(): number;
  resetCalls(): void;
  /** `job reason` of every wait that a tick reported. */
  waits: Set<string>;
  /** Ticks in real time until `look` returns a value. */
  until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T>;
  /** Ticks until the job is finished. */
  ended(id: string): Promise<DoneRecord>;
}

/** Not due while a test runs, whatever the time is. */
const YEARLY = { cron: "0 30 1 1 1 *", timeZone: "UTC", missed: "skip" as const };

export function policyFor(repository: string, change: Partial<BackupPolicy>): BackupPolicy {
  return { ...structuredClone(NIGHTLY), repository, schedule: YEARLY, ...change };
}

/** The repositories have the names of their registrations, which are what ossnap.yaml registers; `backups` by repository. */
export async function realWorld(
  { cluster, version }: ClusterFixture,
  repositories: readonly RegisteredRepositoryInput[],
  backups: Record<string, BackupPolicy>,
  start = new Date(),
): Promise<RealWorld> {
  const directories = new Map(repositories.map(({ name, settings }) => [name, String(settings.location)]));
  const config = testConfig((made: Config) => {
    made.watches = {};
    made.backups = backups;
    made.repositories = Object.fromEntries(
      repositories.map(({ name, type, settings }) => [
        name,
        {
          cluster: "source",
          register: { type: type as "fs", settings },
          blobs: { store: "oss" as const, bucket: name, basePath: "", region: "cn-hangzhou" },
        },
      ]),
    );
  });
  const world = await testWorld({ config, start: start.toISOString(), sourceVersion: version });
  const counted = countingCalls(cluster);
  const waits = new Set<string>();
  let movedMs = start.getTime();
  const { open } = world;
  world.open = async (options) => {
    const opened = await open(options);
    return {
      ...opened,
      cluster: (name) => (name === "source" ? counted.cluster : opened.cluster(name)),
      blobs(place) {
        const directory = directories.get(place.bucket);
        return directory === undefined ? opened.blobs(place) : directoryBlobStore({ directory, basePath: "" });
      },
    };
  };

  async function until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
    const deadlineMs = Date.now() + LIMIT_MS;
    for (;;) {
      // In the pace of the server, also where a test has moved the clock ahead.
      world.advance(Date.now() - movedMs);
      movedMs = Date.now();
      const { advanced } = await advanceJobs(await world.open());
      for (const { job, outcome, reason } of advanced) if (outcome === "waiting") waits.add(`${job} ${reason.code}`);
      await world.runTasks();
      const found = await look();
      if (found !== undefined && found !== false) return found;
      if (Date.now() > deadlineMs) throw new Error(`${what} did not come about: ${JSON.stringify(world.lines.slice(-5))}`);
      await setTimeout(PAUSE_MS);
    }
  }
  const ended = (id: string) => until(`the end of ${id}`, async () => (await world.open()).log.done(id));
  return Object.assign(world, { until, ended, waits, calls: counted.calls, resetCalls: counted.reset });
}

function countingCalls(cluster: Cluster): { cluster: Cluster; calls(): number; reset(): void } {
  let calls = 0;
  const counting = new Proxy(cluster, {
    get(target, key) {
      if (typeof target[key as keyof Cluster] === "function") calls += 1;
      return Reflect.get(target, key);
    },
  });
  return {
    cluster: counting,
    calls: () => calls,
    reset() {
      calls = 0;
    },
  };
}
