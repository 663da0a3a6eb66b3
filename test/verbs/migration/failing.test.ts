import { expect, it } from "vitest";
import { reason } from "../../../shared/model/reason.ts";
import { failingMigration } from "../../../shared/verbs/migration/step.ts";
import type { MigrationJob } from "../../../shared/verbs/migration/types.ts";
import { say } from "../../../shared/words/say.ts";
import { jobOf } from "../../jobs/jobs.ts";

const CUT = {
  job: "migration-1",
  at: "",
  by: "ops",
  restore: "restore-1",
  snapshot: { name: "", uuid: "" },
  blocked: ["films"],
  documents: 1,
};
const job = (mode: "rollback" | "cutover", state: string) =>
  jobOf({
    ...{ id: "migration-movies-rollback-20261130t065500z", state, data: { parts: {}, times: {} } },
    input: { name: "movies", mode, slot: "20261130t065500z", source: "source", target: "target", cut: CUT },
  }) as MigrationJob;

it("a way back that fails after it began to lift blocks says that the source may take writes, and how to go on", () => {
  const why = reason("effect.refused", { effect: "setBlock", message: "no" });
  const record = failingMigration(job("rollback", "lifting"), why);
  expect(record).toMatchObject({ state: "failed", reason: { code: "migration.halfLifted", params: { because: "effect.refused" } } });
  expect(say(record?.reason ?? why)).toContain("migrate rollback movies --start");
  expect(record && failingMigration(job("rollback", "lifting"), record.reason)).toBeUndefined();
  expect(failingMigration(job("rollback", "asked"), why)).toBeUndefined();
});
