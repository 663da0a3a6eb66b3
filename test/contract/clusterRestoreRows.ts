import { mappingHash } from "../../shared/model/mappings/mappingHash.ts";
import { until } from "./clusterFixture.ts";
import type { Row, Stage } from "./clusterStage.ts";

/** Each major version's own fixture, which contains a PARTIAL snapshot and, up to 6.x, a FAILED one. */
const OWN_FIXTURES: Record<string, string> = {
  "2": "es-2.4.6/repo",
  "5": "es-5.5.2-chunked/repo",
  "6": "es-6.7.0/repo",
  "7": "es-7.10.2/repo",
  "8": "es-8.17.0/repo",
  "9": "es-9.2.0/repo",
};

const ownFixture = async (stage: Stage) => {
  await stage.givenRepository("given", OWN_FIXTURES[stage.version.split(".")[0] ?? ""] ?? "");
};

/** Polls for which a hanging restore must still exist: each takes a tenth of a second on a real server. */
const LOOKS = 10;

/** Two snapshots of one index, so that they can collide. */
async function twoSnapshots(stage: Stage, repository = "r"): Promise<void> {
  await stage.index("movies");
  await stage.repository(repository);
  await stage.snapshot(repository, "one", "movies");
  await stage.snapshot(repository, "two", "movies");
}

async function brokenRestore(stage: Stage, what: "dataMissing" | "dataCorrupt"): Promise<unknown> {
  await twoSnapshots(stage, "whole");
  await stage.repository("broken");
  await stage.snapshot("broken", "one", "movies");
  await stage.spoil("broken", { what });
  await stage.sameRepository("copy", "broken");
  return stage.restore("copy", "one", "movies", "half");
}

/** Polls in a row that must agree: between two tries, which up to five times follow at once, the shard is unassigned for a moment. */
const POLLS_GIVEN_UP = 4;

/** Being unassigned is not sufficient: between two tries the index is yellow, and during one its recovery is shown. */
const isGivenUp = (stage: Stage) => {
  let inARow = 0;
  return async () => {
    const health = await stage.health("half");
    const isIdle = health?.status === "red" && health.unassigned === 1 && (await stage.cluster.recovery(stage.own("half"))).length === 0;
    inARow = isIdle ? inARow + 1 : 0;
    return inARow >= POLLS_GIVEN_UP;
  };
};

/** Leaves out the unassigned count: 2.x retries indefinitely, and between two polls the shard may be assigned again. */
async function healthOf(stage: Stage, index: string) {
  const health = await stage.health(index);
  return health && [health.status, health.primariesActive];
}

async function hangs(stage: Stage): Promise<unknown> {
  await until("the shard is given up", isGivenUp(stage));
  let running = 0;
  await until("it has been polled often", async () => {
    running += (await stage.cluster.runningRestores()).length;
    return running >= LOOKS || (await stage.cluster.runningRestores()).length === 0;
  });
  const hanging = {
    health: await healthOf(stage, "half"),
    recovery: (await stage.cluster.recovery(stage.own("half"))).map(({ stage: at, bytes }) => [at, bytes.recovered]),
    restores: (await stage.cluster.runningRestores()).map(({ indices }) => indices.map((name) => name.replace(stage.own(""), ""))),
    otherRestore: await stage.restore("whole", "one", "movies", "other"),
    otherDelete: await stage.delete("whole", "two"),
    otherCreate: await stage.create("whole", "three", "movies"),
  };
  await until("no snapshot runs", async () => (await stage.cluster.runningSnapshots()).length === 0);
  await stage.cluster.deleteIndex(stage.own("half"));
  await until(
    "it is free",
    async () => !(await stage.cluster.runningRestores()).some(({ indices }) => indices.includes(stage.own("half"))),
  );
  return { ...hanging, afterDeletion: await stage.restore("whole", "one", "movies", "again") };
}

async function ends(stage: Stage): Promise<unknown> {
  await stage.restored();
  await until("the shard is given up", isGivenUp(stage));
  return {
    health: await healthOf(stage, "half"),
    recovery: (await stage.cluster.recovery(stage.own("half"))).map(({ stage: at, bytes }) => [at, bytes.recovered]),
    otherRestore: await stage.restore("whole", "one", "movies", "other"),
  };
}

