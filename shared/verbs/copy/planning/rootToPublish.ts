import { rootDecoder } from "../../../format/root.ts";
import type { World } from "../../../jobs/world.ts";
import { AppError } from "../../../model/errors.ts";
import type { RootCatalogue } from "../../../model/repository.ts";
import { rootPieces } from "../../../reader/rootBlob.ts";
import { stateKey } from "../../../state/keys.ts";
import { type CopyData, type CopyJob, SNAPSHOTS_KEPT } from "../types.ts";

/** As the plan stored it. @throws AppError `invalid` if the state lost it. */
export async function rootToPublish(world: World, { id, head: { data } }: CopyJob): Promise<RootCatalogue> {
  const { key, sha256 } = data.root ?? { key: "", sha256: "" };
  const stored = stateKey.copyRoot(id, sha256);
  const info = await world.state.head(stored);
  const decoder = rootDecoder(key);
  if (info)
    for await (const piece of rootPieces(world.state, info)) {
      if (piece) decoder.push(piece);
    }
  const root = info && decoder.end();
  if (root?.sha256 !== sha256) throw new AppError("invalid", `job ${id}: the root to publish is missing from the state, or is another one`);
  return root;
}

/** All snapshots of the root to publish. @throws like {@link rootToPublish}. */
export async function listedSnapshots(world: World, job: CopyJob): Promise<CopyData["snapshots"]> {
  const { snapshots } = job.head.data;
  return snapshots.length < SNAPSHOTS_KEPT ? snapshots : (await rootToPublish(world, job)).snapshots;
}
