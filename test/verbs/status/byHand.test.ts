import { expect, it } from "vitest";
import type { Session } from "../../../infra/cli/session.ts";
import { status } from "../../../infra/cli/verbs/status.ts";
import { reason } from "../../../shared/model/reason.ts";
import { slotOf } from "../../../shared/model/slot.ts";
import { raiseNotice } from "../../../shared/notices/notices.ts";
import { askBackup } from "../../../shared/verbs/backup/ask.ts";
import { OPS, tick, withMovies } from "../../world/nightly.ts";

it("status names the newest success taken by hand, and the policy of a notice whose sentence names none", async () => {
  const world = await withMovies();
  const text = async () => {
    const answer = await status({ world: async () => world.open() } as unknown as Session);
    return answer.text({ colour: false, unicode: true, now: world.now(), program: "ossnap" });
  };
  expect(await text()).toContain("nightly: nothing taken yet;");
  await askBackup(await world.open(), { policy: "nightly", slot: slotOf(world.now()), asked: OPS });
  await tick(world);
  world.source.finishSnapshots();
  await tick(world);
  const [taken] = await world.source.listSnapshots("backups");
  expect(await text()).toContain(`nightly: no slot yet, newest good snapshot ${taken?.name} (`);
  const why = reason("prune.newestGone", { snapshot: "x" });
  await raiseNotice(await world.open(), { key: "prune-refused:nightly", code: "prune.refused", severity: "warning", reason: why });
  expect(await text()).toContain("backups.nightly: the newest good snapshot x no longer exists");
});
