import type { SnapshotRequest } from "../../shared/model/snapshots/request.ts";
import { finished, until } from "./clusterFixture.ts";
import { outcomeOf, type Row, type Stage } from "./clusterStage.ts";

/** An open and a closed index, a hidden one where the version has such, and a repository. */
async function arranged(stage: Stage): Promise<void> {
  await stage.index("small");
  await stage.index("shut");
  await stage.close("shut");
  await stage.repository("r");
}

const ask = (stage: Stage, request: Partial<SnapshotRequest> & { indices: string[] }) =>
  outcomeOf(stage.cluster.createSnapshot(stage.own("r"), "taken", { metadata: {}, ...request }));
const taken = async (stage: Stage) => {
  const { indices, dataStreams, featureStates, state } = await finished(stage.cluster, stage.own("r"), "taken");
  return { indices: indices.map((name) => name.replace(/\d{4}\.\d{2}\.\d{2}/, "DAY")).sort(), dataStreams, featureStates, state };
};

const UNASSIGNED = [{ shard: 0, reason: "primary shard is not allocated", node: undefined }];

/** Asks for an index whose primary shard is not assigned, together with one that is whole, and returns how that ends. */
async function unassigned(stage: Stage, partial: boolean): Promise<unknown> {
  const asked = await ask(stage, { indices: [stage.own("small"), stage.own("nowhere")], partial });
  if (asked !== "ok") return [asked, await stage.listed("r")];
  const { state, shards, failures } = await finished(stage.cluster, stage.own("r"), "taken");
  return [asked, state, shards, failures.map(({ shard, reason, node }) => ({ shard, reason, node }))];
}

async function arrangedUnassigned(stage: Stage): Promise<void> {
  await arranged(stage);
  await stage.unassigned("nowhere");
}

