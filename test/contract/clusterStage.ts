import { expect, it } from "vitest";
import type { Cluster, IndexHealth, RegisteredRepositoryInput } from "../../shared/model/cluster.ts";
import { AppError, type ErrorCode } from "../../shared/model/errors.ts";
import { isAtLeast } from "../../shared/plan/versions.ts";
import { type ClusterFixture, type Damage, finished, until } from "./clusterFixture.ts";

/** One behaviour that was measured on real servers in the given range of versions. */
export interface Row {
  name: string;
  from?: string;
  below?: string;
  arrange?(stage: Stage): Promise<void>;
  act(stage: Stage): Promise<unknown>;
  expect: unknown;
}

/** The result of a call. */
export type Outcome = "ok" | ErrorCode;

/** A row's own namespace on the cluster: every name that it creates has the row's prefix. */
export interface Stage {
  cluster: Cluster;
  version: string;
  own(name: string): string;
  /** One shard and three documents by default. */
  index(name: string, options?: { shards?: number; bytes?: number; nested?: string }): Promise<void>;
  /** Writes documents with these ids. */
  write(index: string, ids: number[]): Promise<void>;
  unassigned(index: string): Promise<void>;
  close(index: string): Promise<void>;
  createStream(name: string): Promise<void>;
  createTasksIndex(): Promise<void>;
  /** Properties as an object, or as JSON whose numbers must stay as written. */
  putAlias(alias: string, index: string, properties: Record<string, unknown> | string): Promise<void>;
  aliasProperties(alias: string, index: string): Promise<Record<string, unknown> | undefined>;
  repository(name: string, settings?: Record<string, string | number | boolean>): Promise<void>;
  /** The same location under another name: read-only, or with the given settings. */
  sameRepository(name: string, of: string, settings?: Record<string, string | number | boolean>): Promise<Outcome>;
  givenRepository(name: string, fixture: string): Promise<Outcome>;
  subsetRepository(name: string, of: string, snapshots: readonly string[]): Promise<void>;
  spoil(repository: string, damage: Damage): Promise<void>;
  putClusterSettings(settings: Record<string, string | null>): Promise<void>;
  uuidOf(repository: string, snapshot: string): Promise<string>;
  create(repository: string, snapshot: string, index: string): Promise<Outcome>;
  /** Creates a snapshot and waits until it is finished. */
  snapshot(repository: string, snapshot: string, index: string): Promise<void>;
  delete(repository: string, snapshot: string): Promise<Outcome>;
  /** Index names of the snapshot have the row's prefix unless `foreign`. */
  restore(repository: string, snapshot: string, index: string, as: string, options?: RestoreOptions): Promise<Outcome>;
  /** Waits until no restore runs. */
  restored(): Promise<void>;
  health(index: string): Promise<Pick<IndexHealth, "status" | "primariesActive" | "unassigned"> | undefined>;
  /** Names (without the row's prefix) of the snapshots that the cluster lists, or the error code. */
  listed(repository: string): Promise<string[] | ErrorCode>;
}

export interface RestoreOptions {
  foreign?: boolean;
  ignore?: string[];
  /** Settings that the restore adds. */
  settings?: Record<string, string>;
}

export function appliesTo({ from, below }: Row, version: string): boolean {
  return (!from || isAtLeast(version, from)) && (!below || !isAtLeast(version, below));
}

/** One test per row that applies to the version; the remains of a row are removed before the next. */
export function rowTests(fixture: () => ClusterFixture, version: string, table: string, rows: readonly Row[]): void {
  const wanted = rows.filter((row) => appliesTo(row, version));
  for (const [number, row] of wanted.entries()) {
    it(row.name, async () => {
      const stage = openStage(fixture(), `${table}${number}-`);
      try {
        await row.arrange?.(stage);
        expect(await row.act(stage)).toEqual(row.expect);
      } finally {
        await clear(stage);
      }
    });
  }
}

const OF_THE_PLACE = ["location", "bucket", "base_path", "region", "role_arn"];

/** The settings that say where a repository is. */
export function placeSettings<Value>(settings: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(settings).filter(([key]) => OF_THE_PLACE.includes(key)));
}

export async function outcomeOf(call: Promise<unknown>): Promise<Outcome> {
  try {
    await call;
    return "ok";
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.code;
  }
}

