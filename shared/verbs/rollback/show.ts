import type { World } from "../../jobs/world.ts";
import { raiseNotice, resolveNotice } from "../../notices/notices.ts";
import { type RollbackJob, told } from "./step.ts";

/** A refusal is answered at once; only a rollback that failed later is reported, until one of the same alias succeeds. */
export async function reportRollback(world: World, { id, intent, head }: RollbackJob): Promise<void> {
  const key = `rollback-failed:${intent.cluster}/${told(intent.input).alias}`;
  if (head.state === "failed") await raiseNotice(world, { key, code: "rollback.failed", severity: "bad", reason: head.reason, job: id });
  else if (head.state === "done") await resolveNotice(world, key, "rollback.failed", head.reason);
}
