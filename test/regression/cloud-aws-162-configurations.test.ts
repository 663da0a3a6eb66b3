import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { printConfigFault } from "../../shared/runtime/config/configError.ts";
import { checkConfig } from "../../shared/runtime/config/loadConfig.ts";
import { created, fire, withMovies } from "../world/nightly.ts";

/**
 * elastic/elasticsearch-cloud-aws#162: a bucket with a path (`mybucket/foo`) ended as a parser's error on the cluster, and other
 * configurations that users of schedules and of Amazon's managed service bring along: each is accepted, or refused with what to write.
 */

function check(name: string) {
  const text = readFileSync(fileURLToPath(new URL(`../fixtures/config/${name}.yaml`, import.meta.url)), "utf8");
  const { faults, warnings, config } = checkConfig(text, {});
  return { faults: faults.map(printConfigFault), warnings: warnings.map(printConfigFault), config };
}

describe("a configuration that users bring along", () => {
  it.each([
    [
      "bucket-with-path",
      'repositories.movies-aws.register.settings.bucket (line 8): not a bucket\'s name: it has a path: "mybucket/foo", write mybucket, and put foo into base_path',
    ],
    [
      "cron-start-step",
      'backups.nightly.schedule.cron (line 14): cron field minute has the step 0/30 without a range: "0 0/30 * * * ?", write */30',
    ],
    [
      "time-zone-cst",
      'backups.nightly.schedule.timeZone (line 14): an abbreviation, which may mean several time zones: "CST", write Asia/Shanghai or America/Chicago',
    ],
  ])("is refused with what to write: %s", (name, fault) => {
    expect(check(name).faults).toEqual([fault]);
  });

  it("is accepted with the role that Amazon's managed service demands", () => {
    const { faults, warnings, config } = check("role-arn");
    expect([faults, warnings]).toEqual([[], []]);
    expect(config?.repositories["movies-aws"]?.register?.settings.role_arn).toBe("arn:aws:iam::123456789012:role/SnapshotRole");
  });

  it("says which data streams its patterns leave out", async () => {
    const { faults, config } = check("data-streams");
    expect(faults).toEqual([]);
    const world = await withMovies({ sourceVersion: "8.17.0" });
    Object.assign(world.config.backups.nightly ?? {}, { indices: config?.backups.nightly?.indices });
    world.source.putIndex(".ds-logs-app-2026.01.01-000001", { documents: 1 });
    await fire(world);
    expect(created(world).at(-1)?.args[2]).toMatchObject({ indices: ["movies", "movies-old", "series"] });
    expect(world.notices).toMatchObject([{ key: "streams-left-out:nightly", reason: { params: { names: ["logs-app"], count: 1 } } }]);
  });
});
