import type { RestoreOrder } from "../restore/ask.ts";
import type { ArrivalInput } from "./step.ts";

/** The restore that an arrival requests; the same arrival always yields the same order. */
export function restoreOrder(
  { watch, watchName, snapshot }: Pick<ArrivalInput, "watch" | "watchName" | "snapshot">,
  id: string,
): RestoreOrder {
  const { alias, indices, replicas, keepOldMs, filesThere } = watch.restore;
  return {
    cluster: watch.cluster,
    purpose: alias ?? `watch:${watchName}`,
    asked: { by: "ossnap", who: id },
    input: {
      snapshot,
      repository: watch.register.name,
      place: watch.blobs,
      indices,
      ...(alias === undefined ? {} : { alias }),
      replicas,
      keepOldMs,
      ...(filesThere ? { filesThere } : {}),
      watch: watchName,
      serves: true,
    },
  };
}
