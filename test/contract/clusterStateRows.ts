import { isAtLeast } from "../../shared/plan/versions.ts";
import { finished, until } from "./clusterFixture.ts";
import { outcomeOf, type Row, type Stage } from "./clusterStage.ts";

/** A snapshot `whole` with the global state, and `plain` without. */
async function arranged(stage: Stage): Promise<void> {
  await stage.index("small");
  await stage.repository("r");
  for (const [name, globalState] of [
    ["whole", true],
    ["plain", false],
  ] as const) {
    const features = isAtLeast(stage.version, "7.12.0") && globalState ? { featureStates: ["none"] } : {};
    await stage.cluster.createSnapshot(stage.own("r"), name, { indices: [stage.own("small")], metadata: {}, globalState, ...features });
    await finished(stage.cluster, stage.own("r"), name);
  }
}

const NO_COPIES = { "index.number_of_replicas": 0 };

function carry(stage: Stage, snapshot: string, { as = "carrier", features }: { as?: string; features?: string[] } = {}) {
  const asked = features ?? (isAtLeast(stage.version, "7.12.0") ? [] : undefined);
  const request = { repository: stage.own("r"), snapshot, index: stage.own("small"), as: stage.own(as) };
  return outcomeOf(
    stage.cluster.restore({
      ...request,
      indexSettings: features ? {} : NO_COPIES,
      ignoreIndexSettings: [],
      state: { globalState: features === undefined, ...(asked === undefined ? {} : { features: asked }) },
    }),
  );
}

async function withStream(stage: Stage): Promise<void> {
  await arranged(stage);
  await stage.createStream("app");
  await stage.cluster.createSnapshot(stage.own("r"), "streams", { indices: [stage.own("app")], metadata: {} });
  await finished(stage.cluster, stage.own("r"), "streams");
}

const streamAs = (stage: Stage, as: string, stream = "app") =>
  outcomeOf(
    stage.cluster.restoreStream({
      ...{ repository: stage.own("r"), snapshot: "streams", stream: stage.own(stream), as: stage.own(as) },
      ...{ indexSettings: NO_COPIES, ignoreIndexSettings: [] },
    }),
  );

/** What a restore brings beside ordinary indices. */
export const stateRows: readonly Row[] = [
  {
    name: "the request that brings the global state is refused while its index is there",
    from: "5.0.0",
    arrange: arranged,
    async act(stage) {
      const first = await carry(stage, "whole");
      await stage.restored();
      return [first, await carry(stage, "whole"), (await stage.cluster.listIndices()).some(({ name }) => name === stage.own("carrier"))];
    },
    expect: ["ok", "conflict", true],
  },
  {
    name: "the global state of a snapshot that has none is accepted",
    from: "5.0.0",
    below: "8.0.0",
    arrange: arranged,
    act: (stage) => carry(stage, "plain"),
    expect: "ok",
  },
  {
    name: "the global state of a snapshot that has none is refused, and no index appears",
    from: "8.0.0",
    arrange: arranged,
    async act(stage) {
      const outcome = await carry(stage, "plain");
      return [outcome, (await stage.cluster.listIndices()).some(({ name }) => name === stage.own("carrier"))];
    },
    expect: ["invalid", false],
  },
  {
    name: "states of features are no parameter",
    from: "5.0.0",
    below: "7.12.0",
    arrange: arranged,
    act: (stage) => carry(stage, "whole", { features: ["tasks"] }),
    expect: "refused",
  },
  {
    name: "the state of a feature replaces its index, and keeps its name beside the renamed one",
    from: "8.0.0",
    async arrange(stage) {
      await arranged(stage);
      if (!(await stage.cluster.listIndices()).some(({ name }) => name === ".tasks")) await stage.createTasksIndex();
      await stage.cluster.createSnapshot(stage.own("r"), "tasks", {
        indices: [stage.own("small")],
        metadata: {},
        featureStates: ["tasks"],
      });
      await finished(stage.cluster, stage.own("r"), "tasks");
    },
    async act(stage) {
      const uuid = async () => (await stage.cluster.listIndices()).find(({ name }) => name === ".tasks")?.uuid;
      const before = await uuid();
      const outcome = await carry(stage, "tasks", { features: ["tasks"] });
      await stage.restored();
      const after = await uuid();
      return [outcome, after !== undefined && after !== before, await carry(stage, "tasks", { as: "other", features: ["kibana"] })];
    },
    expect: ["ok", true, "invalid"],
  },
  {
    name: "a data stream is restored under another name with its backing indices, once",
    from: "8.0.0",
    arrange: withStream,
    async act(stage) {
      const first = await streamAs(stage, "copy");
      await stage.restored();
      const backing = (await stage.cluster.listIndices()).filter(({ dataStream }) => dataStream === stage.own("copy"));
      const isNamed = backing.every(({ name }) => name.startsWith(`.ds-${stage.own("copy")}-`));
      return [
        first,
        backing.length,
        isNamed,
        await streamAs(stage, "copy"),
        await streamAs(stage, "app"),
        await streamAs(stage, "x", "nosuch"),
      ];
    },
    expect: ["ok", 1, true, "conflict", "conflict", "invalid"],
  },
  {
    name: "the newest backing index of a data stream is not deleted alone",
    from: "8.0.0",
    arrange: withStream,
    async act(stage) {
      const [backing] = (await stage.cluster.listIndices()).filter(({ dataStream }) => dataStream === stage.own("app"));
      await until("it is there", async () => (await stage.cluster.health(backing?.name ?? ""))?.primariesActive === 1);
      return outcomeOf(stage.cluster.deleteIndex(backing?.name ?? ""));
    },
    expect: "refused",
  },
];