function openStage(fixture: ClusterFixture, prefix: string): Stage {
  const { cluster, version } = fixture;
  const places = new Map<string, RegisteredRepositoryInput>();
  const own = (name: string) => `${prefix}${name}`;
  const register = async (name: string, repository: RegisteredRepositoryInput, verify: boolean): Promise<Outcome> => {
    places.set(name, repository);
    return outcomeOf(cluster.putRepository(repository, { verify }));
  };
  const placeOf = (name: string) => {
    const place = places.get(name);
    if (!place) throw new Error(`the row registers no ${name}`);
    return place;
  };
  const create = (repository: string, snapshot: string, index: string) =>
    cluster.createSnapshot(own(repository), snapshot, { indices: [own(index)], metadata: { row: snapshot } });
  return {
    cluster,
    version,
    own,
    async index(name, { shards = 1, bytes, nested } = {}) {
      await fixture.createIndex(own(name), shards, nested);
      await fixture.writeDocuments(own(name), [1, 2, 3], bytes === undefined ? {} : { bytes });
    },
    write: (name, ids) => fixture.writeDocuments(own(name), ids),
    unassigned: (name) => fixture.createUnassigned(own(name)),
    close: (name) => fixture.closeIndex(own(name)),
    createStream: (name) => fixture.createStream(own(name)),
    createTasksIndex: () => fixture.createTasksIndex(),
    putAlias: (alias, index, properties) => fixture.putAlias(own(alias), own(index), properties),
    aliasProperties: (alias, index) => fixture.aliasProperties(own(alias), own(index)),
    async repository(name, settings) {
      await register(name, fixture.newRepository(own(name), settings), true);
    },
    sameRepository: (name, of, settings = { readonly: true }) =>
      register(name, { ...placeOf(of), name: own(name), settings: { ...placeSettings(placeOf(of).settings), ...settings } }, false),
    givenRepository: async (name, given) => register(name, await fixture.givenRepository(own(name), given), false),
    async subsetRepository(name, of, snapshots) {
      await register(name, await fixture.subsetRepository(own(name), placeOf(of), snapshots), false);
    },
    putClusterSettings: (settings) => fixture.putClusterSettings(settings),
    spoil: (repository, damage) => fixture.spoil(placeOf(repository), damage),
    async uuidOf(repository, snapshot) {
      const found = await cluster.getSnapshot(own(repository), snapshot);
      // 2.x names the blob after the snapshot.
      return found?.uuid ?? snapshot;
    },
    create: (repository, snapshot, index) => outcomeOf(create(repository, snapshot, index)),
    async snapshot(repository, snapshot, index) {
      await create(repository, snapshot, index);
      await finished(cluster, own(repository), snapshot);
    },
    delete: (repository, snapshot) => outcomeOf(cluster.deleteSnapshots(own(repository), [snapshot])),
    restore(repository, snapshot, index, as, { foreign = false, ignore = [], settings = {} } = {}) {
      const names = { repository: own(repository), snapshot, index: foreign ? index : own(index), as: own(as) };
      const indexSettings = { "index.number_of_replicas": 0, ...settings };
      return outcomeOf(cluster.restore({ ...names, indexSettings, ignoreIndexSettings: ignore }));
    },
    restored: () => until("no restore runs", async () => (await cluster.runningRestores()).length === 0),
    async health(index) {
      const health = await cluster.health(own(index));
      return health && { status: health.status, primariesActive: health.primariesActive, unassigned: health.unassigned };
    },
    async listed(repository) {
      try {
        return (await cluster.listSnapshots(own(repository))).map(({ name }) => name).sort();
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        return error.code;
      }
    },
  };
}

/** Stops everything that hangs or runs, so that the next row starts on an idle cluster. */
async function clear({ cluster, own }: Stage): Promise<void> {
  const mine = async () => (await cluster.listIndices()).filter(({ name }) => name.startsWith(own("")));
  const restoring = new Set((await cluster.runningRestores()).flatMap(({ indices }) => indices));
  for (const { name } of await mine()) if (restoring.has(name)) await cluster.deleteIndex(name);
  // Up to 7.6 no snapshot can be stopped before that.
  await until("no restore runs", async () => (await cluster.runningRestores()).length === 0);
  for (const { repository, snapshot } of await cluster.runningSnapshots()) await cluster.deleteSnapshots(repository, [snapshot]);
  await until("no snapshot runs", async () => (await cluster.runningSnapshots()).length === 0);
  for (const { name } of await mine()) await cluster.deleteIndex(name);
}
