import { outcomeOf, placeSettings, type Row, type Stage } from "./clusterStage.ts";

async function copyOfTwo(stage: Stage): Promise<void> {
  await stage.index("movies");
  await stage.index("series");
  await stage.repository("r");
  await stage.snapshot("r", "one", "movies");
  await stage.snapshot("r", "two", "series");
}

/** Registers the repository read-only, as a copy is, and returns what it shows. */
async function shown(stage: Stage): Promise<unknown> {
  const { cluster, own } = stage;
  const registered = await stage.sameRepository("copy", "r");
  return {
    registered,
    listed: await stage.listed("copy"),
    one: await outcomeOf(cluster.getSnapshot(own("copy"), "one").then((found) => found ?? Promise.reject(new Error("not there")))),
    progress: await outcomeOf(cluster.snapshotProgress(own("copy"), "one")),
  };
}

const arrange = (damage: Parameters<Stage["spoil"]>[1]) => async (stage: Stage) => {
  await copyOfTwo(stage);
  await stage.spoil("r", damage);
};

async function unwritable(stage: Stage): Promise<void> {
  await copyOfTwo(stage);
  await stage.spoil("r", { what: "unwritable" });
}

/** Registers the unwritable location under another name; returns the outcome, whether it is listed, and a later verification. */
async function registerUnwritable({ cluster, own }: Stage): Promise<unknown> {
  const r = (await cluster.listRepositories()).find(({ name }) => name === own("r"));
  const again = { name: own("again"), type: r?.type ?? "", settings: placeSettings(r?.settings ?? {}) };
  const registered = await outcomeOf(cluster.putRepository(again, { verify: true }));
  const listed = (await cluster.listRepositories()).some(({ name }) => name === again.name);
  return [registered, listed, await outcomeOf(cluster.verifyRepository(again.name))];
}

export const listingRows: readonly Row[] = [
  {
    name: "a copy whose data is missing is listed as whole, and so is its progress",
    arrange: arrange({ what: "dataMissing" }),
    act: shown,
    expect: { registered: "ok", listed: ["one", "two"], one: "ok", progress: "ok" },
  },
  {
    name: "a copy without any index is listed as if it were whole; its progress cannot be told",
    below: "7.0.0",
    arrange: arrange({ what: "indicesMissing" }),
    act: shown,
    expect: { registered: "ok", listed: ["one", "two"], one: "ok", progress: "refused" },
  },
  {
    name: "a copy without any index is listed as if it were whole; its progress cannot be told",
    from: "7.0.0",
    arrange: arrange({ what: "indicesMissing" }),
    act: shown,
    expect: { registered: "ok", listed: ["one", "two"], one: "ok", progress: "transient" },
  },
  {
    name: "a copy without a root is empty",
    from: "5.0.0",
    arrange: arrange({ what: "rootMissing" }),
    async act(stage) {
      return [
        await stage.sameRepository("copy", "r"),
        await stage.listed("copy"),
        await stage.cluster.getSnapshot(stage.own("copy"), "one"),
      ];
    },
    expect: ["ok", [], undefined],
  },
  {
    name: "a copy with a truncated root cannot be listed",
    from: "5.0.0",
    arrange: arrange({ what: "rootCut" }),
    async act(stage) {
      await stage.sameRepository("copy", "r");
      return stage.listed("copy");
    },
    expect: "transient",
  },
  {
    name: "one missing snapshot blob makes the whole listing fail, but the other snapshots can still be read by name",
    from: "5.0.0",
    async arrange(stage) {
      await copyOfTwo(stage);
      await stage.spoil("r", { what: "snapshotBlobMissing", snapshot: await stage.uuidOf("r", "one") });
    },
    async act(stage) {
      const { cluster, own } = stage;
      const registered = await stage.sameRepository("copy", "r");
      return {
        registered,
        listed: await stage.listed("copy"),
        others: (await cluster.listSnapshots(own("copy"), { ignoreUnavailable: true })).map(({ name }) => name),
        one: await outcomeOf(cluster.getSnapshot(own("copy"), "one")),
        two: (await cluster.getSnapshot(own("copy"), "two"))?.state,
        progress: await outcomeOf(cluster.snapshotProgress(own("copy"), "one")),
        restored: await stage.restore("copy", "one", "movies", "a"),
      };
    },
    expect: {
      registered: "ok",
      listed: "transient",
      others: ["two"],
      one: "transient",
      two: "SUCCESS",
      progress: "transient",
      restored: "invalid",
    },
  },
  {
    name: "a repository that is registered read-only refuses snapshots and deletions with an answer, not with a fault that passes",
    arrange: copyOfTwo,
    async act(stage) {
      await stage.sameRepository("copy", "r");
      return [await stage.create("copy", "three", "movies"), await stage.delete("copy", "one")];
    },
    expect: ["refused", "refused"],
  },
  {
    name: "a registration whose verification failed stays, and a later verification fails too",
    below: "8.0.0",
    arrange: unwritable,
    act: registerUnwritable,
    expect: ["refused", true, "refused"],
  },
  {
    name: "a registration whose verification failed is not kept",
    from: "8.0.0",
    arrange: unwritable,
    act: registerUnwritable,
    expect: ["refused", false, "absent"],
  },
  {
    name: "up to 2.x the listing shows the snapshots' blobs, whatever the root contains",
    below: "5.0.0",
    async arrange(stage) {
      await copyOfTwo(stage);
      await stage.spoil("r", { what: "snapshotBlobMissing", snapshot: "one" });
    },
    async act(stage) {
      await stage.sameRepository("copy", "r");
      const seen = [await stage.listed("copy"), await stage.cluster.getSnapshot(stage.own("copy"), "one")];
      await stage.spoil("r", { what: "rootCut" });
      seen.push(await stage.listed("copy"));
      await stage.spoil("r", { what: "rootMissing" });
      return [...seen, await stage.listed("copy")];
    },
    expect: [["two"], undefined, ["two"], ["two"]],
  },
  {
    name: "a repository that is registered read-only shows a newer root at once",
    arrange: copyOfTwo,
    async act(stage) {
      await stage.sameRepository("copy", "r");
      const before = await stage.listed("copy");
      await stage.snapshot("r", "three", "movies");
      const after = await stage.listed("copy");
      const outcome = await stage.restore("copy", "three", "movies", "a");
      await stage.restored();
      return [before, after, outcome, (await stage.health("a"))?.status];
    },
    expect: [["one", "two"], ["one", "three", "two"], "ok", "green"],
  },
  {
    name: "a root that lists some of the snapshots shows and restores exactly these",
    from: "5.0.0",
    async arrange(stage) {
      await copyOfTwo(stage);
      await stage.snapshot("r", "three", "movies");
    },
    async act(stage) {
      await stage.subsetRepository("subset", "r", ["three"]);
      const outcome = await stage.restore("subset", "three", "movies", "a");
      await stage.restored();
      return [
        await stage.listed("subset"),
        outcome,
        (await stage.health("a"))?.status,
        await stage.restore("subset", "one", "movies", "b"),
      ];
    },
    expect: [["three"], "ok", "green", "invalid"],
  },
];
