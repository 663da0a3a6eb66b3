import {
  AWARENESS_SETTING,
  CLOSE_SETTING,
  FIRST_RECOVERIES_SETTING,
  inEffect,
  TOTAL_SHARDS_SETTING,
} from "../../shared/model/placement/placement.ts";
import { until } from "./clusterFixture.ts";
import { outcomeOf, type Row, type Stage } from "./clusterStage.ts";

/** Settings of the cluster; gone after the row. */
export async function withCluster<T>(stage: Stage, full: Record<string, string>, act: () => Promise<T>): Promise<T> {
  await stage.putClusterSettings(full);
  try {
    return await act();
  } finally {
    await stage.putClusterSettings(Object.fromEntries(Object.keys(full).map((key) => [key, null])));
  }
}

export async function ownSnapshot(stage: Stage): Promise<void> {
  await stage.index("movies");
  await stage.repository("r");
  await stage.snapshot("r", "one", "movies");
}

/** What the deciders say; a shard that is being restored has an explanation too. */
const FORBIDDEN = /no allocations are allowed|cluster setting|exclude filter|\[cluster\.routing\.allocation/;

/** A shard that is only throttled, for ever or not, has no decider that says no; one of three documents is restored long before the last look. */
async function lookOften(isSettled: () => Promise<boolean>): Promise<void> {
  for (let look = 0; look < 30 && !(await isSettled()); look += 1) await new Promise((resolve) => setTimeout(resolve, 500));
}

/** A restore while the setting is as given. */
const restoreWith = (stage: Stage, setting: string, value: string) =>
  withCluster(stage, { [setting]: value }, async () => {
    const placement = inEffect((await stage.cluster.limits()).placement);
    const outcome = await stage.restore("r", "one", "movies", "a");
    if (outcome !== "ok") return [placement[setting], outcome];
    const settled = () => isSettled(stage, "a");
    if (setting === FIRST_RECOVERIES_SETTING) await lookOften(settled);
    else await until("the shard is started or refused", settled);
    return [placement[setting], (await stage.health("a"))?.primariesActive];
  });

function restoredUnder(setting: string, value: string, expected: string | number): Row {
  return {
    name: `${setting}: ${value} in a restore`,
    from: "5.0.0",
    arrange: ownSnapshot,
    act: (stage) => restoreWith(stage, setting, value),
    expect: [value, expected],
  };
}

/** Whether the primary is active, or a decider refused it. */
async function isSettled(stage: Stage, as: string): Promise<boolean> {
  const health = await stage.health(as);
  return health?.primariesActive === 1 || FORBIDDEN.test((await stage.cluster.explainAllocation(stage.own(as), 0)) ?? "");
}

const ALLOCATION = "cluster.routing.allocation";

/** Primaries that are active once the restore started its shard, or a decider refused it. */
async function restoredUntilSettled(stage: Stage, as: string): Promise<number | string | undefined> {
  const outcome = await stage.restore("r", "one", "movies", as);
  if (outcome !== "ok") return outcome;
  await lookOften(() => isSettled(stage, as));
  return (await stage.health(as))?.primariesActive;
}

/** Over an index of which the node has a copy. */
function overUnder(setting: string, value: string, expected: number): Row {
  return {
    name: `${setting}: ${value} in a restore over an index`,
    from: "5.0.0",
    async arrange(stage) {
      await ownSnapshot(stage);
      await stage.close("movies");
    },
    act: (stage) => withCluster(stage, { [setting]: value }, () => restoredUntilSettled(stage, "movies")),
    expect: expected,
  };
}

/** Over an index of which no node has a copy: its only shard never found a node. */
function overUncopied(setting: string, value: string, expected: number): Row {
  return {
    name: `${setting}: ${value} in a restore over an index without a copy`,
    from: "5.0.0",
    async arrange(stage) {
      await ownSnapshot(stage);
      await stage.cluster.deleteIndex(stage.own("movies"));
      await stage.unassigned("movies");
      await stage.close("movies");
    },
    act: (stage) => withCluster(stage, { [setting]: value }, () => restoredUntilSettled(stage, "movies")),
    expect: expected,
  };
}

/** A restore where the node takes as many shards as it has, with those of a closed index. */
function besideClosed(from: string, below: string | undefined, expected: number): Row {
  return {
    name: `a closed index takes up ${expected === 0 ? "places" : "no place"} of total_shards_per_node`,
    from,
    ...(below !== undefined && { below }),
    async arrange(stage) {
      await ownSnapshot(stage);
      await stage.index("old");
      await stage.close("old");
    },
    async act(stage) {
      const there = await stage.cluster.listIndices();
      const limit = there.reduce((sum, { shards }) => sum + shards, 0);
      const closed = there.find(({ name }) => name === stage.own("old"));
      const active = await withCluster(stage, { [TOTAL_SHARDS_SETTING]: String(limit) }, () => restoredUntilSettled(stage, "a"));
      return [closed?.settings.verified_before_close, active];
    },
    expect: [expected === 0 ? "true" : undefined, expected],
  };
}

export const placementRows: readonly Row[] = [
  restoredUnder(`${ALLOCATION}.enable`, "none", 0),
  restoredUnder(`${ALLOCATION}.enable`, "new_primaries", 1),
  restoredUnder(`${ALLOCATION}.enable`, "primaries", 1),
  restoredUnder(`${ALLOCATION}.exclude._name`, "*", 0),
  restoredUnder(`${ALLOCATION}.include._ip`, "127.0.0.1", 1),
  restoredUnder(`${ALLOCATION}.include._name`, "*", 1),
  restoredUnder(`${ALLOCATION}.require._name`, "*,nowhere", 0),
  restoredUnder(`${ALLOCATION}.require._ip`, "127.0.0.1,10.0.0.9", 1),
  restoredUnder(`${ALLOCATION}.include._name`, "nowhere,*", 1),
  restoredUnder(`${ALLOCATION}.exclude._id`, "*", 1),
  restoredUnder(`${ALLOCATION}.exclude.zone_ip`, "127.0.0.1", 1),
  restoredUnder(`${ALLOCATION}.require.zone`, "eu/west", 0),
  restoredUnder(FIRST_RECOVERIES_SETTING, "0", 0),
  restoredUnder(FIRST_RECOVERIES_SETTING, "1", 1),
  restoredUnder("cluster.blocks.read_only", "true", "refused"),
  restoredUnder(AWARENESS_SETTING, "rack", 1),
  restoredUnder(AWARENESS_SETTING, "zone_id", 0),
  restoredUnder(AWARENESS_SETTING, "rack,zone_id", 0),
  restoredUnder(AWARENESS_SETTING, "_name", 0),
  {
    name: "awareness with values that no node has in a restore without replicas",
    from: "5.0.0",
    arrange: ownSnapshot,
    act: (stage) =>
      withCluster(stage, { [AWARENESS_SETTING]: "rack", [`${ALLOCATION}.awareness.force.rack.values`]: "x,y" }, () =>
        restoredUntilSettled(stage, "a"),
      ),
    expect: 1,
  },
  overUnder(`${ALLOCATION}.enable`, "none", 1),
  overUnder(`${ALLOCATION}.exclude._name`, "*", 1),
  overUncopied(`${ALLOCATION}.exclude._name`, "*", 0),
  overUncopied(`${ALLOCATION}.exclude._name`, "nobody", 1),
  overUnder(`${ALLOCATION}.require.zone`, "x", 1),
  overUnder(AWARENESS_SETTING, "zone_id", 1),
  overUnder(TOTAL_SHARDS_SETTING, "1", 1),
  overUnder(FIRST_RECOVERIES_SETTING, "0", 0),
  {
    name: "no index is closed while the cluster forbids it",
    from: "5.0.0",
    arrange: ownSnapshot,
    async act({ cluster, own, ...stage }) {
      await cluster.moveAliases([{ alias: own("guard"), from: [], to: [own("movies")] }]);
      return withCluster({ cluster, own, ...stage }, { [CLOSE_SETTING]: "false" }, async () => [
        inEffect((await cluster.limits()).placement)[CLOSE_SETTING],
        await outcomeOf(cluster.closeBehind(own("guard"))),
      ]);
    },
    expect: ["false", "refused"],
  },
  besideClosed("5.0.0", "7.2.0", 1),
  besideClosed("7.2.0", undefined, 0),
];
