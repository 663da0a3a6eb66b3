import { until } from "./clusterFixture.ts";
import { outcomeOf, type Row, type Stage } from "./clusterStage.ts";

const GUARD = "guard";

/** The index has an alias of its own, and one through which it is closed. */
async function guarded(stage: Stage): Promise<void> {
  await stage.index("movies");
  await stage.putAlias("films", "movies", { filter: { term: { title: "x" } } });
  await guard(stage);
}

const guard = ({ cluster, own }: Stage) => cluster.moveAliases([{ alias: own(GUARD), from: [], to: [own("movies")] }]);
const unguard = ({ cluster, own }: Stage) =>
  outcomeOf(cluster.moveAliases([{ alias: own(GUARD), from: [], named: [own("movies")], to: [] }]));
const close = ({ cluster, own }: Stage) => outcomeOf(cluster.closeBehind(own(GUARD)));
const open = ({ cluster, own }: Stage) => outcomeOf(cluster.openIndex(own("movies")));

async function look({ cluster, own }: Stage) {
  const index = (await cluster.listIndices()).find(({ name }) => name === own("movies"));
  return [
    index?.state,
    index?.aliases
      .map((alias) => alias.replace(own(""), ""))
      .sort()
      .join(),
  ];
}

async function counted(stage: Stage): Promise<number> {
  await until("its primaries are started", async () => (await stage.health("movies"))?.primariesActive === 1);
  return stage.cluster.countDocuments(stage.own("movies"));
}

export const closingRows: readonly Row[] = [
  {
    name: "an index is closed through an alias, as often as asked, keeps its aliases, and is opened with what it held",
    arrange: guarded,
    act: async (stage) => [
      [await close(stage), await close(stage), await look(stage)],
      [await unguard(stage), await look(stage)],
      [await open(stage), await open(stage), await look(stage), await counted(stage)],
    ],
    expect: [
      ["ok", "ok", ["close", "films,guard"]],
      ["ok", ["close", "films"]],
      ["ok", "ok", ["open", "films"], 3],
    ],
  },
  {
    name: "a request through an alias that was removed closes nothing",
    arrange: guarded,
    act: async (stage) => [await unguard(stage), await close(stage), await look(stage)],
    expect: ["ok", "absent", ["open", "films"]],
  },
  {
    name: "a read-only index is not closed, and gets no alias",
    arrange: guarded,
    async act(stage) {
      const block = (isSet: boolean) => stage.cluster.updateIndexSettings(stage.own("movies"), { "index.blocks.read_only": String(isSet) });
      await block(true);
      const seen = [await outcomeOf(guard(stage)), await close(stage), (await look(stage))[0]];
      await block(false);
      return seen;
    },
    expect: ["refused", "refused", "open"],
  },
  {
    name: "a restore over a closed index keeps its aliases with what they say, and brings the settings of the snapshot",
    async arrange(stage) {
      await guarded(stage);
      await stage.cluster.updateIndexSettings(stage.own("movies"), { "index.refresh_interval": "7s" });
      await stage.repository("r");
      await stage.snapshot("r", "one", "movies");
      await stage.cluster.updateIndexSettings(stage.own("movies"), { "index.refresh_interval": "9s", "index.blocks.write": "true" });
    },
    async act(stage) {
      const { cluster, own } = stage;
      await close(stage);
      await unguard(stage);
      const restored = await stage.restore("r", "one", "movies", "movies", { ignore: ["index.blocks.*"] });
      await stage.restored();
      const index = (await cluster.listIndices()).find(({ name }) => name === own("movies"));
      const { refresh_interval: refresh, "blocks.write": blocked = "" } = index?.settings ?? {};
      return [restored, await look(stage), refresh, blocked, "filter" in ((await stage.aliasProperties("films", "movies")) ?? {})];
    },
    expect: ["ok", ["open", "films"], "7s", "", true],
  },
];
