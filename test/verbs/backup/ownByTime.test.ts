import { describe, expect, it } from "vitest";
import { readOpenWork } from "../../../shared/jobs/openWork.ts";
import { backupKind } from "../../../shared/verbs/backup/job.ts";
import type { BackupJob } from "../../../shared/verbs/backup/step.ts";
import { fire, ID, withMovies } from "../../world/nightly.ts";
import { DAY_MS, MINUTE_MS } from "../../world/world.ts";

const PLANNED = ["movies", "movies-old"];

/** Up to 7.2 a snapshot has no metadata that names its job. */
describe.each(["2.4.6", "5.5.3", "6.7.0"])("a snapshot with the attempt's name on %s", (sourceVersion) => {
  const found = async (beforeMs: number, indices: string[], sourceSkewMs = 0) => {
    const world = await withMovies({ sourceVersion, sourceSkewMs });
    world.advance(-beforeMs);
    await world.source.putRepository({ name: "backups", type: "fs", settings: { location: "/srv/backups" } }, { verify: false });
    await world.source.createSnapshot("backups", "taken", { indices, metadata: {} });
    world.source.finishSnapshots();
    world.advance(beforeMs);
    await fire(world);
    const opened = await world.open();
    const job = (await opened.log.read(ID)) as BackupJob;
    const look = await backupKind(opened, await readOpenWork(opened)).effects.startSnapshot?.lookUp(job, {
      name: "taken",
      indices: PLANNED,
    } as never);
    return look?.found;
  };

  it.each([
    ["ten days older than its job", 10 * DAY_MS, PLANNED, "foreign"],
    ["older than any clock difference", 6 * MINUTE_MS, PLANNED, "foreign"],
    ["older by a clock difference", 4 * MINUTE_MS, PLANNED, "ours"],
    ["of other indices", 0, ["series"], "foreign"],
  ])("that is %s", async (_, beforeMs, indices, expected) => {
    expect(await found(beforeMs, indices)).toBe(expected);
  });

  it.each([
    ["taken by its job", 0, "ours"],
    ["older than its job", 6 * MINUTE_MS, "foreign"],
  ])("that is %s, on a cluster whose clock is an hour behind", async (_, beforeMs, expected) => {
    expect(await found(beforeMs, PLANNED, -60 * MINUTE_MS)).toBe(expected);
  });
});
