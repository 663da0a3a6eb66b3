import { outcomeOf, type Row, type Stage } from "./clusterStage.ts";

const set = (stage: Stage, index: string, block: string, isSet: boolean) =>
  outcomeOf(stage.cluster.updateIndexSettings(stage.own(index), { [`index.blocks.${block}`]: String(isSet) }));

/** The alias is on `a-1`, which has the block. */
async function blockedHolder(stage: Stage, block: string): Promise<void> {
  for (const name of ["a-1", "a-2"]) await stage.index(name);
  await stage.putAlias("films", "a-1", {});
  await set(stage, "a-1", block, true);
}

const holders = async ({ cluster, own }: Stage) =>
  (await cluster.listIndices()).filter(({ aliases }) => aliases.includes(own("films"))).map(({ name }) => name.replace(own(""), ""));

const swap = ({ cluster, own }: Stage, named: readonly string[], to = "a-2") =>
  outcomeOf(cluster.moveAliases([{ alias: own("films"), from: [own("a-*")], named: named.map(own), to: [own(to)] }]));

async function swapped(stage: Stage): Promise<unknown> {
  return [await swap(stage, ["a-1"]), await holders(stage)];
}

/** Nothing else would remove what the row leaves. */
const freed = (block: string, act: (stage: Stage) => Promise<unknown>) => async (stage: Stage) => {
  const seen = await act(stage);
  await set(stage, "a-1", block, false);
  return seen;
};

export const blockRows: readonly Row[] = [
  {
    name: "a read-only index keeps its alias, its settings and itself until the block is removed",
    arrange: (stage) => blockedHolder(stage, "read_only"),
    async act(stage) {
      const settings = await outcomeOf(stage.cluster.updateIndexSettings(stage.own("a-1"), { "index.number_of_replicas": 0 }));
      const seen = [settings, await outcomeOf(stage.cluster.deleteIndex(stage.own("a-1"))), await swapped(stage)];
      return [...seen, await set(stage, "a-1", "read_only", false), await swapped(stage)];
    },
    expect: ["refused", "refused", ["refused", ["a-1"]], "ok", ["ok", ["a-2"]]],
  },
  {
    name: "a read-only index that only a wildcard names loses its alias",
    arrange: (stage) => blockedHolder(stage, "read_only"),
    act: freed("read_only", async (stage) => [await swap(stage, []), await holders(stage)]),
    expect: ["ok", ["a-2"]],
  },
  {
    name: "a read-only index gets no alias",
    async arrange(stage) {
      for (const name of ["a-1", "a-2"]) await stage.index(name);
      await stage.putAlias("films", "a-2", {});
      await set(stage, "a-1", "read_only", true);
    },
    act: freed("read_only", async (stage) => [await swap(stage, ["a-2"], "a-1"), await holders(stage)]),
    expect: ["refused", ["a-2"]],
  },
  {
    name: "the block of a full disk keeps the alias",
    from: "5.0.0",
    below: "7.4.0",
    arrange: (stage) => blockedHolder(stage, "read_only_allow_delete"),
    act: freed("read_only_allow_delete", swapped),
    expect: ["refused", ["a-1"]],
  },
  {
    name: "the block of a full disk keeps the alias for the moment",
    from: "7.4.0",
    below: "8.0.0",
    arrange: (stage) => blockedHolder(stage, "read_only_allow_delete"),
    act: freed("read_only_allow_delete", swapped),
    expect: ["transient", ["a-1"]],
  },
  {
    name: "the block of a full disk does not keep the alias",
    from: "8.0.0",
    arrange: (stage) => blockedHolder(stage, "read_only_allow_delete"),
    act: freed("read_only_allow_delete", swapped),
    expect: ["ok", ["a-2"]],
  },
  {
    name: "a block of writes does not keep the alias",
    arrange: (stage) => blockedHolder(stage, "write"),
    act: freed("write", swapped),
    expect: ["ok", ["a-2"]],
  },
  {
    name: "an index whose metadata is blocked keeps every alias where it is, and hides what they say",
    async arrange(stage) {
      for (const name of ["a-1", "a-2", "b"]) await stage.index(name);
      await stage.putAlias("films", "b", {});
      await set(stage, "a-1", "metadata", true);
    },
    act: freed("metadata", async (stage) => [
      await outcomeOf(stage.cluster.aliasHolders([stage.own("films")])),
      await swap(stage, ["b"]),
      await holders(stage),
    ]),
    expect: ["refused", "refused", ["b"]],
  },
  {
    name: "an index whose metadata is blocked hides its own size and counts, and those of no other index",
    async arrange(stage) {
      for (const name of ["a-1", "b"]) await stage.index(name);
      await set(stage, "a-1", "metadata", true);
    },
    act: freed("metadata", async ({ cluster, own }) => {
      const sizes = await cluster.indexBytes();
      const counts = await cluster.counts([own("b"), ...Array.from({ length: 400 }, (_, at) => own(`absent-${at}`))]);
      return [(sizes.get(own("b")) ?? 0) > 0, sizes.has(own("a-1")), [...counts.keys()].map((name) => name === own("b"))];
    }),
    expect: [true, false, [true]],
  },
];
