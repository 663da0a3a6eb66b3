import { givenSnapshot } from "../../../shared/adapters/memory/clusterPlaces.ts";
import type { Config } from "../../../shared/model/config.ts";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { startRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { askRollback } from "../../../shared/verbs/rollback/ask.ts";
import { CLOSING, MINUTE_MS, OWN, OWN_LOCATION, OWN_REPOSITORY } from "../names.ts";
import type { Play } from "../scenario.ts";

const OPS = { by: "person" as const, who: "ops" };
const INDEX = "fx-orders";
const OLDER = "snap-1";
const NEWEST = "snap-2";

/** The target's own repository, whose bucket is read. */
export function withOwnRepository(config: Config): void {
  config.repositories[OWN_REPOSITORY] = { cluster: "target", register: { type: "fs", settings: OWN_LOCATION }, blobs: OWN };
}

/**
 * An index whose newest snapshot holds exactly what it holds, and to which nobody writes. A person restores an older one over it, and takes that back an
 * hour later; whoever gets no response repeats the request.
 */
export async function beginOver({ stage, kernel, platform, steps }: Play, startMs: number): Promise<void> {
  const [{ blobs, snapshots } = { blobs: new Map<string, Uint8Array>(), snapshots: [] }] = steps;
  const store = stage.bare(OWN);
  for (const [key, bytes] of blobs) await store.put(key, bytes);
  for (const { name, uuid, startTime, documents } of snapshots) {
    const indices = { [INDEX]: { documents: documents[INDEX] ?? 0, shards: 2 } };
    stage.places.at(OWN_LOCATION).push(givenSnapshot({ name, uuid, version: "5.5.2", startTime, indices }));
  }
  await stage.target.putRepository({ name: OWN_REPOSITORY, type: "fs", settings: OWN_LOCATION }, { verify: false });
  const { closure } = await proveSnapshot(store, { name: NEWEST, indices: [INDEX], level: "names" });
  const [held] = closure?.indices ?? [];
  const index = { uuid: held?.settings["index.uuid"] ?? "", documents: held?.documents ?? 0, shards: 2, replicas: 0, aliases: ["films"] };
  stage.target.putIndex(INDEX, { ...index, settings: { "blocks.write": "true" } });
  let restore = "";
  const request = { snapshot: OLDER, repository: OWN_REPOSITORY, to: "target", indices: [INDEX], replicas: 0, over: true };
  for (const minutes of [0.2, 2])
    kernel.at(startMs + minutes * MINUTE_MS, "", () =>
      platform.invoke("http", "", async (world) => {
        const outcome = await startRestore(world, request, OPS, { key: "over" });
        if ("created" in outcome) restore = outcome.created.outcome === "done" ? outcome.created.done.id : outcome.created.job.id;
      }),
    );
  for (const minutes of [59, 63.5])
    kernel.at(startMs + minutes * MINUTE_MS, "", () =>
      platform.invoke("http", "", (world) => askRollback(world, { restore }, OPS, { key: "back" })),
    );
}

/** What a person sees of the indices in the end. */
export async function overwrittenSummary({ stage }: Play): Promise<unknown> {
  const all = await stage.target.listIndices();
  return Promise.all(
    all.map(async ({ name, state, aliases }) => {
      const documents = state === "open" ? await stage.target.countDocuments(name) : undefined;
      return `${name} ${state} ${documents} ${aliases.filter((alias) => !alias.startsWith(CLOSING))}`;
    }),
  );
}
