import type { Place } from "../../shared/model/config.ts";
import { messageOf } from "../../shared/model/errors.ts";
import { connect } from "../../shared/runtime/wire.ts";
import { counted } from "../../shared/words/numbers.ts";
import { askCluster } from "./cluster.ts";
import { ALIAS, INDEX, NAMES, placesOf } from "./site.ts";
import type { Stage } from "./stage.ts";

/** The functions first, so that nothing writes any more. Every step is tried. Errors: the first step that failed. */
export async function removeAll(stage: Stage): Promise<string> {
  const { config } = stage.settings;
  const seen: string[] = [];
  const faults: unknown[] = [];
  const step = async (what: string, run: () => Promise<string | undefined>) => {
    try {
      const said = await run();
      if (said !== undefined) seen.push(said);
    } catch (error) {
      faults.push(`${what}: ${messageOf(error)}`);
    }
  };
  await step("functions", async () => {
    await stage.platform.undeploy();
    return "functions";
  });
  for (const [name, cluster] of Object.entries(config.clusters))
    await step(`cluster ${name}`, async () => {
      const behind = Object.keys(((await askCluster(cluster, "GET", `/_alias/${ALIAS}`)) ?? {}) as Record<string, unknown>);
      for (const index of [INDEX, ...behind]) await askCluster(cluster, "DELETE", `/${index}`);
      for (const repository of Object.values(NAMES)) await askCluster(cluster, "DELETE", `/_snapshot/${repository}`);
      return `indices and repositories on cluster ${name}`;
    });
  for (const place of placesOf(config)) await step(place.bucket, () => emptied(stage, place));
  if (faults.length > 0) throw new Error(`${faults.join("; ")}; removed: ${seen.join(", ") || "nothing"}`);
  return seen.join(", ");
}

async function emptied({ settings, context }: Stage, place: Place): Promise<string> {
  const store = connect(settings, context).blobs(place);
  const keys: string[] = [];
  for await (const { key } of store.list("")) keys.push(key);
  await store.delete(keys);
  return `${counted(keys.length, "object", "objects")} below ${store.url}`;
}
