import type { OpenWork } from "../jobs/openWork.ts";
import type { World } from "../jobs/world.ts";
import { reason } from "../model/reason.ts";
import { raiseCondition, resolveCondition } from "./conditions.ts";

/** Reports once per cluster that it returns keys to anyone who may read repositories, as Alibaba's plugin for 5.5.3 does, and its end. */
export async function reportShownKeys(
  world: World,
  { live }: OpenWork,
  { cluster, shownSecrets }: { cluster: string; shownSecrets: readonly string[] },
): Promise<void> {
  const key = `keys-shown:clusters.${cluster}`;
  if (shownSecrets.length > 0) {
    const why = reason("repository.keysShown", { cluster, settings: [...shownSecrets] });
    await raiseCondition(world, { key, code: "repository.keysShown", severity: "warning", reason: why, about: shownSecrets });
  }
  if (shownSecrets.length === 0 && live.notices.has(key))
    await resolveCondition(world, key, "repository.keysShown", reason("repository.keysHidden", { cluster }));
}
