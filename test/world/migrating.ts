import type { Created } from "../../shared/jobs/log.ts";
import type { DoneRecord } from "../../shared/jobs/record.ts";
import type { World } from "../../shared/jobs/world.ts";
import type { Config } from "../../shared/model/config.ts";
import { reason } from "../../shared/model/reason.ts";
import { stateKey } from "../../shared/state/keys.ts";
import { readObject, writeObject } from "../../shared/state/objects.ts";
import { type MigrationOptions, startMigration } from "../../shared/verbs/migration/ask.ts";
import type { CutOver, LastPass, MigrationRequest } from "../../shared/verbs/migration/types.ts";
import { OPS } from "./nightly.ts";
import { HOUR_MS, oss, type TestWorld, testConfig, testWorld } from "./world.ts";

/** What the entry `migrations.movies` of ossnap.yaml stands for. */
export function withMigration(config: Config): void {
  const { nightly } = config.backups;
  if (!nightly) throw new Error("the test configuration has no policy nightly");
  const through = oss("migrated", "movies");
  config.migrations.movies = { warm: false };
  config.backups.movies = { ...nightly, indices: ["movies"], keep: { ...nightly.keep, last: 3 } };
  config.copies.movies = { from: "backups", to: through, snapshots: "latest" };
  config.watches.movies = {
    ...{ blobs: through, cluster: "target", patienceMs: 24 * HOUR_MS },
    register: { name: "migrated-movies", type: "fs", settings: { location: "/srv/migrated", readonly: true } },
    restore: { indices: ["movies"], which: "by-hand", replicas: 0, keepOldMs: 24 * HOUR_MS },
  };
}

/** Two clusters and a migration between them, of which no pass was made. */
export async function migratingWorld(
  change: (config: Config) => void = () => undefined,
  versions: { sourceVersion?: string; targetVersion?: string } = { targetVersion: "6.8.23" },
): Promise<TestWorld> {
  const config = testConfig((given) => {
    withMigration(given);
    change(given);
  });
  const world = await testWorld({ config, ...versions });
  world.source.putIndex("movies", { documents: 3, aliases: ["films"] });
  return world;
}

const RESTORE = "restore-0123456789abcdef";
const SNAPSHOT = { name: "movies-20261121t010000z-1-0123abcd", uuid: "uuid-movies-1" };

/** A pass was made an hour ago, and three documents were written since. */
export async function syncedWorld(
  change?: (config: Config) => void,
  versions?: { sourceVersion?: string; targetVersion?: string },
): Promise<TestWorld> {
  const world = await migratingWorld(change, versions);
  const [{ uuid = "" } = {}] = await world.source.listIndices();
  const at = world.now().toISOString();
  const { count } = await world.source.operations("movies");
  const last: LastPass = {
    ...{
      job: "migration-movies-sync-20261121t010000z",
      mode: "sync",
      at,
      since: at,
      snapshot: SNAPSHOT,
      restore: "restore-none",
      documents: 3,
    },
    ...{ seconds: { backup: 20, copy: 60, restore: 15, total: 95 }, looked: { movies: { uuid, operations: count } } },
  };
  await writeObject(world.state, stateKey.lastPass("movies"), last);
  world.advance(HOUR_MS);
  world.source.writeDocuments("movies", ["d-4", "d-5", "d-6"]);
  return world;
}

/** The target serves since an hour. */
export async function cutWorld(): Promise<TestWorld> {
  const world = await syncedWorld();
  const at = world.now().toISOString();
  const as = "movies-20261121020000000-0123abcd";
  world.target.putIndex(as, { documents: 6, aliases: ["movies"] });
  const uuid = (await world.target.listIndices()).find(({ name }) => name === as)?.uuid ?? "";
  const { count } = await world.target.operations(as);
  const restored: DoneRecord = {
    ...{ schema: 1, id: RESTORE, kind: "restore", about: "movies", state: "done", createdAt: at, at, asked: OPS },
    reason: reason("restore.gone", { index: as }),
    result: { cluster: "target", aliases: { movies: "movies" }, indices: [{ as, uuid, operations: count, documents: 6 }], before: [] },
  };
  await writeObject(world.state, stateKey.done("restore", RESTORE), restored);
  const before = await readObject<LastPass>(world.state, stateKey.lastPass("movies"));
  const cut: CutOver = {
    ...{ job: "migration-movies-cutover-20261121t020000z", at, by: OPS.who, restore: RESTORE },
    ...{ snapshot: SNAPSHOT, blocked: ["movies"], documents: 6 },
    ...(before ? { before } : {}),
  };
  await writeObject(world.state, stateKey.cutOver("movies"), cut);
  world.advance(HOUR_MS);
  return world;
}

/** Asks for one that no check refuses. */
export async function askMigration(world: World, request: MigrationRequest, options: MigrationOptions = {}): Promise<Created> {
  const outcome = await startMigration(world, request, OPS, options);
  if ("refused" in outcome) throw new Error(JSON.stringify(outcome.refused.checks));
  return outcome.created;
}

/** A pass is under way. */
export async function passingWorld(): Promise<TestWorld> {
  const world = await migratingWorld();
  await askMigration(await world.open(), { name: "movies", mode: "sync" });
  return world;
}
