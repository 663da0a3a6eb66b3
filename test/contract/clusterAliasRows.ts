import { until } from "./clusterFixture.ts";
import { outcomeOf, type Row, type Stage } from "./clusterStage.ts";

const holders = async ({ cluster, own }: Stage, alias = "films") =>
  (await cluster.listIndices())
    .filter(({ aliases }) => aliases.includes(own(alias)))
    .map(({ name }) => name.replace(own(""), ""))
    .sort();

/** The alias is on `a-1`; both are open. */
async function openHolder(stage: Stage): Promise<void> {
  await stage.index("a-1");
  await stage.index("a-2");
  await stage.cluster.moveAliases([{ alias: stage.own("films"), from: [stage.own("a-*")], to: [stage.own("a-1")] }]);
}

/** The alias is on `a-1`, which is closed; `a-2` is open. */
async function closedHolder(stage: Stage): Promise<void> {
  await openHolder(stage);
  await stage.close("a-1");
}

const LEFT = ["a-20261120010006531-0a1b2c3d", "b-20261120010006531-4e5f6a7b"] as const;
const BROUGHT = ["a-20261121010006531-89abcdef", "b-20261121010006531-01234567"] as const;

const FILTERED = { filter: { term: { kind: "film" } }, index_routing: "one", search_routing: "one,two" };

/** 2^53 + 1, and a number that is a string of its own on a keyword. */
const EXACT = '{"filter":{"bool":{"should":[{"term":{"tenant":9007199254740993}},{"term":{"ver":1.0}}]}}}';

/** One node, so that 0-1 means none. */
async function expanding(stage: Stage): Promise<void> {
  await stage.index("a-1");
  await stage.cluster.updateIndexSettings(stage.own("a-1"), { "index.auto_expand_replicas": "0-1" });
  await until("no replica is left", async () => (await replicasOf(stage))?.replicas === 0);
}

const replicasOf = async ({ cluster, own }: Stage) => (await cluster.listIndices()).find(({ name }) => name === own("a-1"));

async function replicasSet(stage: Stage): Promise<unknown> {
  const outcome = await outcomeOf(stage.cluster.updateIndexSettings(stage.own("a-1"), { "index.number_of_replicas": 1 }));
  // Up to 5.x the wanted number shows for a moment.
  await until("no replica is left", async () => (await replicasOf(stage))?.replicas === 0);
  const index = await replicasOf(stage);
  return [outcome, index?.replicas, index?.settings.auto_expand_replicas];
}

const swap = ({ cluster, own }: Stage, named: readonly string[]) =>
  outcomeOf(cluster.moveAliases([{ alias: own("films"), from: [own("a-*")], named: named.map(own), to: [own("a-2")] }]));

