import { describe, expect, it } from "vitest";
import { AppError, messageOf } from "../../../shared/model/errors.ts";
import { questionOf, registerByHand } from "../../../shared/verbs/repositories/apply.ts";
import { listRepositories } from "../../../shared/verbs/repositories/show.ts";
import { preflightRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { listSnapshots } from "../../../shared/verbs/snapshots/show.ts";
import { placeToRead } from "../../../shared/verbs/verification/ask.ts";
import { fixtureRepository } from "../../format/fixtureRepositories.ts";
import { MOVED, testConfig, testWorld } from "../../world/world.ts";

/** The source's repository as another system registers it; ossnap.yaml says only where its blobs lie. */
async function readingWorld(cluster = "source") {
  const config = testConfig((one) => {
    one.repositories.theirs = { cluster, blobs: { ...MOVED, basePath: "theirs" } };
  });
  const world = await testWorld({ config });
  await world.fill({ ...MOVED, basePath: "theirs" }, fixtureRepository("es-5.5.2-migration/step2").blobs);
  return world;
}

const theirs = async (world: Awaited<ReturnType<typeof readingWorld>>) =>
  (await listRepositories(await world.open())).find(({ name }) => name === "theirs");

const WANTED = { snapshot: "snap-1", repository: "theirs", to: "target", indices: ["fx-orders"] };

describe("a repository without register", () => {
  it("is listed with what its cluster says of it", async () => {
    const world = await readingWorld();
    expect(await theirs(world)).toMatchObject({ state: "others", readonly: true, reason: { code: "registration.byNobody" } });
    await world.source.putRepository({ name: "theirs", type: "s3", settings: { bucket: "b" } }, { verify: false });
    expect(await theirs(world)).toMatchObject({ state: "others", type: "s3", differences: [], reason: { code: "registration.byOthers" } });
    // The first call is that of the repository before it.
    for (let call = 0; call < 2; call += 1) world.source.failNext("listRepositories", new AppError("refused", "cluster source: no"));
    expect(await theirs(world)).toMatchObject({ state: "unreachable", reason: { code: "gather.failed" } });
  });

  it("is shown as failed when its cluster refuses to read it", async () => {
    const world = await readingWorld();
    await world.source.putRepository({ name: "theirs", type: "s3", settings: { bucket: "b" } }, { verify: false });
    const words = "cluster source: repository theirs: The repository has been disabled to prevent data corruption";
    world.source.getSnapshot = async () => Promise.reject(new AppError("refused", words));
    expect(await theirs(world)).toMatchObject({ state: "failed", reason: { code: "repository.disabled", params: { message: words } } });
  });

  it("is never registered by ossnap", async () => {
    const world = await readingWorld();
    const opened = await world.open();
    expect(() => questionOf(opened, "theirs")).toThrow("repositories.theirs.register: is not in ossnap.yaml");
    await expect(registerByHand(opened, "theirs")).rejects.toMatchObject({ code: "invalid", reason: { code: "registration.notOurs" } });
    expect(await world.source.listRepositories()).toEqual([]);
  });

  it("is read by its blobs, and its cluster lists its snapshots", async () => {
    const world = await readingWorld();
    const opened = await world.open();
    expect(placeToRead(opened, "theirs")).toMatchObject({ bucket: "moved", basePath: "theirs" });
    await world.source.putRepository({ name: "theirs", type: "fs", settings: { location: "/srv/theirs" } }, { verify: false });
    expect(await listSnapshots(opened, { repository: "theirs" })).toEqual([]);
  });

  it("refuses a restore where its cluster does not list it, with a way out that is not to register it", async () => {
    const world = await readingWorld("target");
    const { checks, refused } = await preflightRestore(await world.open(), WANTED);
    expect(refused).toBe(true);
    expect(checks.find(({ check }) => check === "repository")).toMatchObject({
      reason: { code: "repository.absentByOthers" },
      wayOut: { code: "wayOut.addRegister" },
    });
    await world.target.putRepository({ name: "theirs", type: "fs", settings: { location: "/srv/theirs" } }, { verify: false });
    const again = await preflightRestore(await world.open(), WANTED);
    expect(again.checks.find(({ check }) => check === "repository")).toMatchObject({ reason: { code: "snapshot.notOnCluster" } });
  });
});

describe("a name that is unknown where watches are accepted", () => {
  const offered = async (run: (world: Awaited<ReturnType<typeof openWorld>>) => unknown) => {
    const world = await openWorld();
    try {
      await run(world);
    } catch (error) {
      return messageOf(error);
    }
    throw new Error("the name was accepted");
  };
  const openWorld = async () => (await readingWorld()).open();

  it.each([
    ["verify and snapshots", (world: Awaited<ReturnType<typeof openWorld>>) => placeToRead(world, "nothing"), "backups, theirs, moved"],
    [
      "repositories register",
      (world: Awaited<ReturnType<typeof openWorld>>) => questionOf(world, "nothing"),
      "backups, theirs, moved-movies",
    ],
    [
      "restore",
      (world: Awaited<ReturnType<typeof openWorld>>) => preflightRestore(world, { ...WANTED, repository: "nothing" }),
      "backups, theirs, moved-movies",
    ],
  ])("%s offer the watches too", async (_, run, names) => {
    expect(await offered(run)).toContain(`there are: ${names}`);
  });
});

describe("one cluster under two names", () => {
  it("is warned about when two addresses lead to the same cluster", async () => {
    const world = await readingWorld("target");
    expect((await listRepositories(await world.open())).flatMap(({ warnings }) => warnings)).toEqual([]);
    const { uuid } = await world.source.info();
    const { info } = world.target;
    world.target.info = async () => ({ ...(await info()), uuid });
    const rows = await listRepositories(await world.open());
    expect(rows.filter(({ cluster }) => cluster === "target").flatMap(({ warnings }) => warnings.map(({ wrong }) => wrong))).toEqual([
      "target is the same cluster as source: work of the two is not kept apart",
      "target is the same cluster as source: work of the two is not kept apart",
    ]);
  });
});
