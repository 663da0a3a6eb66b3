import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { givenSnapshot } from "../../shared/adapters/memory/clusterPlaces.ts";
import { decodeSnapshotRecord } from "../../shared/format/snapshotRecord.ts";
import { MOVED, type TestWorld, testConfig, testWorld } from "./world.ts";

const STATES = fileURLToPath(new URL("../fixtures/states/", import.meta.url));

/** The blobs of a repository with the snapshots `all`, which has the global state, and `part`, which has not. */
export function statesRepository(version: "8.17.0" | "5.5.3"): ReadonlyMap<string, Uint8Array> {
  const folder = join(STATES, `es-${version}`);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => statSync(join(folder, path)).isFile());
  return new Map(files.map((path) => [relative(".", path), readFileSync(join(folder, path))]));
}

/** A restore's target with `movies` and the old state, and this repository where its watch reads. */
export async function statesWorld(version: "8.17.0" | "5.5.3", targetVersion: string = version): Promise<TestWorld> {
  const world = await testWorld({
    targetVersion,
    restorePolls: Number.POSITIVE_INFINITY,
    start: "2026-12-01T01:00:00.000Z",
    config: testConfig((config) => {
      config.backups = {};
    }),
  });
  const blobs = statesRepository(version);
  await world.fill(MOVED, blobs);
  for (const [key, bytes] of blobs) {
    if (!/^snap-[^/]+\.dat$/.test(key)) continue;
    const { name, uuid, startTime, indices } = decodeSnapshotRecord(bytes, key);
    const held = indices.map((index) => [index, heldOf(index)] as const);
    const settings = name === "all" ? { settings: { "indices.recovery.max_bytes_per_sec": "50mb" } } : {};
    world.places
      .at({ location: "/srv/moved" })
      .push(givenSnapshot({ name, uuid, version, startTime, indices: Object.fromEntries(held), ...settings }));
  }
  world.target.putClusterSettings({ "indices.recovery.max_bytes_per_sec": "60mb", "cluster.routing.allocation.enable": "all" });
  return world;
}

/** As the server counted them. */
const DOCUMENTS: Readonly<Record<string, number>> = { movies: 3, orders: 1, ".tasks": 0 };

function heldOf(index: string) {
  const documents = DOCUMENTS[index] ?? (index.endsWith("1") ? 1 : 3);
  // As in the commits: each document was written once.
  const shape = { shards: 1, replicas: 0, documents, operations: documents };
  if (index === ".tasks") return { ...shape, system: true as const };
  return index.startsWith(".ds-") ? { ...shape, dataStream: "logs-app" } : shape;
}
