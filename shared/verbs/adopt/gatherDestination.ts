import { rootKey } from "../../format/keys.ts";
import { rootSubset } from "../../format/rootSubset.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import { placeOf, type World } from "../../jobs/world.ts";
import type { BlobInfo, BlobStore } from "../../model/blobStore.ts";
import type { CopyRule } from "../../model/config.ts";
import { hasCode } from "../../model/errors.ts";
import { sha256 } from "../../model/hash.ts";
import { reason } from "../../model/reason.ts";
import { listRoots, type OpenedRepository, openRepository } from "../../reader/readRepository.ts";
import { rootPieces } from "../../reader/rootBlob.ts";
import { stateKey } from "../../state/keys.ts";
import { gatherOwnership } from "../copy/gatherOwner.ts";
import type { Found } from "./types.ts";

interface AdoptedCopy {
  name: string;
  rule: CopyRule;
  /** Set when a person confirmed that nothing else writes there. */
  isTakenOver: boolean;
}

/**
 * A destination can be taken over only if its root is byte-equal to what this copy would publish for a root that the source still has. A
 * mirror made by another tool is equal too, and a copy deletes stale roots, so the finding is reported and written only when a person
 * confirms it.
 */
export async function adoptCopy(world: World, work: OpenWork, { name: copyName, rule, isTakenOver }: AdoptedCopy): Promise<Found[]> {
  const destination = world.blobs(rule.to);
  const { owner, claimed, published } = await gatherOwnership(world, work, { copyName, to: rule.to });
  const opened = await openRepository(destination);
  const { root } = opened;
  if (!root) {
    const fresh = claimed || (await isEmpty(destination));
    const params = { destination: destination.url };
    return [{ reason: fresh ? reason("adopt.copyEmpty", params) : reason("copy.notEmpty", params), writes: [] }];
  }
  const params = { destination: destination.url, root: root.key };
  const mark = `${root.generation}-${root.sha256}`;
  if (published.includes(mark)) return [{ reason: reason("adopt.copyOurs", params), writes: [] }];
  const source = world.blobs(placeOf(world.config, rule.from));
  const from = await rootBehind(source, opened);
  if (from === undefined) return [{ reason: reason("copy.foreignRoot", params), writes: [] }];
  const equal = { ...params, source: source.url, from, copy: copyName };
  if (!isTakenOver) return [{ reason: reason("adopt.copyEqual", equal), writes: [] }];
  return [
    {
      reason: reason("adopt.copyTaken", equal),
      writes: [{ key: stateKey.mark(stateKey.published(owner), world.clock.now(), mark), value: {} }],
    },
  ];
}

async function isEmpty(store: BlobStore): Promise<boolean> {
  for await (const _any of store.list("")) return false;
  return true;
}

/** The newest root of the source whose subset, as a copy would write it, is byte-equal to the destination's root. */
async function rootBehind(source: BlobStore, { root }: OpenedRepository): Promise<string | undefined> {
  const uuids = (root?.snapshots ?? []).map(({ uuid }) => uuid);
  const roots = [...(await listRoots(source))].sort(([a], [b]) => b - a);
  for (const [generation, info] of roots.filter(([number]) => number >= 0)) {
    const cut = await cutRoot(source, info, uuids);
    if (cut !== undefined && sha256(cut) === root?.sha256) return rootKey(generation);
  }
  return undefined;
}

/** Returns `undefined` if the root does not list all of them, or vanished. */
async function cutRoot(source: BlobStore, info: BlobInfo, uuids: readonly string[]): Promise<Uint8Array | undefined> {
  const subset = rootSubset(uuids, { sizeBytes: info.sizeBytes });
  try {
    for await (const piece of rootPieces(source, info)) {
      if (piece === undefined) return undefined;
      subset.push(piece);
    }
    return subset.end();
  } catch (error) {
    if (hasCode(error, "invalid")) return undefined;
    throw error;
  }
}
