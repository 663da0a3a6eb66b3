import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { directoryBlobStore } from "../../shared/adapters/directory/blobStore.ts";
import { registerRepository } from "../../shared/jobs/registration.ts";
import type { RegisteredRepositoryInput } from "../../shared/model/cluster.ts";
import { jobId } from "../../shared/model/jobId.ts";
import { slotOf } from "../../shared/model/slot.ts";
import { isAtLeast } from "../../shared/plan/versions.ts";
import { openRepository } from "../../shared/reader/readRepository.ts";
import { stateKey } from "../../shared/state/keys.ts";
import { readObject, writeObject } from "../../shared/state/objects.ts";
import { createSnapshots } from "../../shared/tick/createSnapshots.ts";
import { registerByHand } from "../../shared/verbs/repositories/apply.ts";
import { gatherWriters } from "../../shared/verbs/repositories/gatherWriters.ts";
import { type ClusterFixture, finished } from "../contract/clusterFixture.ts";
import { DAY_MS, MINUTE_MS } from "../world/world.ts";
import { openReal, type RealCluster } from "./realCluster.ts";
import { policyFor, type RealWorld, realWorld } from "./realWorld.ts";

/** All of them: `OSSNAP_ES_VERSIONS="2.4.6 5.5.3 6.7.0 7.10.2 8.17.0"`. */
const VERSIONS = (process.env.OSSNAP_ES_VERSIONS ?? "8.17.0").split(/[\s,]+/).filter((version) => version !== "");
const START_MS = 240_000;
const LIMIT_MS = 300_000;
/** Before the test: what is written within five minutes after a registration may be of before it, by another clock. */
const REGISTERED_MS = 10 * MINUTE_MS;

describe.each(VERSIONS)("two clusters of Elasticsearch %s that write one repository", (version) => {
  const namesWriter = isAtLeast(version, "7.12.0");
  let ours: RealCluster;
  let theirs: RealCluster;
  let world: RealWorld;
  let shared: RegisteredRepositoryInput;
  let empty: RegisteredRepositoryInput;
  let nights = 0;
  const uuids = new Map<string | undefined, string>();

  beforeAll(async () => {
    ours = await openReal(version, { name: "ours" });
    shared = ours.newRepository("backups");
    empty = ours.newRepository("empty");
    theirs = await openReal(version, { name: "theirs", shared: String(shared.settings.location).replace(/\/[^/]+$/, "") });
    const policy = (repository: string) => policyFor(repository, { indices: ["movies"] });
    const start = new Date(Date.now() - REGISTERED_MS);
    world = await realWorld(ours, [shared, empty], { nightly: policy("backups"), empty: policy("empty") }, start);
    for (const name of ["backups", "empty"]) {
      const register = world.config.repositories[name]?.register;
      if (register) await registerRepository(await world.open(), { cluster: "source", name, register });
    }
    for (const { cluster, createIndex, writeDocuments } of [ours, theirs]) {
      await createIndex("movies", 1);
      await writeDocuments("movies", [1]);
      uuids.set((await cluster.info()).uuid, cluster.name);
    }
  }, START_MS);
  afterAll(async () => {
    await theirs?.close();
    await ours?.close();
  });

  const snapshot = async ({ cluster }: ClusterFixture, repository: string, name: string) => {
    await cluster.createSnapshot(repository, name, { indices: ["movies"], metadata: {} });
    await finished(cluster, repository, name);
  };
  const opened = ({ settings }: RegisteredRepositoryInput) => openRepository(directoryBlobStore({ directory: String(settings.location) }));
  const writer = async (of = shared) => uuids.get((await opened(of)).root?.clusterUuid);
  /** Makes the hourly look due without moving the clock, which the servers share. */
  const look = async (repository: string) => {
    const key = stateKey.writers(repository);
    const seen = await readObject<object>(world.state, key);
    if (seen) await writeObject(world.state, key, { ...seen, at: new Date(0).toISOString() });
    const { uuid } = await ours.cluster.info();
    return (await gatherWriters(await world.open(), { repository, cluster: "source", uuid }, { mayWait: true }))?.code;
  };
  const told = (kind: string) => world.notices.filter(({ key }) => key === `${kind}:backups`).map(({ reason }) => reason.params.names);
  async function fire(policy = "nightly"): Promise<string> {
    nights += 1;
    const triggerTime = new Date(world.now().getTime() - nights * DAY_MS);
    await createSnapshots(await world.open(), { policy, triggerTime });
    return jobId.backup(policy, slotOf(triggerTime));
  }
  const night = async () => world.ended(await fire());

  it(
    "names the one that wrote last from 7.12 on, also after a deletion, and reports what it added and deleted on every version",
    async () => {
      expect((await night()).state).toBe("done");
      await snapshot(ours, "backups", "by-hand");
      expect(await writer()).toBe(namesWriter ? "ours" : undefined);
      await look("backups");
      await theirs.cluster.putRepository({ ...shared, name: "theirs" }, { verify: true });
      await snapshot(theirs, "theirs", "theirs-1");
      expect(await writer()).toBe(namesWriter ? "theirs" : undefined);
      expect(await look("backups")).toBe(namesWriter ? "writers.otherCluster" : undefined);
      await theirs.cluster.deleteSnapshots("theirs", ["by-hand"]);
      expect(await writer()).toBe(namesWriter ? "theirs" : undefined);
      expect(await look("backups")).toBe(namesWriter ? "writers.otherCluster" : undefined);
      // The first look found no repository, so by-hand is new to the second one.
      expect(told("writers-snapshots")).toEqual([["by-hand"], ["theirs-1"]]);
      expect(told("writers-deletions")).toEqual([["by-hand"]]);
    },
    LIMIT_MS,
  );

  it(
    "writes nothing while the other one does, with the reason, and goes on after a new registration",
    async () => {
      const { generations } = await opened(shared);
      const id = await fire();
      const detects = isAtLeast(version, "7.6.0");
      if (namesWriter) expect(await world.ended(id)).toMatchObject({ state: "refused", reason: { code: "writers.otherCluster" } });
      else if (detects)
        await world.until("its trouble", async () => {
          const { trouble } = (await (await world.open()).log.read(id))?.head ?? {};
          return String(trouble?.params.message).includes("another cluster wrote there");
        });
      else expect((await world.ended(id)).state).toBe("done");
      if (detects) expect((await opened(shared)).generations).toEqual(generations);
      const readonly = { ...shared.settings, readonly: true };
      await theirs.cluster.putRepository({ ...shared, name: "theirs", settings: readonly }, { verify: false });
      await ours.unregister("backups");
      await registerByHand(await world.open(), "backups");
      if (!namesWriter) expect((await world.ended(id)).state).toBe("done");
      expect((await night()).state).toBe("done");
      expect(await writer()).toBe(namesWriter ? "ours" : undefined);
    },
    LIMIT_MS,
  );

  it.runIf(namesWriter)(
    "are noticed although the other one began to count again, because it registered the repository while it was empty",
    async () => {
      await theirs.cluster.putRepository({ ...empty, name: "empty" }, { verify: true });
      await snapshot(ours, "empty", "one");
      await snapshot(ours, "empty", "two");
      expect(await look("empty")).toBeUndefined();
      await snapshot(theirs, "empty", "three");
      const { root, writtenLater } = await opened(empty);
      expect([uuids.get(root?.clusterUuid), root?.key, writtenLater?.key]).toEqual(["ours", "index-1", "index-0"]);
      expect(await look("empty")).toBe("writers.otherCluster");
    },
    LIMIT_MS,
  );
});
