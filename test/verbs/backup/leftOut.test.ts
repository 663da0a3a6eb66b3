import { describe, expect, it } from "vitest";
import { reason } from "../../../shared/model/reason.ts";
import { JOB_MARKER_KEY } from "../../../shared/model/restoredName.ts";
import { reportShrunk, reportUncovered } from "../../../shared/verbs/backup/leftOut.ts";
import { showStatus } from "../../../shared/verbs/status/show.ts";
import { created, fire, tick, withMovies } from "../../world/nightly.ts";
import { DAY_MS, type TestWorld, testConfig, testWorld } from "../../world/world.ts";

const RESTORED = "movies-20261121013000000-0123abcd";

/** A policy of `*,-.*`, which is what the example has. */
async function everything() {
  const config = testConfig(({ backups: { nightly } }) => {
    if (nightly) nightly.indices = ["*", "-.*"];
  });
  const world = await withMovies({ config, sourceVersion: "7.10.2" });
  world.source.putIndex(".ds-logs-app-2026.01.01-000001", { documents: 1 });
  world.source.putIndex(RESTORED, { documents: 3, settings: { [JOB_MARKER_KEY]: "restore-1" } });
  return world;
}

const indicesOf = (world: Awaited<ReturnType<typeof everything>>) => created(world).at(-1)?.args[2] as { indices: string[] } | undefined;

describe("a backup of *,-.*", () => {
  it("reports once that data streams are left out, and copies that ossnap restored", async () => {
    const world = await everything();
    await fire(world);
    await tick(world);
    await tick(world);
    expect(indicesOf(world)?.indices).toEqual(["movies", "movies-old", "series"]);
    expect(world.notices.filter(({ code }) => code.startsWith("selection."))).toMatchObject([
      {
        key: "streams-left-out:nightly",
        severity: "warning",
        status: "firing",
        text: expect.stringContaining(
          "because their indices begin with a dot: logs-app; to include their indices, add .ds-* to backups.nightly.indices",
        ),
      },
      {
        key: "restored-left-out:nightly",
        severity: "warning",
        text: expect.stringContaining(`only * matches: ${RESTORED}`),
      },
    ]);
  });

  it("reports that it is over once they are named", async () => {
    const world = await everything();
    await fire(world);
    const { nightly } = world.config.backups;
    if (nightly) nightly.indices = ["*", "-.*", ".ds-*", "movies-*"];
    await tick(world);
    world.source.finishSnapshots?.();
    world.advance(DAY_MS);
    await tick(world);
    await tick(world);
    const over = world.notices.filter(({ status, code }) => status === "resolved" && code.startsWith("selection."));
    expect(over.map(({ key }) => key)).toEqual(["streams-left-out:nightly", "restored-left-out:nightly"]);
  });
});

describe("indices that no policy covers", () => {
  const uncovered = async (world: TestWorld, names: string[]) => {
    await reportUncovered(await world.open(), "source", names);
    const sent = world.coverage.filter(({ status }) => status === "firing");
    const stored = await showStatus(await world.open(), { rows: [], unread: [] });
    return [sent.length, stored.late[0]?.reason.params.names];
  };

  it("are reported again when another one joins them, but not for a rolling index's next day", async () => {
    const world = await testWorld();
    expect(await uncovered(world, ["movies"])).toEqual([1, ["movies"]]);
    expect(await uncovered(world, ["movies"])).toEqual([1, ["movies"]]);
    expect(await uncovered(world, ["movies", "mv2"])).toEqual([2, ["movies", "mv2"]]);
    expect(await uncovered(world, ["movies", "mv3"])).toEqual([3, ["movies", "mv3"]]);
    expect(await uncovered(world, ["logs-2026.11.27", "movies", "mv3"])).toEqual([4, ["logs-2026.11.27", "movies", "mv3"]]);
    expect(await uncovered(world, ["logs-2026.11.28", "movies", "mv3"])).toEqual([4, ["logs-2026.11.28", "movies", "mv3"]]);
  });

  it("are reported again when a policy's selection lost others", async () => {
    const world = await testWorld();
    const lost = (gone: string[]) => ({ why: reason("selection.shrank", { policy: "nightly", count: gone.length, gone }), gone });
    for (const gone of [["a"], ["a"], ["a", "b"]]) await reportShrunk(await world.open(), "nightly", lost(gone));
    expect(world.notices.map((sent) => sent.reason.params.gone)).toEqual([["a"], ["a", "b"]]);
  });
});
