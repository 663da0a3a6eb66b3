import type { World } from "../../jobs/world.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { raiseNotice, resolveNotice } from "../../notices/notices.ts";
import type { LeftOut } from "../../plan/selection.ts";

const NAMES_SHOWN = 10;

/** Reports once what a policy's patterns name and do not select, and once when that is over. */
export async function reportLeftOut(world: World, policy: string, { leftOut }: { leftOut?: LeftOut | undefined }): Promise<void> {
  const { streams = [], restored = [], dots = [] } = leftOut ?? {};
  const about = (names: readonly string[]) => ({ policy, count: names.length, names: names.slice(0, NAMES_SHOWN) });
  await report(world, `streams-left-out:${policy}`, reason("selection.streamsLeftOut", about(streams)));
  await report(world, `restored-left-out:${policy}`, reason("selection.restoredLeftOut", about(restored)));
  await report(world, `system-left-out:${policy}`, reason("selection.systemLeftOut", about(dots)));
}

/** Reports once which indices of a cluster no policy takes, and once when there are none. */
export async function reportUncovered(world: World, cluster: string, uncovered: readonly string[]): Promise<void> {
  const about = { cluster, count: uncovered.length, names: uncovered.slice(0, NAMES_SHOWN) };
  await report(world, `uncovered:${cluster}`, reason("selection.uncovered", about), reason("selection.covered", { cluster }));
}

/** Reports once that a selection lost more than its policy allows, and once when it is large enough again. */
export async function reportShrunk(world: World, policy: string, lost: Reason | undefined): Promise<void> {
  const key = `selection-shrank:${policy}`;
  const isOpen = world.live?.notices.has(key);
  if (lost !== undefined && isOpen !== true) await raiseNotice(world, { key, code: "selection.shrank", severity: "bad", reason: lost });
  if (lost === undefined && isOpen === true) await resolveNotice(world, key, "selection.shrank", reason("selection.notShrunk", { policy }));
}

/** Without the listing that opened the state, writing the notice decides whether it is new. */
async function report(
  world: World,
  key: string,
  why: Reason,
  over = reason("selection.nothingLeftOut", { policy: why.params.policy ?? "" }),
): Promise<void> {
  const { code, params } = why;
  const isOpen = world.live?.notices.has(key);
  if (Number(params.count) > 0 && isOpen !== true) await raiseNotice(world, { key, code, severity: "warning", reason: why });
  if (params.count === 0 && isOpen === true) await resolveNotice(world, key, code, over);
}
