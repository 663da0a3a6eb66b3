import { existsSync, readdirSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { directoryBlobStore } from "../../shared/adapters/directory/blobStore.ts";
import type { RegisteredRepositoryInput } from "../../shared/model/cluster.ts";
import { messageOf } from "../../shared/model/errors.ts";
import { EXCLUDED_SETTINGS } from "../../shared/plan/preflightSettings.ts";
import { heldIndices } from "../../shared/reader/readIndices.ts";
import { type OpenedRepository, openRepository } from "../../shared/reader/readRepository.ts";
import { datedSnapshots } from "../../shared/reader/rootSnapshots.ts";
import { type PreflightReport, preflightRestore } from "../../shared/verbs/restore/askByHand.ts";
import { openReal, type RealCluster } from "./realCluster.ts";
import { type RealWorld, realWorld } from "./realWorld.ts";

/** All of them: `OSSNAP_ES_VERSIONS="2.4.6 5.5.3 5.6.16 6.7.0 6.8.23 7.7.1 7.10.2 7.16.3 8.5.3 8.13.4 8.15.3 8.17.0 9.2.0"`. */
const VERSIONS = (process.env.OSSNAP_ES_VERSIONS ?? "7.10.2").split(/[\s,]+/).filter((version) => version !== "");
const START_MS = 240_000;
const LIMIT_MS = 600_000;
/** A shard that cannot start is tried five times within a few seconds. */
const NEVER_STARTED_MS = 15_000;
const PAUSE_MS = 50;

const FIXTURES = fileURLToPath(new URL("../fixtures/", import.meta.url));
/** Repositories of real servers. */
const REPOSITORIES = readdirSync(FIXTURES)
  .filter((name) => /^(es|chain)-/.test(name))
  .flatMap((name) => readdirSync(FIXTURES + name).map((part) => `${name}/${part}`))
  .filter((path) => /\/(repo|step\d.*)$/.test(path) && existsSync(FIXTURES + path));

/** The same ones without the cluster's states, which no restore of indices reads from 6.7 on. */
const STATELESS = ["es-5.5.2-migration/step2", "es-6.7.0/repo", "es-6.8.23/repo", "es-7.10.2/repo"];
const WITHOUT_STATE = " without the cluster's states";

/** What a server says, by the code of the check that foretold it. */
const SAID: Readonly<Record<string, RegExp>> = {
  "version.newer":
    /Unexpected field|Can't get text on an? (FIELD_NAME|END_OBJECT)|unknown field|higher than the version of this node|incompatible with (the )?current version|newer|No enum constant|start object expected|is missing|does not exist/i,
  "version.tooOld": /cannot be upgraded|below the current versions minimum/i,
  "version.tooOldAll": /cannot be upgraded|below the current versions minimum/i,
  "repository.hiddenRoot": /does not exist|is missing|no such snapshot/i,
  "closure.notWhole": /missing|could not|does not exist|no such/i,
  "snapshot.notOnCluster": /does not exist|there is no such snapshot/,
  "snapshot.shardFailed": /wasn't fully snapshotted/i,
  "snapshot.notRestorable": /wasn't fully snapshotted|unsupported snapshot state/i,
  // What was mounted has no data of its own.
  "snapshot.mounted": /never start/,
  "types.several": /more than 1 type|cannot be upgraded|final mapping/i,
};

interface Cell {
  snapshot: string;
  index: string;
  /** Codes of the checks that refuse; empty if the restore is to succeed. */
  foretold: string[];
  /** `restored`, or what the server said. */
  happened: string;
}

describe.each(VERSIONS)("a restore on Elasticsearch %s", (version) => {
  let real: RealCluster;
  let world: RealWorld;
  let restores = 0;

  beforeAll(async () => {
    real = await openReal(version, { name: "cross" });
    const repositories = await Promise.all(REPOSITORIES.map((path) => real.givenRepository(nameOf(path), path)));
    for (const repository of repositories) await real.cluster.putRepository(repository, { verify: false });
    world = await realWorld(real, [...repositories, ...(await Promise.all(STATELESS.map((path) => withoutState(path))))], {});
  }, START_MS);
  afterAll(() => real?.close());

  it.each([...REPOSITORIES, ...STATELESS.map((path) => `${path}${WITHOUT_STATE}`)])(
    "is refused, or never ends, if and only if the dry run says so, and with the words that it means: %s",
    async (given) => {
      const path = given.replace(WITHOUT_STATE, "");
      const cells: Cell[] = [];
      const store = directoryBlobStore({ directory: FIXTURES + path, basePath: "" });
      const opened = await openRepository(store);
      for (const { name, uuid } of opened.root ? await datedSnapshots(store, opened) : []) {
        for (const index of await indicesOf(opened, { name, uuid, repository: nameOf(given) })) {
          restores += 1;
          const as = `cross-${restores}`;
          const report = await preflightRestore(await world.open(), {
            ...{ snapshot: uuid === "" ? name : uuid, repository: nameOf(given), to: "source", indices: [index] },
            ...{ as: { "*": as }, replicas: 0 },
          });
          cells.push({ snapshot: name, index, foretold: refusalsOf(report), happened: await restored(nameOf(given), name, index, as) });
        }
      }
      // Of two faults the server names either.
      const compared = given === path ? cells : cells.filter(({ foretold }) => !foretold[0]?.startsWith("snapshot."));
      expect(compared.filter((cell) => !isForetold(cell))).toEqual([]);
      console.info(`${version} ${given}: ${cells.length} restores, ${cells.filter(({ foretold }) => foretold.length > 0).length} refusals`);
    },
    LIMIT_MS,
  );

  /** A root of 2.x names no indices: there the proof does. */
  async function indicesOf(
    { root }: OpenedRepository,
    { name, uuid, repository }: { name: string; uuid: string; repository: string },
  ): Promise<string[]> {
    const held = root === undefined ? [] : heldIndices(root, uuid);
    if (held.length > 0) return held;
    const request = { snapshot: uuid === "" ? name : uuid, repository, to: "source", indices: ["*"], replicas: 0 };
    return (await preflightRestore(await world.open(), request)).targets.map(({ index }) => index);
  }

  async function withoutState(path: string): Promise<RegisteredRepositoryInput> {
    const repository = await real.givenRepository(nameOf(`${path}${WITHOUT_STATE}`), path);
    const location = String(repository.settings.location);
    for (const name of (await readdir(location)).filter((file) => /^meta-.*\.dat$/.test(file))) await rm(join(location, name));
    await real.cluster.putRepository(repository, { verify: false });
    return repository;
  }

  /** Asks the server what the job would ask. */
  async function restored(repository: string, snapshot: string, index: string, as: string): Promise<string> {
    const { cluster } = real;
    try {
      await cluster.restore({
        ...{ repository, snapshot, index, as },
        indexSettings: { "index.number_of_replicas": 0 },
        ignoreIndexSettings: [...EXCLUDED_SETTINGS],
      });
    } catch (error) {
      return messageOf(error);
    }
    const startedMs = Date.now();
    for (;;) {
      const health = await cluster.health(as);
      const isThere = health !== undefined && health.primariesActive === health.shards;
      const ended = isThere ? "restored" : Date.now() - startedMs > NEVER_STARTED_MS ? "its shards never start" : undefined;
      if (ended !== undefined) {
        if (health !== undefined) await cluster.deleteIndex(as);
        return ended;
      }
      await setTimeout(PAUSE_MS);
    }
  }
});

function nameOf(path: string): string {
  return path.replaceAll(/[^a-z0-9]+/g, "-");
}

function refusalsOf({ checks }: PreflightReport): string[] {
  return checks.filter(({ result }) => result === "refuse").map(({ reason }) => reason.code);
}

function isForetold({ foretold, happened }: Cell): boolean {
  if (foretold.length === 0 || happened === "restored") return foretold.length === 0 && happened === "restored";
  return foretold.some((code) => SAID[code]?.test(happened));
}
