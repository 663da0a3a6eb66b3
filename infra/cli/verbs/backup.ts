import { slotOf } from "../../../shared/model/slot.ts";
import { fingerprintOf } from "../../../shared/runtime/http/routes.ts";
import { askBackup } from "../../../shared/verbs/backup/ask.ts";
import type { Answer } from "../answer.ts";
import { type ActingOptions, begin } from "../begin.ts";
import type { Session } from "../session.ts";

/** Requests a snapshot for the current slot; without a caller's key each call creates its own job. */
export async function backup(session: Session, { policy, ...options }: ActingOptions & { policy: string }): Promise<Answer> {
  const world = await session.world();
  const fingerprint = fingerprintOf("POST", `/backups/${policy}`, {});
  const created = await askBackup(world, {
    policy,
    slot: slotOf(world.clock.now()),
    asked: session.asked,
    key: options.key ?? world.newKey(),
    fingerprint,
  });
  return begin(session, world, created, { ...options, fingerprint });
}
