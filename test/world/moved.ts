import { beforeEach } from "vitest";
import { givenSnapshot } from "../../shared/adapters/memory/clusterPlaces.ts";
import { decodeIndexMapping } from "../../shared/format/indexMapping.ts";
import { decodeIndexMetadata } from "../../shared/format/indexMetadata.ts";
import type { Mapping } from "../../shared/model/mappings/mappingHash.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { onCopiedBlob } from "../../shared/tick/onCopiedBlob.ts";
import { fixtureRepository } from "../format/fixtureRepositories.ts";
import { MINUTE_MS, MOVED, type TestWorld, type TestWorldOptions, testConfig, testWorld } from "./world.ts";

export const STEP1 = fixtureRepository("es-5.5.2-migration/step1");
export const STEP2 = fixtureRepository("es-5.5.2-migration/step2");
export const uuidOf = (name: string) => STEP2.snapshots.find(({ snapshot }) => snapshot === name)?.uuid ?? "";
export const [SNAP1, SNAP2] = [{ uuid: uuidOf("snap-1") }, { uuid: uuidOf("snap-2") }];
export const TIMES = { "snap-1": new Date("2026-11-21T01:00:06.531Z"), "snap-2": new Date("2026-11-21T01:00:06.719Z") };
export const INDEX1 = { bucket: "moved", key: "movies/index-0" };
export const INDEX2 = { bucket: "moved", key: "movies/index-1" };
/** A data blob that only snap-2 needs. */
export const LATE_BLOB = "indices/5ARGwcBdQG2xj03kDXzYsA/0/__7";

export const EMPTY_ROOT = Buffer.from(JSON.stringify({ snapshots: [], indices: {} }));

export let world: TestWorld;
export const documents = (name: "snap-1" | "snap-2") => STEP2.documents[name]?.["fx-orders"] as number;
export const tick = async () => advanceJobs(await world.open());
export const arrive = async (event: { bucket: string; key: string }) => onCopiedBlob(await world.open(), event);
export const restores = () => world.target.writes.filter(({ method }) => method === "restore");
export const served = async () => (await world.target.listIndices()).filter(({ aliases }) => aliases.includes("orders"));
export const doneKeys = async (kind: string) =>
  (await world.stateKeys(`done/${kind}/`)).map((key) => key.slice(`done/${kind}/`.length, -".json".length));

/** Of fx-orders in a snapshot of the fixture. */
export function mappingIn(uuid: string): Mapping {
  for (const [key, bytes] of STEP2.blobs) {
    if (!key.startsWith("indices/") || !key.endsWith(`/meta-${uuid}.dat`)) continue;
    if (decodeIndexMetadata(bytes, key).name === "fx-orders") return decodeIndexMapping(bytes, key);
  }
  return {};
}

/** Makes a snapshot restorable on the target cluster; the blobs that ossnap proves belong to the same snapshot. */
export function offer(name: "snap-1" | "snap-2", uuid: string): void {
  const settings = { "routing.allocation.require.box_type": "hot", "blocks.write": "true", refresh_interval: "5s" };
  world.places.at({ location: "/srv/moved" }).push(
    givenSnapshot({
      name,
      uuid,
      version: "5.5.2",
      startTime: TIMES[name],
      indices: { "fx-orders": { documents: documents(name), shards: 2, settings, mapping: mappingIn(uuid) } },
    }),
  );
}

export async function settle(): Promise<void> {
  for (let look = 0; look < 6; look += 1) {
    world.target.finishRestores();
    await tick();
    world.advance(MINUTE_MS);
  }
}

export async function serveFirst(): Promise<void> {
  offer("snap-1", SNAP1.uuid);
  await world.fill(MOVED, STEP1.blobs);
  await arrive(INDEX1);
  await settle();
}

/** Creates a new world before each test of the calling file. */
export function freshWorld(options: TestWorldOptions = {}): void {
  beforeEach(async () => {
    world = await testWorld({
      ...options,
      config: testConfig((config) => {
        config.backups = {};
      }),
    });
  });
}
