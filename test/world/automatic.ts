import { type TestWorld, testConfig, testWorld } from "./world.ts";

/** The target's instance, and an older one whose automatic snapshots it may read. */
export const [OURS, OLDER] = ["es-cn-ours", "es-cn-older"] as const;
export const SHARED = `aliyun_snapshot_from_${OLDER}`;
export const [NIGHT_1, NIGHT_2] = [`${OLDER}_20261119170003`, `${OLDER}_20261120170003`] as const;

/**
 * Two automatic snapshots of the older instance (movies with 3, then 4 documents, and in the second one logs), which the platform keeps in a
 * bucket of its own, and which are shared with the target.
 */
export async function automaticWorld({ version = "6.7.0", shared = true } = {}): Promise<TestWorld> {
  const config = testConfig(({ clusters }) => {
    clusters.target = { url: "http://127.0.0.1:9253", instanceId: OURS, region: "cn-hangzhou" };
  });
  const world = await testWorld({ config, sourceVersion: version, targetVersion: version });
  const settings = { location: "/srv/platform/older" };
  const { source, target, instances } = world;
  await source.putRepository({ name: "aliyun_auto_snapshot", type: "fs", settings }, { verify: false });
  const take = async (name: string, indices: string[]) => {
    await source.createSnapshot("aliyun_auto_snapshot", name, { indices, metadata: {} });
    source.finishSnapshots();
    world.advance(60_000);
  };
  source.putIndex("movies", { documents: 3, shards: 2 });
  await take(NIGHT_1, ["movies"]);
  source.writeDocuments("movies", ["4"]);
  source.putIndex("logs", { documents: 5, shards: 1 });
  await take(NIGHT_2, ["movies", "logs"]);
  for (const id of [OURS, OLDER]) instances.put({ id, version: "6.7", status: "active" });
  if (!shared) return world;
  await instances.add(OURS, OLDER, "token");
  await target.putRepository({ name: SHARED, type: "fs", settings: { ...settings, readonly: true } }, { verify: false });
  return world;
}
