import type { Job } from "../../jobs/record.ts";
import { configuredCluster, type World } from "../../jobs/world.ts";
import { jobId } from "../../model/jobId.ts";
import { reason } from "../../model/reason.ts";
import type { LeftIndex } from "../../plan/aliases/moves.ts";
import type { RetireInput } from "./step.ts";

/** If the cluster is unreachable for this long after the deletion was due, the job fails. */
const RETIRE_PATIENCE_MS = 7 * 86_400_000;

/** Schedules the deletion of an index that served before a swap. */
export async function askRetire(
  world: World,
  restore: Pick<Job<{ keepOldMs: number; keepOldBytes?: number; alias?: string | undefined; watch?: string }>, "id" | "intent">,
  old: LeftIndex,
): Promise<void> {
  const cluster = configuredCluster(restore);
  const notBefore = new Date(world.clock.now().getTime() + restore.intent.input.keepOldMs);
  const patienceUntil = new Date(notBefore.getTime() + RETIRE_PATIENCE_MS).toISOString();
  const { watch, keepOldBytes } = restore.intent.input;
  const alias = old.alias ?? restore.intent.input.alias;
  const input: RetireInput = {
    index: old.name,
    uuid: old.uuid,
    notBefore: notBefore.toISOString(),
    ...(alias === undefined ? {} : { alias }),
    // A restore by hand has a time of its own.
    ...(watch === undefined || restore.intent.asked.by === "person" ? {} : { watch }),
    ...(keepOldBytes === undefined ? {} : { keepOldBytes }),
  };
  await world.log.create(
    jobId.retire(restore.id, old.uuid),
    { about: `${old.name} on ${cluster}`, asked: { by: "ossnap", who: restore.id }, cluster, patienceUntil, input },
    { state: "kept", reason: reason("retire.kept", { index: old.name, until: input.notBefore }), data: {} },
  );
}
