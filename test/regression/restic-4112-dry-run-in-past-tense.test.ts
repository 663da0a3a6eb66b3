import { describe, expect, it } from "vitest";
import type { Look } from "../../infra/cli/screen/look.ts";
import { pruneText } from "../../infra/cli/verbs/prune.ts";
import { reason } from "../../shared/model/reason.ts";
import type { PrunePlan } from "../../shared/plan/retention/plan.ts";
import { exampleConfig } from "../infra/deploy/exampleConfig.ts";

/**
 * restic/restic#4112: a dry run printed "2 snapshots have been removed", so that users could not tell whether it had removed anything.
 * ossnap's dry run says "would" throughout, states that nothing was deleted, and ends with the command that applies exactly this plan.
 */

const look: Look = { colour: false, unicode: true, now: new Date("2026-11-21T04:30:00Z"), program: "ossnap" };

const plan = (more: Partial<PrunePlan> = {}): PrunePlan => ({
  policy: "nightly",
  fingerprint: "f",
  hash: "5f3a9c1e",
  keep: [
    { name: "nightly-3", uuid: "3", reasons: [reason("keep.newest"), reason("keep.daily", { number: 1, of: 7, period: "2026-11-21" })] },
  ],
  remove: [
    {
      name: "nightly-1",
      uuid: "1",
      startTime: "2026-11-10T04:30:00Z",
      reasons: [reason("remove.beyond", { by: "nightly-3" })],
      keptInstead: "nightly-3",
    },
  ],
  later: [
    {
      name: "nightly-2",
      uuid: "2",
      startTime: "2026-11-19T04:30:00Z",
      reasons: [reason("remove.beyond", { by: "nightly-3" })],
      keptInstead: "nightly-3",
    },
  ],
  newestGood: { name: "nightly-3", uuid: "3" },
  refusal: undefined,
  ...more,
});
const policy = { ...(exampleConfig().backups.nightly ?? expect.fail()), timeZone: "Asia/Shanghai" };

describe("prune dry run", () => {
  it("lists what would be kept and removed, and ends with the command that applies exactly this", () => {
    expect(
      pruneText(plan(), policy, look),
    ).toBe(`Plan 5f3a9c1e for nightly (Asia/Shanghai): keep the last 3, 5 taken by hand; floor 2; at most 10 and 50 % per run
Would keep 1:
  NAME       UNTIL  BECAUSE
  nightly-3  –      newest good snapshot, daily 1/7
Would remove 1 of 3:
  NAME       AGE   BECAUSE
  nightly-1  11 d  no rule keeps it; nightly-3 is kept
Would leave 1 to a later run (the limit of one run):
  NAME       AGE  BECAUSE
  nightly-2  2 d  no rule keeps it; nightly-3 is kept
Nothing was deleted. To do exactly this:  ossnap prune nightly --apply 5f3a9c1e`);
  });

  it("offers nothing to apply when nothing would be removed, or when it is refused", () => {
    expect(pruneText(plan({ remove: [], later: [] }), policy, look)).toMatch(/Nothing would be removed\.$/);
    const refused = pruneText(plan({ remove: [], refusal: reason("prune.keepsNothingGood") }), policy, look);
    expect(refused).toMatch(/✗ Refused: the plan would keep no good snapshot\. Nothing was deleted\.$/);
    expect(refused).not.toContain("--apply");
  });
});
