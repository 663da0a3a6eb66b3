import { describe, expect, it } from "vitest";
import { givenSnapshot } from "../../../shared/adapters/memory/clusterPlaces.ts";
import { decodeContainer } from "../../../shared/format/encoding/container.ts";
import { preflightRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { say } from "../../../shared/words/say.ts";
import { encodeContainer } from "../../format/encoding/encodeContainer.ts";
import { arrive, documents, freshWorld, INDEX1, SNAP1, STEP1, served, settle, TIMES, world } from "../../world/moved.ts";
import { MOVED } from "../../world/world.ts";

const POLICY = "opendistro.index_state_management.policy_id";

/** The index's metadata blob with a setting more. */
function withSetting(name: string, value: string): Map<string, Uint8Array> {
  const blobs = new Map(STEP1.blobs);
  for (const [key, bytes] of blobs) {
    if (!/^indices\/.*\/meta-.*\.dat$/.test(key)) continue;
    const metadata = decodeContainer(bytes, "index-metadata", key) as Record<string, { settings: Record<string, unknown> }>;
    for (const fields of Object.values(metadata)) fields.settings[name] = value;
    blobs.set(key, encodeContainer("index-metadata", metadata));
  }
  return blobs;
}

/** Written by AWS, whose index state management leaves its policy in the index. */
async function offerManaged(): Promise<void> {
  const settings = { [POLICY]: "keep-a-week", refresh_interval: "5s" };
  world.places.at({ location: "/srv/moved" }).push(
    givenSnapshot({
      ...{ name: "snap-1", uuid: SNAP1.uuid, version: "6.7.0", startTime: TIMES["snap-1"] },
      indices: { "fx-orders": { documents: documents("snap-1"), shards: 2, settings } },
    }),
  );
  await world.fill(MOVED, withSetting(`index.${POLICY}`, "keep-a-week"));
}

describe("a setting of a plugin that the target lacks", () => {
  freshWorld({ targetVersion: "6.7.0" });

  it("is named by the preflight and left out of the restore, which would start no shard with it", async () => {
    await offerManaged();
    const request = { snapshot: "snap-1", repository: "moved-movies", to: "target", indices: ["fx-orders"], alias: "orders", replicas: 0 };
    const { checks, refused } = await preflightRestore(await world.open(), request);
    const told = checks.flatMap(({ reason }) => (reason.code === "settings.unknown" ? [say(reason)] : []));
    expect([refused, told.length, told[0]]).toEqual([false, 1, expect.stringContaining(`not restored: index.${POLICY}`)]);
    await arrive(INDEX1);
    await settle();
    const [index] = await served();
    expect(index?.settings).toMatchObject({ refresh_interval: "5s" });
    expect(Object.keys(index?.settings ?? {}).filter((key) => key.includes("opendistro"))).toEqual([]);
    expect(await world.target.countDocuments(index?.name ?? "")).toBe(documents("snap-1"));
    await world.target.updateIndexSettings(index?.name ?? "", { "index.refresh_interval": "1s" });
  });
});
