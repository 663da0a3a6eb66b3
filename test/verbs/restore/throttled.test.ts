import { describe, expect, it } from "vitest";
import { AppError } from "../../../shared/model/errors.ts";
import { listRepositories } from "../../../shared/verbs/repositories/show.ts";
import { preflightRestore, type RestoreRequestByHand, startRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { movedWorld } from "../../golden/stages.ts";
import { OPS, tick } from "../../world/nightly.ts";
import { MINUTE_MS, type TestWorld } from "../../world/world.ts";

const REQUEST = { snapshot: "snap-1", repository: "moved-movies", to: "target", indices: ["fx-orders"], replicas: 0 };

const rateOf = async ({ target }: TestWorld) =>
  (await target.listRepositories()).find(({ name }) => name === "moved-movies")?.settings.max_restore_bytes_per_sec;
const row = async (world: TestWorld) => (await listRepositories(await world.open())).find(({ name }) => name === "moved-movies");
const codes = async (world: TestWorld, change: Partial<RestoreRequestByHand>) =>
  (await preflightRestore(await world.open(), { ...REQUEST, ...change })).checks
    .filter(({ result, check }) => result === "refuse" || check === "rate")
    .map(({ result, reason }) => `${result} ${reason.code}`);

async function start(world: TestWorld, change: Partial<RestoreRequestByHand> = {}): Promise<string> {
  const outcome = await startRestore(await world.open(), { ...REQUEST, ...change }, OPS);
  if (!("created" in outcome) || outcome.created.outcome !== "created") throw new Error(JSON.stringify(outcome));
  return outcome.created.job.id;
}

async function ticks(world: TestWorld, count: number): Promise<void> {
  for (let look = 0; look < count; look += 1) {
    await tick(world);
    world.advance(MINUTE_MS);
  }
}

async function ended(world: TestWorld, id: string): Promise<string | undefined> {
  for (let look = 0; look < 12; look += 1) {
    world.target.finishRestores();
    await ticks(world, 1);
  }
  return (await (await world.open()).log.done(id))?.state;
}

/** Another person registers it, with settings that ossnap.yaml does not have. */
const registerElsewhere = ({ target }: TestWorld, more: Record<string, string>) =>
  target.putRepository(
    { name: "moved-movies", type: "fs", settings: { location: "/srv/moved", readonly: true, ...more } },
    { verify: false },
  );

describe("a restore at a rate of its own", () => {
  it("registers the rate, which is no fault while it reads, and the next restore sets it back", async () => {
    const world = await movedWorld();
    const throttled = await start(world, { maxBytesPerSec: "80mb", as: { "*": "slow" } });
    await ticks(world, 2);
    expect(await rateOf(world)).toBe("80mb");
    expect(world.target.writes.filter(({ method }) => method === "restore")).toHaveLength(1);
    expect(await row(world)).toMatchObject({
      state: "same",
      differences: [],
      reason: { code: "registration.throttled", params: { rate: "80mb", restore: throttled } },
    });
    expect(await ended(world, throttled)).toBe("done");
    expect(await rateOf(world)).toBe("80mb");
    expect(await row(world)).toMatchObject({ state: "different", overwrites: false });
    expect(await ended(world, await start(world, { as: { "*": "quick" } }))).toBe("done");
    expect(await rateOf(world)).toBeUndefined();
    expect(await row(world)).toMatchObject({ state: "same", reason: { code: "registration.same" } });
  });

  it("waits for one at another rate, and one without a rate runs at that one", async () => {
    const world = await movedWorld(undefined, { restorePolls: Number.POSITIVE_INFINITY });
    const first = await start(world, { maxBytesPerSec: "80mb", as: { "*": "first" } });
    await ticks(world, 2);
    expect((await preflightRestore(await world.open(), { ...REQUEST, maxBytesPerSec: "20mb" })).checks).toContainEqual(
      expect.objectContaining({
        check: "running",
        reason: { code: "rate.held", params: { repository: "moved-movies", rate: "80mb", restore: first } },
      }),
    );
    const second = await start(world, { maxBytesPerSec: "20mb", as: { "*": "second" } });
    await ticks(world, 2);
    expect((await (await world.open()).log.read(second))?.head).toMatchObject({ state: "asked" });
    expect(await rateOf(world)).toBe("80mb");
    expect(await ended(world, first)).toBe("done");
    expect(await ended(world, second)).toBe("done");
    expect(await rateOf(world)).toBe("20mb");
  });

  it("registers it again if another rate was registered before the restore began", async () => {
    const world = await movedWorld();
    const id = await start(world, { maxBytesPerSec: "80mb", as: { "*": "slow" } });
    const { restore } = world.target;
    world.target.restore = async () => Promise.reject(new AppError("refused", "not yet"));
    await ticks(world, 1);
    expect(await rateOf(world)).toBe("80mb");
    world.target.restore = restore;
    await registerElsewhere(world, { max_restore_bytes_per_sec: "1mb" });
    expect(await ended(world, id)).toBe("done");
    expect(await rateOf(world)).toBe("80mb");
  });

  it("is not begun where it would change what others set", async () => {
    const world = await movedWorld();
    await registerElsewhere(world, { chunk_size: "64mb" });
    expect(await codes(world, { maxBytesPerSec: "80mb" })).toContain("refuse repository.overwrites");
    expect(await codes(world, {})).not.toContain("refuse repository.overwrites");
  });

  it("takes over a rate alone, which the dry run names", async () => {
    const world = await movedWorld();
    await registerElsewhere(world, { max_restore_bytes_per_sec: "1mb" });
    const { checks } = await preflightRestore(await world.open(), { ...REQUEST, maxBytesPerSec: "80mb" });
    expect(checks.find(({ reason }) => reason.code === "rate.sets")?.reason.params).toMatchObject({ rate: "80mb", before: "1mb" });
    expect(await rateOf(world)).toBe("1mb");
    expect(await ended(world, await start(world, { as: { "*": "quick" } }))).toBe("done");
    expect(await rateOf(world)).toBe("1mb");
  });

  it("is refused for a repository that backups write, and for one that others register", async () => {
    const world = await movedWorld((config) => {
      const { backups } = config.repositories;
      if (backups)
        config.repositories = { ...config.repositories, policys: { ...backups, cluster: "target" }, others: { cluster: "target" } };
      for (const name of ["policys", "others"]) {
        const repository = config.repositories[name];
        if (repository) repository.blobs = config.watches.moved?.blobs;
      }
    });
    for (const name of ["policys", "others"])
      await world.target.putRepository({ name, type: "fs", settings: { location: "/srv/moved" } }, { verify: false });
    expect(await codes(world, { repository: "policys", maxBytesPerSec: "80mb" })).toContain("refuse rate.policys");
    expect(await codes(world, { repository: "others", maxBytesPerSec: "80mb" })).toContain("refuse rate.others");
  });

  it("is that of ossnap.yaml for a watch, and a change there counts for the next restore", async () => {
    const world = await movedWorld();
    const register = world.config.watches.moved?.register;
    if (register) register.settings = { ...register.settings, max_restore_bytes_per_sec: "20mb" };
    expect(await ended(world, await start(world, { as: { "*": "first" } }))).toBe("done");
    expect(await rateOf(world)).toBe("20mb");
    if (register) register.settings = { ...register.settings, max_restore_bytes_per_sec: "30mb" };
    expect(await ended(world, await start(world, { as: { "*": "second" } }))).toBe("done");
    expect(await rateOf(world)).toBe("30mb");
    expect(await row(world)).toMatchObject({ state: "same" });
  });
});
