import { describe, expect, it } from "vitest";
import { stepFault } from "../../shared/jobs/damage/stepFault.ts";
import { AppError } from "../../shared/model/errors.ts";
import { stateKey } from "../../shared/state/keys.ts";
import { everyKindOpen } from "../golden/everyKind.ts";
import { tick as advance } from "../world/nightly.ts";
import { jobOf } from "./jobs.ts";

const ERROR = new TypeError("Cannot read properties of undefined (reading 'x')");
const SNAPSHOT = { name: "s", uuid: "u", startTime: "2026-11-20T01:30:00.000Z" };

describe("what is said of a step that failed with an error of the language", () => {
  it.each<[string, object, unknown, string]>([
    ["arrival-a", { watchName: "w", watch: {}, snapshot: { ...SNAPSHOT, uuid: 7 } }, { probes: [] }, "intent.input.snapshot.uuid"],
    ["arrival-a", { watchName: "w", watch: {}, snapshot: SNAPSHOT }, { probes: [null] }, "data.probes"],
    ["backup-a", { policyName: "p", slot: "s", policy: { repository: "r", schedule: [] } }, {}, "intent.input.policy.schedule"],
    ["prune-a", { policyName: "p", policy: { repository: "r", schedule: {}, keep: {} } }, { plan: {} }, "data.plan.remove"],
    ["prune-a", { deletion: { repository: "r", wanted: "x" } }, {}, "intent.input.deletion.wanted"],
    ["copy-a", { copyName: "c", rule: { to: {} }, from: {}, wanted: [7] }, {}, "intent.input.wanted"],
    ["restore-a", { snapshot: SNAPSHOT, repository: "r", indices: ["i"] }, { targets: {} }, "data.targets"],
    ["retire-a", { index: "i", uuid: "u" }, {}, "intent.input.notBefore"],
    ["rollback-a", { restore: "r", moves: {} }, {}, "intent.input.moves"],
    ["verification-a", { repository: "r", place: {}, snapshot: "s", level: "names" }, { verdicts: 7 }, "data.verdicts"],
    ["verification-a", { repository: "r", place: {}, snapshot: "s", level: "names" }, null, "data"],
  ])("names the damaged record of %s and its part: %j %j", (id, input, data, part) => {
    const said = stepFault(jobOf({ id, state: "asked", input, data }), ERROR);
    expect(said).toContain(`state object ${stateKey.record(id, 0)}: is damaged: it has no valid ${part} (Cannot read`);
    expect(said).toContain(`put the object back, or delete everything below ${stateKey.job(id)}`);
  });

  it("names the log where no part is known to be damaged, and leaves an error of ossnap's as it is", () => {
    const job = jobOf({ id: "retire-a", state: "asked", input: { index: "i", uuid: "u", notBefore: "n" }, data: {} });
    expect(stepFault(job, ERROR)).toContain("if a record below live/jobs/retire-a/ of the state was changed, put it back, else report it");
    expect(stepFault(job, new AppError("invalid", "the copy's list is damaged"))).toBe("the copy's list is damaged");
  });

  it("finds nothing damaged in any kind of open job as ossnap writes it", async () => {
    const { world, ids } = await everyKindOpen();
    for (const id of Object.values(ids)) {
      const job = await (await world.open()).log.read(id);
      expect(job && [id, stepFault(job, ERROR)]).toEqual([id, expect.stringContaining("has no words for")]);
    }
    await advance(world);
  });
});
