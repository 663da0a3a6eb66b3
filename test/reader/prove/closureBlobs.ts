import type { ClosureBlob } from "../../../shared/model/repository.ts";
import { chooseSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { storeOf } from "../../format/fixtureRepositories.ts";
import { readClosure } from "../closures.ts";

/** Every blob of a snapshot's closure, which a proof does not keep; empty if the closure is unknown. */
export async function closureBlobs(
  blobs: ReadonlyMap<string, Uint8Array>,
  wanted: { name?: string; uuid?: string },
  indices?: string[],
): Promise<ClosureBlob[]> {
  const store = storeOf(blobs);
  const { root } = await openRepository(store);
  if (root === undefined) throw new Error("the repository has a root");
  const { closure } = await readClosure(store, root, chooseSnapshot(root, wanted), { indices });
  return closure?.blobs ?? [];
}
