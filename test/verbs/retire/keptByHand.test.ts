import { describe, expect, it } from "vitest";
import { readOpenWork } from "../../../shared/jobs/openWork.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { advanceJob } from "../../../shared/tick/advance.ts";
import { preflightRestore, type RestoreRequestByHand, startRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { askRollback, dryRollback } from "../../../shared/verbs/rollback/ask.ts";
import { movedWorld } from "../../golden/stages.ts";
import { OPS, tick } from "../../world/nightly.ts";
import { MINUTE_MS, type TestWorld } from "../../world/world.ts";

const REQUEST = { snapshot: "snap-2", repository: "moved-movies", to: "target", indices: ["fx-orders"], alias: "shop", replicas: 0 };

async function ticks(world: TestWorld, count: number): Promise<void> {
  for (let look = 0; look < count; look += 1) {
    world.target.finishRestores();
    await tick(world);
    world.advance(MINUTE_MS);
  }
}

interface Moved {
  job: string;
  /** The index that the alias left, and the one that it has. */
  left: string;
  has: string;
}

/** Restores one snapshot and then the next behind the alias. */
async function moved(world: TestWorld, alias: string, change: { keepOldBytes?: string } = {}): Promise<Moved> {
  const left = await restored(world, { alias, snapshot: "snap-1" });
  const has = await restored(world, { alias, snapshot: "snap-2", ...change });
  return { job: has.job, left: left.index, has: has.index };
}

async function restored(
  world: TestWorld,
  change: Partial<RestoreRequestByHand> & { alias: string },
): Promise<{ job: string; index: string }> {
  const outcome = await startRestore(await world.open(), { ...REQUEST, ...change }, OPS);
  if (!("created" in outcome) || outcome.created.outcome !== "created") throw new Error(JSON.stringify(outcome));
  await ticks(world, 12);
  const { id } = outcome.created.job;
  expect((await (await world.open()).log.done(id))?.state).toBe("done");
  const [index] = (await world.target.listIndices()).filter(({ aliases }) => aliases.includes(change.alias));
  return { job: id, index: index?.name ?? "" };
}

const opened = () =>
  movedWorld((config) => {
    Object.assign(config.watches.moved?.restore ?? {}, { which: "by-hand" });
  });
const kept = async (world: TestWorld) =>
  (await world.target.listIndices())
    .filter(({ name, aliases }) => name.startsWith("fx-orders-") && aliases.length === 0)
    .map(({ name }) => name)
    .sort();
const bytesOf = async (world: TestWorld, index: string) => (await world.target.indexBytes()).get(index) ?? 0;
const bound = (world: TestWorld, keepOldBytes: number) => Object.assign(world.config.clusters.target ?? {}, { keepOldBytes });
const told = async (world: TestWorld, change: Partial<RestoreRequestByHand> = {}) =>
  (await preflightRestore(await world.open(), { ...REQUEST, ...change })).checks
    .filter(({ reason }) => reason.code.startsWith("kept."))
    .map(({ result, reason }) => [result, reason.code, reason.params]);

describe("what restores by hand keep", () => {
  it("stays for its time where nobody bounds it, and the plan says nothing of it", async () => {
    const world = await opened();
    const shop = await moved(world, "shop");
    const site = await moved(world, "site");
    expect(await told(world)).toEqual([]);
    expect(await kept(world)).toEqual([shop.left, site.left].sort());
  });

  it("goes before its time beyond the bound of the cluster in ossnap.yaml, the oldest first", async () => {
    const world = await opened();
    const shop = await moved(world, "shop");
    const site = await moved(world, "site");
    bound(world, (await bytesOf(world, shop.left)) + (await bytesOf(world, site.left)));
    await ticks(world, 3);
    expect(await kept(world)).toEqual([shop.left, site.left].sort());
    bound(world, await bytesOf(world, site.left));
    await ticks(world, 3);
    expect(await kept(world)).toEqual([site.left]);
  });

  it("goes before its time beyond the bound that the last request gave, whatever ossnap.yaml says", async () => {
    const world = await opened();
    bound(world, 1);
    const shop = await moved(world, "shop", { keepOldBytes: "1tb" });
    const bytes = await bytesOf(world, shop.left);
    expect(await kept(world)).toEqual([shop.left]);
    const site = await moved(world, "site", { keepOldBytes: `${bytes}b` });
    expect(await kept(world)).toEqual([site.left]);
  });

  it("is told by the plan, with an index that is too large to be kept", async () => {
    const world = await opened();
    const { index } = await restored(world, { alias: "shop", snapshot: "snap-1" });
    const most = await bytesOf(world, index);
    expect(await told(world, { keepOldBytes: `${most}b` })).toEqual([["ok", "kept.atMost", { cluster: "target", most }]]);
    const tooLarge = { indices: [index], bytes: most, most: most - 1 };
    expect(await told(world, { keepOldBytes: `${most - 1}b` })).toEqual([["warn", "kept.tooLarge", tooLarge]]);
    await restored(world, { alias: "shop", snapshot: "snap-2", keepOldBytes: `${most - 1}b` });
    expect(await kept(world)).toEqual([]);
  });

  it("stays while the cluster tells no sizes", async () => {
    const world = await opened();
    const { index } = await restored(world, { alias: "shop", snapshot: "snap-1" });
    world.target.indexBytes = async () => {
      throw new AppError("denied", "not for this user");
    };
    bound(world, 1);
    expect(await told(world)).toEqual([["warn", "kept.sizesUnknown", { cluster: "target", most: 1, message: "not for this user" }]]);
    await restored(world, { alias: "shop", snapshot: "snap-2" });
    expect(await kept(world)).toEqual([index]);
  });

  it("goes oldest first, also when the newer one is looked at first", async () => {
    const world = await opened();
    const shop = await moved(world, "shop");
    const site = await moved(world, "site");
    world.target.indexBytes = async () => new Map([shop.left, site.left].map((index, at) => [index, 300 + 100 * at]));
    bound(world, 350);
    const { jobs } = await readOpenWork(await world.open());
    const [retire] = jobs.filter(({ kind, intent }) => kind === "retire" && (intent.input as { index: string }).index === site.left);
    await advanceJob(await world.open(), retire?.id ?? "");
    expect(await kept(world)).toEqual([shop.left, site.left].sort());
    await ticks(world, 1);
    expect(await kept(world)).toEqual([]);
  });

  it("stays for a rollback that was asked for before it had to go", async () => {
    const world = await opened();
    const { job, left, has } = await moved(world, "shop");
    await askRollback(await world.open(), { restore: job, loseWrites: true }, OPS);
    bound(world, (await bytesOf(world, has)) + (await bytesOf(world, left)) - 1);
    const { jobs } = await readOpenWork(await world.open());
    const [retire] = jobs.filter(({ kind }) => kind === "retire");
    world.target.indexBytes = async () => new Map([[left, 1e9]]);
    expect(await advanceJob(await world.open(), retire?.id ?? "")).toMatchObject({
      outcome: "waiting",
      reason: { code: "retire.neededBack" },
    });
    await ticks(world, 3);
    expect((await world.target.listIndices()).find(({ name }) => name === left)?.aliases).toEqual(["shop"]);
  });

  it("is bounded after a rollback too, whose plan says so", async () => {
    const world = await opened();
    const { job, left, has } = await moved(world, "shop");
    const most = (await bytesOf(world, has)) - 1;
    await askRollback(await world.open(), { restore: job, loseWrites: true }, OPS);
    await ticks(world, 3);
    expect(await kept(world)).toEqual([has]);
    bound(world, most);
    expect(await dryRollback(await world.open(), { restore: job })).toMatchObject({ keepOldBytes: most });
    await ticks(world, 3);
    expect((await world.target.listIndices()).map(({ name }) => name)).toEqual([left]);
  });

  it.each(["80", "-1", "0b", "fast", "1.2.3gb"])("a bound of %j is refused", async (keepOldBytes) => {
    const world = await opened();
    await expect(preflightRestore(await world.open(), { ...REQUEST, keepOldBytes })).rejects.toThrow("is not a size");
  });

  it("a bound without an alias, which leaves nothing, is refused", async () => {
    const world = await opened();
    const { alias: _, ...request } = REQUEST;
    await expect(preflightRestore(await world.open(), { ...request, keepOldBytes: "1gb" })).rejects.toThrow("no alias is named");
  });
});
