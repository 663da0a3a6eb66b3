import { describe, expect, it } from "vitest";
import { AppError } from "../../../shared/model/errors.ts";
import { preflightRestore, startRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { drySharing } from "../../../shared/verbs/sharing/apply.ts";
import { say } from "../../../shared/words/say.ts";
import { automaticWorld, NIGHT_1, NIGHT_2, OLDER, SHARED } from "../../world/automatic.ts";
import { OPS, tick } from "../../world/nightly.ts";
import { MINUTE_MS, type TestWorld } from "../../world/world.ts";

const REQUEST = { snapshot: "latest", repository: SHARED, to: "target", indices: ["movies"], replicas: 0 };
type Request = Partial<Parameters<typeof preflightRestore>[1]>;

const preflightOf = async (world: TestWorld, change: Request = {}) => preflightRestore(await world.open(), { ...REQUEST, ...change });
const found = ({ checks }: Awaited<ReturnType<typeof preflightOf>>) =>
  checks.filter(({ result }) => result !== "ok").map(({ result, reason }) => `${result} ${reason.code}`);

async function restored(world: TestWorld, change: Request = {}): Promise<string> {
  const outcome = await startRestore(await world.open(), { ...REQUEST, ...change }, OPS);
  if (!("created" in outcome) || outcome.created.outcome !== "created") return "refused";
  for (let look = 0; look < 8; look += 1) {
    world.target.finishRestores();
    await tick(world);
    world.advance(MINUTE_MS);
  }
  return outcome.created.job.id;
}

describe("a restore from a bucket that only the cluster can read", () => {
  it("says in the dry run that nothing is proven, and what the cluster tells", async () => {
    const world = await automaticWorld();
    const report = await preflightOf(world, { indices: ["*"] });
    expect(found(report)).toEqual(["warn closure.unread"]);
    expect(report).toMatchObject({ refused: false, verdict: "unproven", snapshot: { name: NIGHT_2 } });
    expect(report.targets.map(({ index, shards, bytes, documents }) => [index, shards, bytes, documents])).toEqual([
      ["movies", 2, 400, undefined],
      ["logs", 1, 500, undefined],
    ]);
    expect(world.target.writes.filter(({ method }) => method === "restore")).toEqual([]);
  });

  it("ends with the documents that the cluster counts, and says that nobody can compare them", async () => {
    const world = await automaticWorld();
    const id = await restored(world, { alias: "films" });
    const done = await (await world.open()).log.done(id);
    expect(done).toMatchObject({ state: "done", result: { indices: [{ index: "movies", documents: 4 }] } });
    const index = (await world.target.listIndices()).find(({ aliases }) => aliases.includes("films"));
    expect(index && (await world.target.countDocuments(index.name))).toBe(4);
  });

  it("takes an earlier snapshot by its name", async () => {
    const world = await automaticWorld();
    const id = await restored(world, { snapshot: NIGHT_1 });
    expect(await (await world.open()).log.done(id)).toMatchObject({ result: { indices: [{ documents: 3 }] } });
  });

  it("takes the newest snapshot that holds the indices, as with any repository", async () => {
    const report = await preflightOf(await automaticWorld(), { indices: ["logs"] });
    expect(report.snapshot.name).toBe(NIGHT_2);
  });

  it("refuses what the snapshot does not hold, with what it holds", async () => {
    const report = await preflightOf(await automaticWorld(), { indices: ["nosuch"], snapshot: NIGHT_1 });
    expect(report.refused).toBe(true);
    expect(report.checks.flatMap(({ wayOut }) => (wayOut ? say(wayOut) : []))).toContain("the snapshot contains movies");
  });

  it("refuses a PARTIAL snapshot's failed index, and restores its whole one", async () => {
    const world = await automaticWorld();
    const { getSnapshot } = world.target;
    world.target.getSnapshot = async (...args) => {
      const there = await getSnapshot(...args);
      return there && { ...there, state: "PARTIAL", failures: [{ index: "logs", shard: 0, reason: "node left" }] };
    };
    expect(found(await preflightOf(world, { snapshot: NIGHT_2, indices: ["logs"] }))).toEqual(["refuse snapshot.shardFailed"]);
    expect(found(await preflightOf(world, { snapshot: NIGHT_2 }))).toEqual(["warn closure.unread"]);
  });

  it("refuses what the cluster itself cannot read", async () => {
    const world = await automaticWorld();
    world.target.spoil(SHARED, { what: "indicesMissing" });
    const report = await preflightOf(world);
    const refusals = found(report).filter((line) => line.startsWith("refuse"));
    expect([report.refused, report.verdict, refusals]).toEqual([true, "not-restorable", ["refuse snapshot.unreadable"]]);
  });

  it("repeats the words of 7.x, which answers for missing blobs as for a fault that passes", async () => {
    const world = await automaticWorld({ version: "7.10.2" });
    world.target.spoil(SHARED, { what: "indicesMissing" });
    await expect(preflightOf(world)).rejects.toMatchObject({ code: "transient", message: expect.stringContaining("a blob is missing") });
  });

  it("waits for a cluster that does not answer, because that says nothing about the snapshot", async () => {
    const world = await automaticWorld();
    world.target.failNext("snapshotContents", new AppError("transient", "no answer"));
    await expect(preflightOf(world)).rejects.toMatchObject({ code: "transient" });
  });

  it.each(["5.5.3", "6.7.0", "7.10.2"])("leaves no index on %s when data that nobody could foretell is missing", async (version) => {
    const world = await automaticWorld({ version });
    world.target.spoil(SHARED, { what: "dataMissing" });
    const outcome = await startRestore(await world.open(), { ...REQUEST, alias: "films" }, OPS);
    const id = "created" in outcome && outcome.created.outcome === "created" ? outcome.created.job.id : "";
    for (let look = 0; look < 40; look += 1) {
      world.target.finishRestores();
      await tick(world);
      world.advance(MINUTE_MS);
    }
    expect(await (await world.open()).log.done(id)).toMatchObject({ state: "failed" });
    expect([await world.target.listIndices(), await world.target.runningRestores()]).toEqual([[], []]);
    expect(world.notices.map(({ code }) => code)).toContain("restore.failed");
  });

  it("names the verb that shares it when the cluster does not have it", async () => {
    const asked = preflightOf(await automaticWorld({ shared: false }));
    await expect(asked).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining(`\`ossnap shared add ${OLDER} --to target --yes\``),
    });
  });

  it("is refused when the sharing ended after it was asked for", async () => {
    const world = await automaticWorld();
    const outcome = await startRestore(await world.open(), REQUEST, OPS);
    world.target.listRepositories = async () => [];
    await tick(world);
    const id = "created" in outcome && outcome.created.outcome === "created" ? outcome.created.job.id : "";
    const done = await (await world.open()).log.done(id);
    expect([done?.state, done?.reason.params.refusals]).toEqual(["refused", ["repository.notShared"]]);
  });

  it("does not restore another snapshot that has taken the name since", async () => {
    const world = await automaticWorld();
    const outcome = await startRestore(await world.open(), REQUEST, OPS);
    const { getSnapshot } = world.target;
    world.target.getSnapshot = async (...args) => {
      const there = await getSnapshot(...args);
      return there && { ...there, uuid: "another" };
    };
    await tick(world);
    await tick(world);
    const id = "created" in outcome && outcome.created.outcome === "created" ? outcome.created.job.id : "";
    expect(await (await world.open()).log.done(id)).toMatchObject({ state: "refused" });
    expect(world.target.writes.filter(({ method }) => method === "restore")).toEqual([]);
  });

  it("does not know the size up to 6.3, and says so instead of foretelling that it fits", async () => {
    expect(found(await preflightOf(await automaticWorld({ version: "6.3.2" })))).toEqual(["warn closure.unread", "warn disk.unknown"]);
  });

  it("keeps its repository shared while it is open", async () => {
    const world = await automaticWorld();
    await startRestore(await world.open(), REQUEST, OPS);
    const { refusals } = await drySharing(await world.open(), "remove", { cluster: "target", instance: OLDER });
    expect(refusals.map(({ code }) => code)).toEqual(["sharing.read"]);
  });

  it("is not open to repositories whose bucket ossnap.yaml could name", async () => {
    const world = await automaticWorld();
    world.config.repositories.others = { cluster: "target" };
    await expect(preflightOf(world, { repository: "others" })).rejects.toMatchObject({ reason: { code: "config.noBlobs" } });
  });
});