/** What the snapshot of a request contains. */
export const contentRows: readonly Row[] = [
  {
    name: "a closed index is refused by its name",
    below: "7.0.0",
    arrange: arranged,
    act: (stage) => ask(stage, { indices: [stage.own("shut"), stage.own("small")] }),
    expect: "invalid",
  },
  {
    name: "a closed index is taken by its name",
    from: "7.7.0",
    arrange: arranged,
    async act(stage) {
      return [await ask(stage, { indices: [stage.own("shut"), stage.own("small")] }), (await taken(stage)).indices.length];
    },
    expect: ["ok", 2],
  },
  {
    name: "an index without its primary shard ends a partial snapshot PARTIAL, with the shard and no node",
    arrange: arrangedUnassigned,
    act: (stage) => unassigned(stage, true),
    expect: ["ok", "PARTIAL", { total: 2, failed: 1, successful: 1 }, UNASSIGNED],
  },
  {
    name: "an index without its primary shard ends any other snapshot FAILED",
    below: "7.0.0",
    arrange: arrangedUnassigned,
    act: (stage) => unassigned(stage, false),
    expect: ["ok", "FAILED", { total: 2, failed: 1, successful: 1 }, UNASSIGNED],
  },
  {
    name: "any other snapshot with an index without its primary shard is refused, and leaves no trace",
    from: "7.7.0",
    arrange: arrangedUnassigned,
    act: (stage) => unassigned(stage, false),
    expect: ["refused", []],
  },
  {
    name: "feature states are ignored silently",
    below: "7.12.0",
    arrange: arranged,
    async act(stage) {
      return [await ask(stage, { indices: [stage.own("small")], featureStates: ["tasks"] }), (await taken(stage)).featureStates];
    },
    expect: ["ok", undefined],
  },
  {
    name: "SLM policies can be asked for on every version, also where the distribution has none",
    arrange: arranged,
    act: async (stage) => stage.cluster.slmPolicies(),
    expect: [],
  },
  {
    name: "an unknown feature is ignored silently, and the known ones are listed",
    from: "8.0.0",
    arrange: arranged,
    async act(stage) {
      const isKnown = (await stage.cluster.features())?.includes("tasks");
      return [isKnown, await ask(stage, { indices: [stage.own("small")], featureStates: ["nosuch"] }), (await taken(stage)).featureStates];
    },
    expect: [true, "ok", undefined],
  },
  {
    name: "a known feature that has no index is not listed by the snapshot",
    from: "8.0.0",
    arrange: arranged,
    async act(stage) {
      const isKnown = (await stage.cluster.features())?.includes("security");
      return [
        isKnown,
        await ask(stage, { indices: [stage.own("small")], featureStates: ["security"] }),
        (await taken(stage)).featureStates,
      ];
    },
    expect: [true, "ok", undefined],
  },
  {
    name: "metadata of more than 1024 bytes is refused",
    from: "7.3.0",
    arrange: arranged,
    act: (stage) => ask(stage, { indices: [stage.own("small")], metadata: { long: "x".repeat(1100) } }),
    expect: "refused",
  },
  {
    name: "a system index is refused by its name, and comes along with its feature or the global state",
    from: "8.0.0",
    async arrange(stage) {
      await arranged(stage);
      if (!(await stage.cluster.listIndices()).some(({ name }) => name === ".tasks")) await stage.createTasksIndex();
    },
    async act(stage) {
      const system = (await stage.cluster.listIndices()).filter((index) => index.system).map(({ name }) => name);
      const named = await ask(stage, { indices: [".tasks"] });
      await ask(stage, { indices: [stage.own("small")], featureStates: ["tasks"] });
      const { indices, featureStates } = await taken(stage);
      return [system, named, indices.includes(".tasks"), featureStates];
    },
    expect: [[".tasks"], "refused", true, ["tasks"]],
  },
  {
    name: "a data stream is listed with its indices, and taken by its name with all of them",
    from: "8.0.0",
    async arrange(stage) {
      await arranged(stage);
      await stage.createStream("app");
    },
    async act(stage) {
      const listed = (await stage.cluster.listIndices()).filter(({ dataStream }) => dataStream === stage.own("app"));
      const outcome = await ask(stage, { indices: [stage.own("app"), stage.own("small")] });
      const { indices, dataStreams = [] } = await taken(stage);
      return [
        listed.length,
        outcome,
        indices.some((name) => name.startsWith(`.ds-${stage.own("app")}-`)),
        dataStreams[0] === stage.own("app"),
      ];
    },
    expect: [1, "ok", true, true],
  },
  {
    name: "sizes are known of open indices",
    arrange: arranged,
    async act(stage) {
      const sizes = await stage.cluster.indexBytes();
      return (sizes.get(stage.own("small")) ?? 0) > 0;
    },
    expect: true,
  },
  {
    name: "documents and operations of open indices are told at once, however many are named",
    async arrange(stage) {
      for (const name of ["one", "two", "shut"]) await stage.index(name);
      await stage.write("two", [7, 8]);
      await stage.close("shut");
    },
    async act(stage) {
      const names = ["one", "two", "shut", "absent"].map(stage.own);
      const others = Array.from({ length: 400 }, (_, at) => stage.own(`absent-${at}`));
      const few = await stage.cluster.counts(names);
      const many = await stage.cluster.counts([...names, ...others]);
      const alone = await Promise.all(
        names.slice(0, 2).map(async (name) => {
          const { starts: _starts, ...operations } = await stage.cluster.operations(name);
          return [name, { documents: await stage.cluster.countDocuments(name), ...operations }];
        }),
      );
      const isSame = (counts: typeof few) => JSON.stringify([...counts].sort().map(sorted)) === JSON.stringify(alone.sort().map(sorted));
      return [isSame(few), isSame(many), (few.get(stage.own("two"))?.documents ?? 0) - (few.get(stage.own("one"))?.documents ?? 0)];
    },
    expect: [true, true, 2],
  },
  {
    name: "operations of a restored index grow by one with each write, from 0 before 6.0",
    arrange: restoredOnce,
    act: grown,
    below: "6.0.0",
    expect: { before: 0, after: 2, primaries: 1, sinceStart: true, types: ["SNAPSHOT"] },
  },
  {
    name: "operations of a restored index grow by one with each write, by its sequence numbers",
    arrange: restoredOnce,
    async act(stage) {
      const { before, after, ...others } = (await grown(stage)) as Record<"before" | "after", number>;
      return { grownBy: after - before, ...others };
    },
    from: "6.0.0",
    expect: { grownBy: 2, primaries: 1, sinceStart: false, types: ["SNAPSHOT"] },
  },
  {
    name: "operations of an index without its primary are those of none",
    arrange: (stage) => stage.unassigned("nowhere"),
    act: (stage) => stage.cluster.operations(stage.own("nowhere")),
    expect: { count: 0, primaries: 0, sinceStart: false },
  },
];

async function restoredOnce(stage: Stage): Promise<void> {
  await stage.index("movies");
  await stage.repository("whole");
  await stage.snapshot("whole", "one", "movies");
  await stage.restore("whole", "one", "movies", "copy");
  await until("its primary is started", async () => (await stage.health("copy"))?.primariesActive === 1);
}

function sorted([name, counts]: unknown[]): unknown {
  return [name, Object.entries(counts as object).sort()];
}

/** One document is new, and one is written again. */
async function grown(stage: Stage): Promise<unknown> {
  const name = stage.own("copy");
  const { count: before } = await stage.cluster.operations(name);
  await stage.write("copy", [3, 4]);
  const { count: after, primaries, sinceStart } = await stage.cluster.operations(name);
  const types = (await stage.cluster.recovery(name)).filter(({ primary }) => primary).map(({ type }) => type);
  return { before, after, primaries, sinceStart, types };
}
