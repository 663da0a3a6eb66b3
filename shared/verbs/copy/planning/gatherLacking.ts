import * as z from "zod";
import { rootDecoder } from "../../../format/root.ts";
import { isTimeUp } from "../../../jobs/readingInTime.ts";
import type { World } from "../../../jobs/world.ts";
import type { BlobStore } from "../../../model/blobStore.ts";
import { AppError } from "../../../model/errors.ts";
import type { RootCatalogue } from "../../../model/repository.ts";
import { markOf } from "../../../proof/marks.ts";
import { type PartLedger, partLedger } from "../../../reader/partLedger.ts";
import { rootPieces } from "../../../reader/rootBlob.ts";
import { type OpenUnion, openUnion } from "../../../reader/union/openUnion.ts";
import { stateKey } from "../../../state/keys.ts";
import { readShaped } from "../../../state/records.ts";
import { ownerOf } from "../gatherOwner.ts";
import type { BatchResult } from "../plan.ts";
import type { CopyJob, CopyObservation } from "../types.ts";
import { collectUnneeded } from "./unneeded.ts";
import { type Lacking, type Visitor, walkCompared } from "./walkCompared.ts";

const SIZE = z.number().nullable();
const RESULT = z.looseObject({
  copied: z.looseObject({ blobs: z.number(), bytes: z.number() }),
  different: z.number().optional(),
  faults: z.array(z.looseObject({ key: z.string(), fault: z.string(), expectedBytes: SIZE, foundBytes: SIZE, message: z.string() })),
});

type Lack = Pick<Extract<CopyObservation, { seen: "destination" }>, "missing" | "first" | "unneeded">;

/**
 * What the root to publish needs and the destination does not hold as this copy verified it. Everything is read at the destination, as a restore
 * would, so that it is also proven that the copied file lists can be read. `undefined` when time ran out.
 */
export async function lackingAtDestination(world: World, job: CopyJob): Promise<Lack | undefined> {
  const { rule } = job.intent.input;
  const deadline = () => isTimeUp(world);
  const store = world.blobs(rule.to);
  const ledger = partLedger(world.state, rule.to);
  const root = await rootToPublish(world, job);
  const union = await openUnion(
    root.snapshots.map((snapshot) => ({ snapshot, store, root })),
    deadline,
  );
  if (union === undefined) return undefined;
  const lack: Lack = { missing: 0, first: undefined };
  const note = ({ unit, move, replaced }: Lacking): void => {
    lack.missing += move.length;
    const [blob] = move;
    const foundBytes = unit.found.find((info) => info?.key === blob?.key)?.sizeBytes ?? null;
    lack.first ??= blob && { key: blob.key, expectedBytes: blob.sizeBytes ?? null, foundBytes, ...(replaced && { replaced }) };
  };
  const { suspects } = await ledger.marks();
  const comparing = { store, ledger, suspects, different: new Set<string>(), isDoubtful: () => false, deadline };
  const collector = isCleaning(job) ? await collectUnneeded(world, unneededOf(job)) : undefined;
  let needed = 0;
  const visitor: Visitor = {
    equal: ({ blobs }) => {
      needed += blobs.length;
    },
    lacking: async (lacking) => note(lacking),
    stopped: async () => undefined,
    ...(collector && { unneeded: collector.add }),
  };
  const { finished } = await walkCompared(union, comparing, { after: undefined, visitor });
  if (!finished) return undefined;
  await noteUnread(union, ledger, lack);
  // Of a destination that lacks something nobody knows what else is needed.
  return lack.first === undefined && collector ? { ...lack, unneeded: await collector.end(needed) } : lack;
}

/** Once, when the root is published. */
function isCleaning({ intent: { input }, head: { state, data } }: CopyJob): boolean {
  return input.rule.unneeded !== undefined && state === "published" && data.cleaned === undefined;
}

function unneededOf({ id, intent: { input } }: CopyJob): Parameters<typeof collectUnneeded>[1] {
  const { copyName, rule } = input;
  return { job: id, owner: ownerOf({ copyName, to: rule.to }), atMostPercent: rule.unneeded?.deleteAtMostPercent ?? 0 };
}

/** Metadata that cannot be read. What is there in its size would be taken for equal by the next plan, so the ledger marks it. */
async function noteUnread({ members }: OpenUnion, ledger: PartLedger, lack: Lack): Promise<void> {
  const seen = new Set<string>();
  for (const { reader } of members) {
    for (const { key } of reader.damaged) {
      ledger.setMark("suspects", markOf(key), true);
      seen.add(key);
    }
    for (const { key } of reader.missing) seen.add(key);
  }
  lack.missing += seen.size;
  const [key] = seen;
  lack.first ??= key === undefined ? undefined : { key, expectedBytes: null, foundBytes: null };
  await ledger.save();
}

/** As the plan stored it. @throws AppError `invalid` if the state lost it. */
async function rootToPublish(world: World, { id, head: { data } }: CopyJob): Promise<RootCatalogue> {
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

/** What a task reported of its batch. Errors: `invalid`, which names the record, for a damaged one: what was copied is unknown. */
export async function batchResult(state: BlobStore, job: string, batch: string, attempt: number): Promise<BatchResult | undefined> {
  return readShaped<BatchResult>(state, stateKey.batchDone(job, batch, attempt), RESULT);
}
