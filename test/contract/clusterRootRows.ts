import { until } from "./clusterFixture.ts";
import { outcomeOf, type Row, type Stage } from "./clusterStage.ts";

async function repositoryOfTwo(stage: Stage): Promise<void> {
  await stage.index("movies");
  await stage.index("series");
  await stage.repository("r");
  await stage.snapshot("r", "one", "movies");
  await stage.snapshot("r", "two", "series");
}

/** Registers the place again, writable: later versions keep the root of the first registration in memory. */
const again = (stage: Stage) => stage.sameRepository("again", "r", {});

/** Deletes a snapshot whose own blob is missing, and returns what is listed then. */
async function deleteHalf(stage: Stage): Promise<unknown> {
  await stage.spoil("r", { what: "snapshotBlobMissing", snapshot: await stage.uuidOf("r", "one") });
  await again(stage);
  return [await stage.delete("again", "one"), await stage.listed("again")];
}

/** Reads from and writes to a repository whose root names a snapshot that it does not list. */
async function useUnlisted(stage: Stage): Promise<unknown> {
  await stage.spoil("r", { what: "rootUnlisted" });
  await again(stage);
  const seen = [await stage.listed("again"), await stage.restore("again", "one", "movies", "a")];
  await stage.restored();
  const created = await stage.create("again", "three", "movies");
  await until("no snapshot runs", async () => (await stage.cluster.runningSnapshots()).length === 0);
  const found = await stage.cluster.getSnapshot(stage.own("again"), "three").catch(() => "unreadable");
  return [...seen, created, found, await stage.delete("again", "two")];
}

/** Deletes by a name that two snapshots have. */
async function deleteNamesake(stage: Stage): Promise<unknown> {
  await stage.spoil("r", { what: "namesakes" });
  await again(stage);
  const { cluster, own } = stage;
  return outcomeOf(cluster.deleteSnapshots(own("again"), ["one"]));
}

/** Repositories that somebody else damaged, and that a cluster then writes. */
export const rootRows: readonly Row[] = [
  {
    name: "up to 2.x a snapshot whose own blob is missing is not listed, and its deletion is answered as if it were gone",
    below: "5.0.0",
    arrange: repositoryOfTwo,
    act: deleteHalf,
    expect: ["ok", ["two"]],
  },
  {
    name: "up to 6.x a snapshot whose own blob is missing stays, although its deletion is answered as if it were gone",
    from: "5.0.0",
    below: "7.0.0",
    arrange: repositoryOfTwo,
    act: deleteHalf,
    expect: ["ok", "transient"],
  },
  {
    name: "a snapshot whose own blob is missing can be deleted, and the others are listed again",
    from: "7.0.0",
    arrange: repositoryOfTwo,
    act: deleteHalf,
    expect: ["ok", ["two"]],
  },
  {
    name: "up to 5.x a root that names a snapshot which it does not list is read, an accepted snapshot leaves no trace, and deletions fail",
    from: "5.0.0",
    below: "6.0.0",
    arrange: repositoryOfTwo,
    act: useUnlisted,
    expect: [["one", "two"], "ok", "ok", undefined, "refused"],
  },
  {
    name: "nothing can be read from a repository whose root names a snapshot that it does not list",
    from: "6.0.0",
    arrange: repositoryOfTwo,
    act: useUnlisted,
    expect: ["permanent", "permanent", "permanent", "unreadable", "permanent"],
  },
  {
    name: "of two snapshots with one name a deletion takes one",
    from: "5.0.0",
    below: "7.8.0",
    arrange: repositoryOfTwo,
    act: deleteNamesake,
    expect: "ok",
  },
  {
    name: "of two snapshots with one name none can be deleted",
    from: "7.10.0",
    arrange: repositoryOfTwo,
    act: deleteNamesake,
    expect: "refused",
  },
];
