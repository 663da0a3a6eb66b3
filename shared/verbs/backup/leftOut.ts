import type { World } from "../../jobs/world.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { parseRestoredIndexName } from "../../model/restoredName.ts";
import { raiseChosen, resolveCondition } from "../../notices/conditions.ts";
import type { Shrunk } from "../../plan/backup/shrink.ts";
import type { LeftOut } from "../../plan/selection.ts";

const NAMES_SHOWN = 10;

/** The date or rollover counter in a name: a rolling index's next one is no change that is worth a message. */
const ROLLING = /\d{4}[-._]?\d\d(?:[-._]?\d\d)?|-\d{6}$/g;

/** What names have in common with their successors: a date, a counter and the tail of a restored copy are left out. */
function seriesOf(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => (parseRestoredIndexName(name)?.stem ?? name).replace(ROLLING, "*")))];
}

/** Reports what a policy's patterns name and do not select, again when it changes, and once when that is over. */
export async function reportLeftOut(world: World, policy: string, { leftOut }: { leftOut?: LeftOut | undefined }): Promise<void> {
  const { streams = [], restored = [], dots = [] } = leftOut ?? {};
  const about = (names: readonly string[]) => ({ policy, count: names.length, names: names.slice(0, NAMES_SHOWN) });
  const over = reason("selection.nothingLeftOut", { policy });
  await report(world, `streams-left-out:${policy}`, { names: streams, why: reason("selection.streamsLeftOut", about(streams)), over });
  await report(world, `restored-left-out:${policy}`, { names: restored, why: reason("selection.restoredLeftOut", about(restored)), over });
  await report(world, `system-left-out:${policy}`, { names: dots, why: reason("selection.systemLeftOut", about(dots)), over });
}

/** Reports which indices of a cluster no policy takes, again when others join or leave them, and once when there are none. */
export async function reportUncovered(world: World, cluster: string, uncovered: readonly string[]): Promise<void> {
  const about = { cluster, count: uncovered.length, names: uncovered.slice(0, NAMES_SHOWN), more: reason("wayOut.status").code };
  const over = reason("selection.covered", { cluster });
  await report(world, `uncovered:${cluster}`, { names: uncovered, why: reason("selection.uncovered", about), over });
}

/** Reports that a selection lost more than its policy allows, again when it lost others, and once when it is large enough again. */
export async function reportShrunk(world: World, policy: string, lost: Shrunk | undefined): Promise<void> {
  const key = `selection-shrank:${policy}`;
  if (lost !== undefined)
    await raiseChosen(world, { key, code: "selection.shrank", severity: "bad", reason: lost.why, about: seriesOf(lost.gone) });
  else await resolveCondition(world, key, "selection.shrank", reason("selection.notShrunk", { policy }));
}

async function report(
  world: World,
  key: string,
  { names, why, over }: { names: readonly string[]; why: Reason; over: Reason },
): Promise<void> {
  const { code } = why;
  if (names.length > 0) await raiseChosen(world, { key, code, severity: "warning", reason: why, about: seriesOf(names) });
  else await resolveCondition(world, key, code, over);
}
