import type { World } from "../../jobs/world.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { raiseNotice, resolveNotice } from "../../notices/notices.ts";
import type { Selection } from "../../plan/selection.ts";

const NAMES_SHOWN = 10;

/** Reports once what a policy's patterns name and do not select, and once when that is over. */
export async function reportLeftOut(world: World, policy: string, selection: Selection): Promise<void> {
  if ("fault" in selection) return;
  const { streams = [], restored = [] } = selection.leftOut ?? {};
  const about = (names: readonly string[]) => ({ policy, count: names.length, names: names.slice(0, NAMES_SHOWN) });
  await report(world, `streams-left-out:${policy}`, reason("selection.streamsLeftOut", about(streams)));
  await report(world, `restored-left-out:${policy}`, reason("selection.restoredLeftOut", about(restored)));
}

/** Without the listing that opened the state, writing the notice decides whether it is new. */
async function report(world: World, key: string, why: Reason): Promise<void> {
  const { code, params } = why;
  const isOpen = world.live?.notices.has(key);
  if (Number(params.count) > 0 && isOpen !== true) await raiseNotice(world, { key, code, severity: "warning", reason: why });
  if (params.count === 0 && isOpen === true)
    await resolveNotice(world, key, code, reason("selection.nothingLeftOut", { policy: params.policy ?? "" }));
}
