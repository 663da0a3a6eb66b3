import { until } from "./clusterFixture.ts";
import { outcomeOf, type Row, type Stage } from "./clusterStage.ts";

/** A setting that AWS's index state management writes, and that no version of Elasticsearch knows. */
const PLUGIN = { "index.opendistro.index_state_management.policy_id": "keep-a-week" };
/** What an index has that is mounted on a snapshot. Slim distributions lack that module; its own call (`_mount`) and `PUT /index` are refused there. */
const MOUNTED = { "index.store.snapshot.snapshot_uuid": "x" };
const MOUNTED_STORE = { "index.store.type": "snapshot" };
const IGNORED = ["index.opendistro", "index.opendistro.*", "archived", "archived.*"];

/** What the version before wrote. */
const OLDER: Record<string, string> = {
  "5": "es-2.4.6/repo",
  "6": "es-5.5.2-chunked/repo",
  "7": "es-6.7.0/repo",
  "8": "es-7.10.2/repo",
  "9": "es-8.17.0/repo",
};

async function ownSnapshot(stage: Stage): Promise<void> {
  await stage.index("movies");
  await stage.repository("r");
  await stage.snapshot("r", "one", "movies");
}

async function olderSnapshot(stage: Stage): Promise<void> {
  await stage.repository("r");
  await stage.givenRepository("given", OLDER[stage.version.split(".")[0] ?? ""] ?? "");
}

const changed = (stage: Stage, index: string, setting: Record<string, string | number>) =>
  outcomeOf(stage.cluster.updateIndexSettings(stage.own(index), setting));

/** Health, then the outcomes of a change of the replicas and of another setting. */
async function state(stage: Stage, index: string): Promise<unknown> {
  await stage.restored();
  const replicas = await changed(stage, index, { "index.number_of_replicas": 0 });
  return [(await stage.health(index))?.status, replicas, await changed(stage, index, { "index.refresh_interval": "5s" })];
}

/** Of an index whose metadata the cluster upgraded, and of its own snapshot, restored with and without the setting. */
async function upgraded(stage: Stage): Promise<unknown> {
  const outcome = await stage.restore("given", "snap-3", "fx-orders", "a", { foreign: true, settings: PLUGIN });
  const first = await state(stage, "a");
  await stage.snapshot("r", "two", "a");
  const again = [await stage.restore("r", "two", "a", "b"), await state(stage, "b")];
  const without = [await stage.restore("r", "two", "a", "c", { ignore: IGNORED }), await state(stage, "c")];
  return { outcome, first, again, without };
}

const FREE = ["green", "ok", "ok"];
/** Only the replicas can be changed. */
const BOUND = ["green", "ok", "invalid"];

const ownWith = (settings: Record<string, string>) => async (stage: Stage) => [
  await stage.restore("r", "one", "movies", "a", { settings }),
  await state(stage, "a"),
];

/** Restores with settings that let no shard start; returns the active shards, and whether the cluster's reason matches. */
const ownWithoutShard = (settings: Record<string, string>, why: RegExp) => async (stage: Stage) => {
  const outcome = await stage.restore("r", "one", "movies", "a", { settings });
  await until("the shard is given up", async () => (await stage.health("a"))?.status === "red");
  const told = await stage.cluster.explainAllocation(stage.own("a"), 0);
  return [outcome, (await stage.health("a"))?.primariesActive, why.test(told ?? "")];
};

/** Settings of a module or plugin that the server does not have, restored from a snapshot of the same version. */
function unknownRows(what: string, settings: Record<string, string>, why: RegExp): Row[] {
  const arrange = ownSnapshot;
  return [
    {
      name: `${what} in a snapshot of the same version is no obstacle`,
      below: "6.0.0",
      arrange,
      act: ownWith(settings),
      expect: ["ok", FREE],
    },
    {
      name: `${what} in a snapshot of the same version lets no shard start`,
      from: "6.0.0",
      below: "7.0.0",
      arrange,
      act: ownWithoutShard(settings, why),
      expect: ["ok", 0, true],
    },
    {
      name: `${what} in a snapshot of the same version blocks changes of settings except of the replicas`,
      from: "7.0.0",
      arrange,
      act: ownWith(settings),
      expect: ["ok", BOUND],
    },
  ];
}

export const settingRows: readonly Row[] = [
  {
    name: "a plugin's setting in a snapshot of another version is no obstacle",
    from: "5.0.0",
    below: "6.0.0",
    arrange: olderSnapshot,
    act: upgraded,
    expect: { outcome: "ok", first: FREE, again: ["ok", FREE], without: ["ok", FREE] },
  },
  {
    name: "a plugin's setting in a snapshot of another version blocks changes of settings except of the replicas, unless it is left out",
    from: "6.0.0",
    arrange: olderSnapshot,
    act: upgraded,
    expect: { outcome: "ok", first: BOUND, again: ["ok", BOUND], without: ["ok", FREE] },
  },
  ...unknownRows("a plugin's setting", PLUGIN, /unknown setting \[index\.opendistro/),
  ...unknownRows("a setting of a mounted snapshot", MOUNTED, /unknown setting \[index\.store\.snapshot/),
  {
    name: "a setting of a mounted snapshot that the server does not know is archived and not listed, so that no index looks mounted",
    from: "7.0.0",
    arrange: ownSnapshot,
    async act(stage) {
      await stage.restore("r", "one", "movies", "a", { settings: MOUNTED });
      await stage.restored();
      const [index] = (await stage.cluster.listIndices()).filter(({ name }) => name === stage.own("a"));
      return Object.keys(index?.settings ?? { "store.snapshot": "no index" }).filter((key) => key.includes("store.snapshot"));
    },
    expect: [],
  },
  {
    name: "the store type of a mounted snapshot lets no shard start where the server has no such module",
    from: "6.0.0",
    arrange: ownSnapshot,
    act: ownWithoutShard(MOUNTED_STORE, /Unknown store type \[snapshot\]/),
    expect: ["ok", 0, true],
  },
];
