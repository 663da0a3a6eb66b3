import { freeAbove } from "../../shared/model/disks/clusterDisks.ts";
import { DISK } from "../../shared/model/placement/placement.ts";
import { until } from "./clusterFixture.ts";
import { ownSnapshot, withCluster } from "./clusterPlacementRows.ts";
import type { Row, Stage } from "./clusterStage.ts";

/** Two thousand terabytes that must stay free: every node is above it. */
const FULL = { "watermark.low": "2000tb", "watermark.high": "1999tb" };
const FLOOD = { "watermark.flood_stage": "1b" };
/** The shortest interval at which a server looks at its disks, after a first one of 30 s; until it has looked, it places shards anywhere. */
const LOOK = { "cluster.info.update.interval": "10s" };
const TWO_LOOKS_MS = 45_000;
const hasFlood = ({ version }: Stage) => Number.parseInt(version, 10) >= 6;

/** Settings below `cluster.routing.allocation.disk`; gone after the row. */
function withDisk<T>(stage: Stage, settings: Record<string, string>, act: () => Promise<T>): Promise<T> {
  return withCluster(
    stage,
    { ...Object.fromEntries(Object.entries(settings).map(([key, value]) => [`${DISK}.${key}`, value])), ...LOOK },
    act,
  );
}

const marks = async ({ cluster }: Stage) => {
  const { isEnabled, low, high, flood } = (await cluster.limits()).disk;
  return [isEnabled, low.value, high.value, flood?.value];
};

/** A restore while the only node is above its low watermark; returns the active primaries and whether the disk is the reason told. */
const restoreOnFull = (stage: Stage, as = "a") =>
  withDisk(stage, { threshold_enabled: "true", ...FULL, ...(hasFlood(stage) ? FLOOD : {}) }, async () => {
    await new Promise((resolve) => setTimeout(resolve, TWO_LOOKS_MS));
    const outcome = await stage.restore("r", "one", "movies", as);
    const settled = async () => {
      const health = await stage.health(as);
      return health?.primariesActive === 1 || /watermark/.test((await stage.cluster.explainAllocation(stage.own(as), 0)) ?? "");
    };
    await until("the shard is started or refused", settled);
    const [disk] = await stage.cluster.disks();
    const { low } = (await stage.cluster.limits()).disk;
    return [outcome, (await stage.health(as))?.primariesActive, disk && freeAbove(low, disk)];
  });

function asWritten(enabled: "true" | "false", low: string, high: string, flood: string): Pick<Row, "act" | "expect"> {
  const settings = { threshold_enabled: enabled, "watermark.low": low, "watermark.high": high };
  return {
    act: (stage) =>
      withDisk(stage, { ...settings, ...(hasFlood(stage) && { "watermark.flood_stage": flood }) }, async () =>
        (await marks(stage)).slice(0, 3),
      ),
    expect: [enabled === "true", low, high],
  };
}

function onFull(primariesActive: number): Pick<Row, "arrange" | "act" | "expect"> {
  return { arrange: ownSnapshot, act: (stage) => restoreOnFull(stage), expect: ["ok", primariesActive, 0] };
}

export const diskRows: readonly Row[] = [
  {
    name: "the rate of recoveries is told as it is set, and as the server has it by default",
    async act(stage) {
      const rate = async () => (await stage.cluster.limits()).recoveryRate;
      const before = await rate();
      await stage.putClusterSettings({ "indices.recovery.max_bytes_per_sec": "20mb" });
      const set = await rate();
      await stage.putClusterSettings({ "indices.recovery.max_bytes_per_sec": null });
      return [before, set];
    },
    expect: ["40mb", "20mb"],
  },
  {
    name: "each data node tells its disk",
    async act({ cluster }) {
      const disks = await cluster.disks();
      return disks.map(({ node, totalBytes, freeBytes }) => [node !== "", totalBytes > freeBytes, freeBytes > 1_000_000]);
    },
    expect: [[true, true, true]],
  },
  {
    name: "the watermarks by default are shares of the disk, without one for floods",
    below: "6.0.0",
    act: async (stage) => (await marks(stage)).slice(1),
    expect: ["85%", "90%", undefined],
  },
  {
    name: "the watermarks by default are shares of the disk",
    from: "6.0.0",
    act: async (stage) => (await marks(stage)).slice(1),
    expect: ["85%", "90%", "95%"],
  },
  {
    name: "shares by default need not leave more than a bound free",
    from: "8.5.0",
    act: async ({ cluster }) => {
      const { low, high, flood } = (await cluster.limits()).disk;
      return [low.maxHeadroom, high.maxHeadroom, flood?.maxHeadroom].map((text) => text?.toLowerCase());
    },
    expect: ["200gb", "150gb", "100gb"],
  },
  {
    name: "a share that was set has no bound",
    from: "8.5.0",
    act: (stage) =>
      withDisk(stage, { "watermark.low": "70%", "watermark.high": "80%", "watermark.flood_stage": "90%" }, async () => {
        return (await stage.cluster.limits()).disk.low;
      }),
    expect: { value: "70%", maxHeadroom: "-1" },
  },
  {
    name: "watermarks that were set are told as they were written",
    ...asWritten("true", "0.7", "0.85", "0.9"),
  },
  {
    name: "watermarks in bytes are told as they were written, and one setting at a time",
    ...asWritten("false", "3gb", "2gb", "1gb"),
  },
  {
    name: "an only data node above its low watermark takes a restored shard",
    from: "5.0.0",
    below: "8.0.0",
    ...onFull(1),
  },
  {
    name: "an only data node above its low watermark takes no restored shard",
    from: "8.0.0",
    ...onFull(0),
  },
  {
    name: "an only data node above its low watermark takes a restored shard of which it has a copy",
    from: "8.0.0",
    async arrange(stage) {
      await ownSnapshot(stage);
      await stage.close("movies");
    },
    act: (stage) => restoreOnFull(stage, "movies"),
    expect: ["ok", 1, 0],
  },
  {
    name: "each data node tells its names, by which filters find it",
    async act({ cluster }) {
      const [disk] = await cluster.disks();
      return [disk?.attributes._name === disk?.node, disk?.attributes._ip, disk?.attributes._id !== undefined];
    },
    expect: [true, "127.0.0.1", true],
  },
  {
    name: "the health of all indices is that of each",
    arrange: ownSnapshot,
    async act({ cluster, own }) {
      const [all, one] = [await cluster.healths(), await cluster.health(own("movies"))];
      return [JSON.stringify(all.get(own("movies"))) === JSON.stringify(one), one?.primariesActive];
    },
    expect: [true, 1],
  },
  ...(
    [
      ["7.2.0", undefined, 1],
      ["5.0.0", "7.2.0", undefined],
    ] as const
  ).map(([from, below, primaries]) => ({
    name: `a closed index ${primaries === undefined ? "has no health" : "has the health of its shards"}`,
    from,
    ...(below !== undefined && { below }),
    async arrange(stage: Stage) {
      await ownSnapshot(stage);
      await stage.close("movies");
    },
    async act({ cluster, own }: Stage) {
      const active = async () => (await cluster.healths()).get(own("movies"))?.primariesActive;
      // The close starts its shards anew.
      if (primaries !== undefined) await until("its primaries are active again", async () => (await active()) === primaries);
      return active();
    },
    expect: primaries,
  })),
  {
    name: "running work is told in one answer, and nothing runs on an idle cluster",
    act: async ({ cluster }) => cluster.runningWork(),
    expect: { snapshots: [], restores: [] },
  },
];