const HANGING = {
  health: ["red", 0],
  recovery: [],
  restores: [["half"]],
  otherRestore: "conflict",
  otherDelete: "conflict",
  otherCreate: "ok",
  afterDeletion: "ok",
};

async function tiedToNodes(stage: Stage): Promise<void> {
  await stage.index("movies");
  await stage.cluster.updateIndexSettings(stage.own("movies"), { "index.routing.allocation.require.box_type": "hot" });
  await stage.repository("whole");
  await stage.snapshot("whole", "one", "movies");
  await stage.restore("whole", "one", "movies", "half");
}

async function freed(stage: Stage): Promise<unknown> {
  await until("the shard is given up", isGivenUp(stage));
  const seen = {
    health: await healthOf(stage, "half"),
    recovery: await stage.cluster.recovery(stage.own("half")),
    restores: (await stage.cluster.runningRestores()).length,
    isExplained: /box_type/.test((await stage.cluster.explainAllocation(stage.own("half"), 0)) ?? ""),
  };
  await stage.cluster.deleteIndex(stage.own("half"));
  await stage.restored();
  const outcome = await stage.restore("whole", "one", "movies", "free", { ignore: ["index.routing.allocation.*"] });
  await stage.restored();
  return { ...seen, outcome, free: await healthOf(stage, "free") };
}

/** Given as settings of the restore, because no index can be created without the file. */
async function withoutFile(stage: Stage): Promise<void> {
  await twoSnapshots(stage, "whole");
  const analysis = { "filter.mine.type": "stop", "filter.mine.stopwords_path": "nowhere.txt", "analyzer.a.tokenizer": "standard" };
  const settings = Object.entries({ ...analysis, "analyzer.a.type": "custom", "analyzer.a.filter": "mine" });
  await stage.cluster.restore({
    ...{ repository: stage.own("whole"), snapshot: "one", index: stage.own("movies"), as: stage.own("half") },
    indexSettings: Object.fromEntries([
      ["index.number_of_replicas", 0],
      ...settings.map(([key, value]) => [`index.analysis.${key}`, value] as const),
    ]),
    ignoreIndexSettings: [],
  });
}

