import type { BlobStore } from "../../model/blobStore.ts";
import { AppError } from "../../model/errors.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { Closure, ClosureBlob, RootCatalogue, RootSnapshot } from "../../model/repository.ts";
import { blobPlace, placeText } from "../../proof/blobPlace.ts";
import { heldMemory } from "../../reader/heldMemory.ts";
import { type OpenedRepository, openRepository, readClosure } from "../../reader/readRepository.ts";
import { type Destination, differingBlobs } from "./gatherDestination.ts";
import { type BrokenSnapshots, unionOfClosures } from "./plan.ts";

const NAMES_SHOWN = 3;

/** A listed snapshot that the source cannot restore any more, with the first blob that says so. */
interface Broken {
  snapshot: RootSnapshot;
  first: string;
}

type ReadClosures = { closures: Closure[]; broken: Broken[] } | { fault: Reason };

/**
 * Reads what the wanted snapshots need, and those that stay listed at the destination. One of the latter that is not whole at the source, as
 * a deletion that was interrupted leaves it, does not stop the copy. `undefined` when time ran out.
 */
export async function readClosures(
  source: BlobStore,
  opened: OpenedRepository,
  { wanted, kept, deadline }: { wanted: readonly RootSnapshot[]; kept: readonly RootSnapshot[]; deadline: () => boolean },
): Promise<ReadClosures | undefined> {
  const closures: Closure[] = [];
  const broken: Broken[] = [];
  const held = heldMemory();
  for (const snapshot of [...wanted, ...kept]) {
    const { finished, closure, missing, damaged } = await readClosure(source, opened.root as RootCatalogue, snapshot, { deadline, held });
    if (!finished) return undefined;
    if (closure) closures.push(closure);
    else {
      await requireSameRoot(source, opened);
      const first = missing[0]?.key ?? damaged[0]?.key ?? "";
      if (wanted.includes(snapshot)) return { fault: notWhole(snapshot, first, opened) };
      broken.push({ snapshot, first });
    }
  }
  return { closures, broken };
}

function notWhole({ name }: RootSnapshot, first: string, { root }: OpenedRepository): Reason {
  return reason("copy.sourceNotWhole", { snapshot: name, first, where: placeText(blobPlace(first, root?.indices ?? [])) });
}

/** If the source changed while it was read, the next step reads it again. */
async function requireSameRoot(source: BlobStore, opened: OpenedRepository): Promise<void> {
  const { root } = await openRepository(source);
  if (root?.sha256 !== opened.root?.sha256)
    throw new AppError("conflict", `${source.url}: the root changed from ${opened.root?.key} to ${root?.key} while it was read`);
}

/**
 * Closures of the snapshots that are whole at the destination, and that no blob of the plan overwrites. One that its root does not list at present
 * is read as the source's root describes it. `undefined` when time ran out.
 */
export async function wholeThere(
  destination: Destination,
  { root }: OpenedRepository,
  { broken, planned }: { broken: readonly Broken[]; planned: readonly ClosureBlob[] },
  deadline: () => boolean,
): Promise<Closure[] | undefined> {
  const written = new Set(planned.map(({ key }) => key));
  const whole: Closure[] = [];
  const held = heldMemory();
  for (const { snapshot } of broken) {
    const listed = destination.snapshots.find(({ uuid }) => uuid === snapshot.uuid);
    const from = listed ? destination.root : root;
    if (!from) continue;
    const { finished, closure } = await readClosure(destination.store, from, listed ?? snapshot, { deadline, held });
    if (!finished) return undefined;
    const differing = closure && (await differingHere(destination, unionOfClosures([closure]), { written, deadline }));
    if (differing === "cut") return undefined;
    if (closure && differing === "no") whole.push(closure);
  }
  return whole;
}

/** Whether a plan writes one of these blobs, or one of them is not as recorded. */
async function differingHere(
  destination: Destination,
  blobs: readonly ClosureBlob[],
  { written, deadline }: { written: ReadonlySet<string>; deadline: () => boolean },
): Promise<"yes" | "no" | "cut"> {
  if (blobs.some(({ key }) => written.has(key))) return "yes";
  const differing = await differingBlobs(destination, blobs, deadline);
  if (differing === undefined) return "cut";
  return differing.length === 0 ? "no" : "yes";
}

export function brokenOf(broken: readonly Broken[], kept: number): BrokenSnapshots | undefined {
  const [one] = broken;
  const snapshots = broken.slice(0, NAMES_SHOWN).map(({ snapshot }) => snapshot.name);
  return one && { snapshots, count: broken.length, kept, first: one.first };
}
