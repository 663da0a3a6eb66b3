import type { RestoreOrder } from "../restore/ask.ts";
import type { ArrivalInput } from "./step.ts";

/** The restore that an arrival asks for once its snapshot is proven; the same arrival always asks for the same one. */
export function arrivalOrder(
  { watch, watchName, snapshot }: Pick<ArrivalInput, "watch" | "watchName" | "snapshot">,
  id: string,
): RestoreOrder {
  const { alias, indices, replicas, keepOldMs } = watch.restore;
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
      watch: watchName,
      serves: true,
    },
  };
}