export const aliasRows: readonly Row[] = [
  {
    name: "a wildcard does not take an alias from a closed index, its exact name does",
    arrange: closedHolder,
    async act(stage) {
      const byWildcard = [await swap(stage, []), await holders(stage)];
      return [byWildcard, await swap(stage, ["a-1"]), await holders(stage)];
    },
    expect: [["ok", ["a-1", "a-2"]], "ok", ["a-2"]],
  },
  {
    name: "an exact name that does not exist fails the whole swap, and nothing is changed",
    arrange: closedHolder,
    act: async (stage) => [await swap(stage, ["a-1", "a-0"]), await holders(stage)],
    expect: ["absent", ["a-1"]],
  },
  {
    name: "an exact name that does not have the alias is no obstacle",
    async arrange(stage) {
      await closedHolder(stage);
      await stage.index("a-3");
      await stage.close("a-3");
    },
    act: async (stage) => [await swap(stage, ["a-1", "a-3"]), await holders(stage)],
    expect: ["ok", ["a-2"]],
  },
  {
    name: "a swap works when every index that the wildcard names is closed",
    async arrange(stage) {
      await closedHolder(stage);
      await stage.index("b-1");
    },
    async act({ cluster, own, ...stage }) {
      await cluster.deleteIndex(own("a-2"));
      const outcome = await outcomeOf(
        cluster.moveAliases([{ alias: own("films"), from: [own("a-*")], named: [own("a-1")], to: [own("b-1")] }]),
      );
      return [outcome, await holders({ cluster, own, ...stage })];
    },
    expect: ["ok", ["b-1"]],
  },
  {
    name: "a wildcard does not take an alias from a hidden index, its exact name does",
    from: "7.7.0",
    async arrange(stage) {
      await openHolder(stage);
      await stage.cluster.updateIndexSettings(stage.own("a-1"), { "index.hidden": "true" });
    },
    async act(stage) {
      const byWildcard = [await swap(stage, []), await holders(stage)];
      return [byWildcard, await swap(stage, ["a-1"]), await holders(stage)];
    },
    expect: [["ok", ["a-1", "a-2"]], "ok", ["a-2"]],
  },
  {
    name: "a swap works when every index that the wildcard names is hidden",
    from: "7.7.0",
    async arrange(stage) {
      await openHolder(stage);
      for (const name of ["a-1", "a-2"]) await stage.cluster.updateIndexSettings(stage.own(name), { "index.hidden": "true" });
    },
    act: async (stage) => [await swap(stage, ["a-1"]), await holders(stage)],
    expect: ["ok", ["a-2"]],
  },
  {
    name: "an index that is named and also matches the wildcard is no obstacle",
    arrange: openHolder,
    act: async (stage) => [await swap(stage, ["a-1"]), await holders(stage)],
    expect: ["ok", ["a-2"]],
  },
  {
    name: "an alias keeps its filter and its routing",
    async arrange(stage) {
      await stage.index("a-1");
      await stage.index("a-2");
      await stage.putAlias("films", "a-1", FILTERED);
      await stage.close("a-1");
    },
    async act(stage) {
      const outcomes = [await swap(stage, ["a-1"]), await swap(stage, ["a-1"])];
      return [outcomes, await holders(stage), await stage.aliasProperties("films", "a-2")];
    },
    expect: [["ok", "ok"], ["a-2"], FILTERED],
  },
  {
    name: "an alias keeps its write index and its hidden flag",
    from: "7.7.0",
    async arrange(stage) {
      await stage.index("a-1");
      await stage.index("a-2");
      await stage.putAlias("films", "a-1", { is_write_index: true, is_hidden: true });
    },
    act: async (stage) => [await swap(stage, []), await stage.aliasProperties("films", "a-2")],
    expect: ["ok", { is_write_index: true, is_hidden: true }],
  },
  {
    name: "a swap is refused when the alias says something else on each index that it leaves, and nothing is changed",
    async arrange(stage) {
      for (const name of ["a-1", "a-2", "a-3"]) await stage.index(name);
      await stage.putAlias("films", "a-1", FILTERED);
      await stage.putAlias("films", "a-3", {});
    },
    act: async (stage) => [await swap(stage, []), await holders(stage)],
    expect: ["refused", ["a-1", "a-3"]],
  },
  {
    name: "several aliases move in one call, one of them to several indices",
    async arrange(stage) {
      for (const name of ["a-1", "b-1", "a-2", "b-2"]) await stage.index(name);
      await stage.putAlias("films", "a-1", {});
      for (const name of ["a-1", "b-1"]) await stage.putAlias("all", name, {});
    },
    async act(stage) {
      const { own } = stage;
      const outcome = await outcomeOf(
        stage.cluster.moveAliases([
          { alias: own("films"), from: [own("a-*")], to: [own("a-2")] },
          { alias: own("all"), from: [own("a-*"), own("b-*")], to: [own("a-2"), own("b-2")] },
        ]),
      );
      return [outcome, await holders(stage), await holders(stage, "all")];
    },
    expect: ["ok", ["a-2"], ["a-2", "b-2"]],
  },
  {
    name: "an index makes room for the alias of its name in one call, which is refused a second time and then removes nothing",
    from: "5.0.0",
    async arrange(stage) {
      for (const name of ["films", "a-2"]) await stage.index(name);
    },
    async act(stage) {
      const { own, cluster } = stage;
      const move = () =>
        outcomeOf(cluster.moveAliases([{ alias: own("films"), from: [own("a-*")], to: [own("a-2")], removes: own("films") }]));
      const first = await move();
      const isRefused = (await move()) !== "ok";
      const names = (await cluster.listIndices()).map(({ name }) => name);
      return [first, isRefused, await holders(stage), names.includes(own("films"))];
    },
    expect: ["ok", true, ["a-2"], false],
  },
  {
    name: "no alias moves when one of them cannot, and patterns that match nothing are no obstacle",
    async arrange(stage) {
      for (const name of ["a-1", "b-1", "a-2"]) await stage.index(name);
      await stage.putAlias("films", "a-1", {});
      await stage.putAlias("all", "b-1", {});
    },
    async act(stage) {
      const { own } = stage;
      const move = (named: string) =>
        outcomeOf(
          stage.cluster.moveAliases([
            { alias: own("films"), from: [own("a-*"), own("none-*")], to: [own("a-2")] },
            { alias: own("all"), from: [own("never-*"), own("b-*")], named: [own(named)], to: [own("a-2")] },
          ]),
        );
      const failed = [await move("c-1"), await holders(stage), await holders(stage, "all")];
      return [failed, await move("b-1"), await holders(stage), await holders(stage, "all")];
    },
    expect: [["absent", ["a-1"], ["b-1"]], "ok", ["a-2"], ["a-2"]],
  },
  {
    name: "an alias on several indices keeps its write index with the restore of the same index",
    from: "6.4.0",
    async arrange(stage) {
      for (const name of [...LEFT, ...BROUGHT]) await stage.index(name);
      await stage.putAlias("films", LEFT[0], {});
      await stage.putAlias("films", LEFT[1], { is_write_index: true });
    },
    async act(stage) {
      const { own } = stage;
      const to = BROUGHT.map(own);
      const outcome = await outcomeOf(
        stage.cluster.moveAliases([{ alias: own("films"), from: [own("a-*"), own("b-*")], named: LEFT.map(own), to }]),
      );
      return [outcome, await holders(stage), await Promise.all(BROUGHT.map((name) => stage.aliasProperties("films", name)))];
    },
    expect: ["ok", [...BROUGHT], [{}, { is_write_index: true }]],
  },
  {
    name: "an alias keeps the numbers of its filter digit by digit",
    async arrange(stage) {
      await stage.index("a-1");
      await stage.index("a-2");
      await stage.putAlias("films", "a-1", EXACT);
    },
    async act(stage) {
      const { cluster, own } = stage;
      const said = async () => (await cluster.aliasHolders([own("films")])).get(own("films"));
      return [await said(), await swap(stage, []), await said()].map((part) => JSON.parse(JSON.stringify(part).replaceAll(own(""), "")));
    },
    expect: [[{ index: "a-1", properties: EXACT }], "ok", [{ index: "a-2", properties: EXACT }]],
  },
  {
    name: "what an alias says on closed and open indices is listed with sorted members, and of an unknown alias nothing",
    arrange: closedHolder,
    async act({ cluster, own, putAlias }) {
      await putAlias("films", "a-2", FILTERED);
      await putAlias("others", "a-2", {});
      const holders = await cluster.aliasHolders(["films", "none", "others"].map(own));
      return ["films", "none", "others"].map((alias) =>
        holders
          .get(own(alias))
          ?.map(({ index, properties }) => [index.replace(own(""), ""), properties])
          .sort(),
      );
    },
    expect: [
      [
        ["a-1", "{}"],
        ["a-2", '{"filter":{"term":{"kind":"film"}},"index_routing":"one","search_routing":"one,two"}'],
      ],
      [],
      [["a-2", "{}"]],
    ],
  },
  {
    name: "a filter on a nested path is refused on an index whose mapping lacks it, which can be asked before",
    async arrange(stage) {
      await stage.index("a-1", { nested: "cast" });
      await stage.index("a-2");
      await stage.index("a-3", { nested: "cast" });
      await stage.putAlias("films", "a-1", { filter: { nested: { path: "cast", query: { exists: { field: "cast.name" } } } } });
    },
    async act(stage) {
      const { cluster, own } = stage;
      const fault = (index: string) => cluster.aliasFault(own("films"), own(index));
      return [((await fault("a-2")) ?? "").length > 10, await fault("a-3"), await swap(stage, []), await holders(stage)];
    },
    expect: [true, undefined, "refused", ["a-1"]],
  },
  {
    name: "an alias without a filter fits every index",
    arrange: openHolder,
    act: ({ cluster, own }) => cluster.aliasFault(own("films"), own("a-2")),
    expect: undefined,
  },
  {
    name: "replicas of an index that expands them automatically are accepted and have no effect",
    arrange: expanding,
    act: replicasSet,
    expect: ["ok", 0, "0-1"],
  },
  {
    name: "more replicas than the cluster accepts shards are refused, and nothing is changed",
    from: "7.0.0",
    arrange: (stage) => stage.index("a-1"),
    async act({ cluster, own }) {
      const outcome = await outcomeOf(cluster.updateIndexSettings(own("a-1"), { "index.number_of_replicas": 2_000 }));
      const index = (await cluster.listIndices()).find(({ name }) => name === own("a-1"));
      return [outcome, (index?.replicas ?? 9) < 2, (await cluster.limits()).shardsPerNode];
    },
    expect: ["refused", true, 1_000],
  },
  {
    name: "any number of replicas is accepted, and no limit of shards is known",
    below: "6.0.0",
    arrange: (stage) => stage.index("a-1"),
    act: async ({ cluster, own }) => [
      await outcomeOf(cluster.updateIndexSettings(own("a-1"), { "index.number_of_replicas": 20 })),
      (await cluster.limits()).shardsPerNode,
    ],
    expect: ["ok", undefined],
  },
  {
    name: "any number of replicas is accepted although a limit of shards is told",
    from: "6.7.0",
    below: "7.0.0",
    arrange: (stage) => stage.index("a-1"),
    act: async ({ cluster, own }) => [
      await outcomeOf(cluster.updateIndexSettings(own("a-1"), { "index.number_of_replicas": 2_000 })),
      (await cluster.limits()).shardsPerNode,
    ],
    expect: ["ok", 1_000],
  },
  {
    name: "the clock of the cluster can be asked for",
    arrange: async () => undefined,
    act: async ({ cluster }) => Math.abs((await cluster.clock()).getTime() - Date.now()) < 60_000,
    expect: true,
  },
  {
    name: "the plugins of the nodes can be asked for",
    act: ({ cluster }) => cluster.plugins(),
    expect: [],
  },
];
