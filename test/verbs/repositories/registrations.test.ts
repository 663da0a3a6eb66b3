import { describe, expect, it } from "vitest";
import { repositoryState } from "../../../shared/jobs/registration.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { questionOf, registerByHand } from "../../../shared/verbs/repositories/apply.ts";
import { listRepositories } from "../../../shared/verbs/repositories/show.ts";
import { done, fire, ID, tick, withMovies } from "../../world/nightly.ts";
import { HOUR_MS, MINUTE_MS, type TestWorld, testConfig, testWorld } from "../../world/world.ts";

const row = async (world: TestWorld, name = "backups") => (await listRepositories(await world.open())).find((one) => one.name === name);

/** The cluster keeps the registration, and its verification fails: the keys are wrong. */
function wrongKeys(world: TestWorld): () => void {
  const { putRepository } = world.source;
  world.source.putRepository = async (repository, options) => {
    await putRepository(repository, options);
    throw new AppError("refused", "cluster source: repository backups: path is not accessible: AccessDenied");
  };
  return () => {
    world.source.putRepository = putRepository;
  };
}

describe("a registration that the cluster could not verify", () => {
  it("is not as configured: the fault is shown, and the backup names it while it tries again, and fails with it", async () => {
    const world = await withMovies();
    wrongKeys(world);
    await fire(world);
    const { head } = (await (await world.open()).log.read(ID)) ?? {};
    expect(head?.reason).toMatchObject({ code: "effect.refused", params: { message: expect.stringContaining("AccessDenied") } });
    expect(await row(world)).toMatchObject({
      state: "failed",
      reason: { code: "registration.failed", params: { message: expect.stringContaining("AccessDenied") } },
    });
    world.advance(5 * HOUR_MS);
    await tick(world);
    expect(await done(world)).toMatchObject({ state: "failed" });
  });

  it("is registered again by the same backup, and is as configured once that verification succeeds", async () => {
    const world = await withMovies();
    const correct = wrongKeys(world);
    await fire(world);
    correct();
    const opened = await world.open();
    expect((await repositoryState(opened, questionOf(opened, "backups"))).need).toEqual({ register: true });
    for (const _ of [1, 2, 3]) {
      world.advance(20 * MINUTE_MS);
      await tick(world);
    }
    world.source.finishSnapshots();
    await tick(world);
    expect(await done(world)).toMatchObject({ state: "done" });
    expect(await row(world)).toMatchObject({ state: "same", reason: { code: "registration.same" } });
  });

  it("is not changed by a fault that says nothing about it", async () => {
    const world = await withMovies();
    await registerByHand(await world.open(), "backups");
    world.source.failNext("putRepository", "lost");
    await registerByHand(await world.open(), "backups").catch(() => undefined);
    expect(await row(world)).toMatchObject({ state: "same" });
  });
});

describe("the registration of a repository that its cluster disabled", () => {
  const WORDS =
    "cluster source: repository backups: The repository has been disabled to prevent data corruption: remove this one's registration";

  async function disabled() {
    const world = await withMovies();
    await registerByHand(await world.open(), "backups");
    const { getSnapshot } = world.source;
    world.source.getSnapshot = async () => Promise.reject(new AppError("refused", WORDS));
    return { world, enable: () => Object.assign(world.source, { getSnapshot }) };
  }

  it("is refused with the way out though the cluster accepts and verifies it, and is shown as failed", async () => {
    const { world, enable } = await disabled();
    await expect(registerByHand(await world.open(), "backups")).rejects.toMatchObject({ code: "refused", message: WORDS });
    expect(await row(world)).toMatchObject({ state: "failed", reason: { code: "registration.failed", params: { message: WORDS } } });
    enable();
    expect(await registerByHand(await world.open(), "backups")).toMatchObject({ state: "same" });
  });

  it("is not refused for a read that merely failed", async () => {
    const { world } = await disabled();
    world.source.getSnapshot = async () => Promise.reject(new AppError("transient", "cluster source: timed out"));
    expect(await registerByHand(await world.open(), "backups")).toMatchObject({ state: "same" });
  });
});

describe("a registration that somebody else made", () => {
  it("is unverified, which is not the same as configured", async () => {
    const world = await withMovies();
    await world.source.putRepository({ name: "backups", type: "fs", settings: { location: "/srv/backups" } }, { verify: true });
    expect(await row(world)).toMatchObject({ state: "unverified", reason: { code: "registration.unverified" } });
    await registerByHand(await world.open(), "backups");
    expect(await row(world)).toMatchObject({ state: "same" });
  });
});

describe("a read-only registration, which no node verifies", () => {
  it("is as configured when its root could be read, and failed when not, without being registered again and again", async () => {
    const world = await withMovies();
    const { getSnapshot } = world.target;
    world.target.getSnapshot = async () => Promise.reject(new AppError("refused", "cluster target: AccessDenied"));
    await registerByHand(await world.open(), "moved-movies");
    expect(await row(world, "moved-movies")).toMatchObject({ state: "failed" });
    const opened = await world.open();
    expect((await repositoryState(opened, questionOf(opened, "moved-movies"))).need).toBeUndefined();
    world.target.getSnapshot = getSnapshot;
    await registerByHand(await world.open(), "moved-movies");
    expect(await row(world, "moved-movies")).toMatchObject({ state: "same" });
  });
});

describe("a registration recorded by an earlier version", () => {
  it("is as configured: it was recorded after a successful verification only", async () => {
    const world = await withMovies();
    await registerByHand(await world.open(), "backups");
    const key = "registered/source/backups.json";
    const { verification: _none, ...before } = JSON.parse(Buffer.from((await world.state.get(key)) ?? []).toString());
    await world.state.put(key, Buffer.from(JSON.stringify(before)));
    expect(await row(world)).toMatchObject({ state: "same" });
  });
});

describe("type s3 on OSS, whose newer clients OSS refuses", () => {
  const onOss = () =>
    testConfig((config) => {
      const settings = { bucket: "backups", endpoint: "https://oss-cn-hangzhou.aliyuncs.com" };
      config.repositories.backups = { cluster: "source", register: { type: "s3", settings } };
    });

  it.each([
    ["7.17.9", []],
    ["8.19.0", ["settings.s3Chunked"]],
    ["9.2.0", ["settings.s3Chunked", "settings.s3Conditional"]],
  ])("is shown by repositories and logged by the registration: %s", async (sourceVersion, codes) => {
    const world = await testWorld({ config: onOss(), sourceVersion });
    await registerByHand(await world.open(), "backups");
    expect((await row(world))?.warnings.map(({ reason }) => reason.code).filter((code) => code.startsWith("settings.s3"))).toEqual(codes);
    const logged = world.lines.filter(({ message }) => message === "registration warning");
    expect(logged).toHaveLength(codes.length);
    expect(JSON.stringify(logged)).toContain(codes.length === 0 ? "[]" : `OSS refuses the chunked bodies that ${sourceVersion} sends`);
  });
});