export const restoreRows: readonly Row[] = [
  {
    name: "a restored index has the mapping that it had in the snapshot",
    async arrange(stage) {
      await stage.index("movies", { nested: "actors" });
      await stage.repository("r");
      await stage.snapshot("r", "one", "movies");
    },
    async act(stage) {
      const asked = await stage.restore("r", "one", "movies", "again");
      await stage.restored();
      const [before, after] = await Promise.all(["movies", "again"].map((name) => stage.cluster.mapping(stage.own(name))));
      return [asked, mappingHash(after ?? {}) === mappingHash(before ?? {})];
    },
    expect: ["ok", true],
  },
  {
    name: "an index with a failed shard in a PARTIAL snapshot is refused, a complete one is restored",
    arrange: ownFixture,
    async act(stage) {
      const refused = await stage.restore("given", "snap-partial", "fx-unalloc", "a", { foreign: true });
      const taken = await stage.restore("given", "snap-partial", "fx-orders", "b", { foreign: true });
      await stage.restored();
      return [refused, taken, await stage.health("a"), await stage.cluster.countDocuments(stage.own("b"))];
    },
    expect: ["invalid", "ok", undefined, 5],
  },
  {
    name: "a FAILED snapshot is refused, including its complete indices",
    below: "7.0.0",
    arrange: ownFixture,
    act: (stage) => stage.restore("given", "snap-failed", "fx-orders", "a", { foreign: true }),
    expect: "invalid",
  },
  {
    name: "an open index of the same name is left unchanged",
    async arrange(stage) {
      await twoSnapshots(stage);
      await stage.index("there");
    },
    async act(stage) {
      const uuid = async () => (await stage.cluster.listIndices()).find(({ name }) => name === stage.own("there"))?.uuid;
      const before = await uuid();
      return [await stage.restore("r", "one", "movies", "there"), (await uuid()) === before];
    },
    expect: ["conflict", true],
  },
  {
    name: "a closed index of the same name and number of shards is overwritten, opened, and keeps its uuid",
    async arrange(stage) {
      await twoSnapshots(stage);
      await stage.index("there");
      await stage.close("there");
    },
    async act(stage) {
      const look = async () => (await stage.cluster.listIndices()).find(({ name }) => name === stage.own("there"));
      const before = await look();
      const outcome = await stage.restore("r", "one", "movies", "there");
      await stage.restored();
      const after = await look();
      return [outcome, before?.state, after?.state, after?.uuid === before?.uuid];
    },
    expect: ["ok", "close", "open", true],
  },
  {
    name: "a closed index of the same name with another number of shards causes a refusal and stays closed",
    async arrange(stage) {
      await twoSnapshots(stage);
      await stage.index("there", { shards: 2 });
      await stage.close("there");
    },
    async act(stage) {
      const outcome = await stage.restore("r", "one", "movies", "there");
      return [outcome, (await stage.cluster.listIndices()).find(({ name }) => name === stage.own("there"))?.state];
    },
    expect: ["invalid", "close"],
  },
  {
    name: "missing data makes the restore hang, which blocks every other restore until its index is deleted",
    below: "5.0.0",
    arrange: async (stage) => void (await brokenRestore(stage, "dataMissing")),
    act: hangs,
    expect: { ...HANGING, otherDelete: "ok" },
  },
  {
    name: "missing data makes the restore hang, which blocks every other restore and deletion until its index is deleted",
    from: "5.0.0",
    below: "5.6.0",
    arrange: async (stage) => void (await brokenRestore(stage, "dataMissing")),
    act: hangs,
    expect: HANGING,
  },
  {
    name: "missing data ends the restore with a red index, and other restores proceed",
    from: "5.6.0",
    arrange: async (stage) => void (await brokenRestore(stage, "dataMissing")),
    act: ends,
    expect: { health: ["red", 0], recovery: [], otherRestore: "ok" },
  },
  {
    name: "a file of the analysis that the nodes lack makes the restore hang, which blocks every other restore and deletion",
    from: "5.0.0",
    below: "5.6.0",
    arrange: withoutFile,
    act: hangs,
    expect: HANGING,
  },
  {
    name: "a file of the analysis that the nodes lack ends the restore with a red index, and other restores proceed",
    from: "5.6.0",
    arrange: withoutFile,
    act: ends,
    expect: { health: ["red", 0], recovery: [], otherRestore: "ok" },
  },
  {
    name: "a name with a colon is accepted for a restored index",
    below: "7.0.0",
    arrange: (stage) => twoSnapshots(stage),
    act: (stage) => stage.restore("r", "one", "movies", "a:b"),
    expect: "ok",
  },
  {
    name: "a name with a colon is refused for a restored index",
    from: "7.0.0",
    arrange: (stage) => twoSnapshots(stage),
    act: (stage) => stage.restore("r", "one", "movies", "a:b"),
    expect: "invalid",
  },
  {
    name: "corrupt data ends the restore with a red index, and other restores proceed",
    arrange: async (stage) => void (await brokenRestore(stage, "dataCorrupt")),
    act: ends,
    expect: { health: ["red", 0], recovery: [], otherRestore: "ok" },
  },
  {
    name: "an index bound to missing nodes hangs, and is restored without those settings",
    below: "5.0.0",
    arrange: tiedToNodes,
    act: freed,
    expect: { health: ["red", 0], recovery: [], restores: 1, isExplained: false, outcome: "ok", free: ["green", 1] },
  },
  {
    name: "an index bound to missing nodes hangs, which the cluster explains, and is restored without those settings",
    from: "5.0.0",
    below: "5.6.0",
    arrange: tiedToNodes,
    act: freed,
    expect: { health: ["red", 0], recovery: [], restores: 1, isExplained: true, outcome: "ok", free: ["green", 1] },
  },
  {
    name: "an index bound to missing nodes stays red, and is restored without those settings",
    from: "5.6.0",
    async arrange(stage) {
      await tiedToNodes(stage);
      // Shortly after its shard was given up.
      await stage.restored();
    },
    act: freed,
    expect: { health: ["red", 0], recovery: [], restores: 0, isExplained: true, outcome: "ok", free: ["green", 1] },
  },
];
