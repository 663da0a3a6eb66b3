import { describe, expect, it } from "vitest";
import type { DoneRecord } from "../../../shared/jobs/record.ts";
import { reason } from "../../../shared/model/reason.ts";
import { JOB_MARKER_KEY } from "../../../shared/model/restoredName.ts";
import { stateKey } from "../../../shared/state/keys.ts";
import { writeObject } from "../../../shared/state/objects.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { planMigration } from "../../../shared/verbs/migration/checks.ts";
import type { MigrationMode } from "../../../shared/verbs/migration/types.ts";
import { askMigration, syncedWorld } from "../../world/migrating.ts";
import { OPS } from "../../world/nightly.ts";
import { MINUTE_MS, type TestWorld } from "../../world/world.ts";

const SERVED = "movies-20261121010000000-0123abcd";
const RESTORE = "restore-89abcdef01234567";

/** Moves the alias to an index that a person made. */
function giveAway({ target }: TestWorld, alias = "movies"): void {
  target.putIndex("movies-by-hand", { documents: 1, aliases: [alias] });
}

/** What the last pass restored serves, and is written to. */
async function writtenThere(world: TestWorld, writes: readonly string[] = ["new"]): Promise<void> {
  world.target.putIndex(SERVED, { documents: 3, aliases: ["movies"], settings: { [JOB_MARKER_KEY]: RESTORE } });
  const { count } = await world.target.operations(SERVED);
  const uuid = (await world.target.listIndices()).find(({ name }) => name === SERVED)?.uuid ?? "";
  const at = world.now().toISOString();
  const done: DoneRecord = {
    ...{ schema: 1, id: RESTORE, kind: "restore", about: "movies", state: "done", createdAt: at, at, asked: OPS },
    reason: reason("restore.gone", { index: SERVED }),
    result: { cluster: "target", indices: [{ as: SERVED, uuid, operations: count, documents: 3 }], before: [] },
  };
  await writeObject(world.state, stateKey.done("restore", RESTORE), done);
  world.target.writeDocuments(SERVED, writes);
}

const refusals = async (world: TestWorld, mode: MigrationMode) => {
  const { checks } = await planMigration(await world.open(), { name: "movies", mode, ...(mode === "cutover" && { blockWrites: true }) });
  return checks.filter(({ result }) => result === "refuse").map((check) => check.reason.code);
};
const blocksOf = async ({ source }: TestWorld) =>
  (await source.listIndices()).filter(({ settings }) => settings["blocks.write"] === "true").length;

async function minute(world: TestWorld): Promise<void> {
  world.advance(MINUTE_MS);
  await advanceJobs(await world.open());
  await world.runTasks();
}

/** A cut-over that was asked for while nothing was in its way. */
async function askedFor(world: TestWorld, mode: MigrationMode = "cutover"): Promise<string> {
  const created = await askMigration(await world.open(), { name: "movies", mode, ...(mode === "cutover" && { blockWrites: true }) });
  return created.outcome === "done" ? "" : created.job.id;
}

const ALIASES: [string, (world: TestWorld) => void | Promise<void>, string][] = [
  ["is on an index that ossnap did not restore", (world) => giveAway(world), "alias.foreign"],
  [
    "is on what ossnap restored of another index",
    ({ target }) =>
      target.putIndex("stars-20261121010000000-0123abcd", { aliases: ["movies"], settings: { [JOB_MARKER_KEY]: "restore-1" } }),
    "alias.otherIndex",
  ],
  [
    "is on an index that has a block",
    ({ target }) => target.putIndex(SERVED, { aliases: ["movies"], settings: { "blocks.read_only": "true" } }),
    "alias.blocked",
  ],
  [
    "is on an index from the future",
    ({ target }) => target.putIndex("movies-20361121010000000-0123abcd", { aliases: ["movies"] }),
    "alias.ahead",
  ],
  ["would leave what was written to", (world) => writtenThere(world), "migration.targetWritten"],
];

describe.each(ALIASES)("an alias of a migration that %s", (_what, happens, code) => {
  it("refuses a cut-over in its dry run", async () => {
    const world = await syncedWorld();
    expect(await refusals(world, "cutover")).toEqual([]);
    await happens(world);
    expect(await refusals(world, "cutover")).toEqual([code]);
  });

  it("refuses the job that was asked for before, which then blocks and begins nothing", async () => {
    const world = await syncedWorld();
    const id = await askedFor(world);
    await happens(world);
    await minute(world);
    expect(await (await world.open()).log.done(id)).toMatchObject({ state: "refused", reason: { code } });
    expect([await blocksOf(world), await world.stateKeys("live/jobs/")]).toEqual([0, []]);
    expect(world.source.writes.filter(({ method }) => method !== "listSnapshots")).toEqual([]);
  });

  it("ends a cut-over before its snapshot, and lifts the block that it set", async () => {
    const world = await syncedWorld();
    const id = await askedFor(world);
    await minute(world);
    expect(await blocksOf(world)).toBe(1);
    await happens(world);
    for (let count = 0; count < 4; count += 1) await minute(world);
    expect(await (await world.open()).log.done(id)).toMatchObject({ state: "failed", reason: { code }, result: { parts: {} } });
    expect([await blocksOf(world), world.source.writes.filter(({ method }) => method === "createSnapshot")]).toEqual([0, []]);
  });
});

describe("a pass", () => {
  it("is refused for an alias that a person moved, before it takes its snapshot", async () => {
    const world = await syncedWorld();
    const id = await askedFor(world, "sync");
    giveAway(world);
    expect(await refusals(world, "sync")).toEqual(["migration.running"]);
    await minute(world);
    expect(await (await world.open()).log.done(id)).toMatchObject({ state: "refused", reason: { code: "alias.foreign" } });
    expect(await refusals(world, "sync")).toEqual(["alias.foreign"]);
  });

  it("is only warned of a block and of writes: its restore looks again before its aliases move", async () => {
    const world = await syncedWorld();
    await writtenThere(world);
    await world.target.updateIndexSettings(SERVED, { "index.blocks.read_only_allow_delete": "true" });
    const { checks, refused } = await planMigration(await world.open(), { name: "movies", mode: "sync" });
    const warned = checks.filter(({ result }) => result === "warn").map((check) => check.reason.code);
    expect([refused, warned]).toEqual([false, expect.arrayContaining(["alias.blocked", "migration.targetWritten"])]);
  });

  it("and a cut-over go on while nothing was written to what serves", async () => {
    const world = await syncedWorld();
    await writtenThere(world, []);
    expect([await refusals(world, "sync"), await refusals(world, "cutover")]).toEqual([[], []]);
  });
});

describe("a warm migration", () => {
  it("foresees a stranger behind the alias of its passes, and behind both before the cut-over", async () => {
    for (const [alias, sync] of [
      ["movies", []],
      ["movies-next", ["alias.foreign"]],
    ] as const) {
      const world = await syncedWorld((config) => void Object.assign(config.migrations, { movies: { warm: true } }));
      giveAway(world, alias);
      expect([await refusals(world, "sync"), await refusals(world, "cutover")]).toEqual([sync, ["alias.foreign"]]);
    }
  });
});
