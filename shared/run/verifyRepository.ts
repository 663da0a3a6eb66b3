import type { BlobStore } from "../model/blobStore.ts";
import { AppError } from "../model/errors.ts";
import { reason } from "../model/reason.ts";
import type { ProofLevel, RootCatalogue, SnapshotProof } from "../model/repository.ts";
import { chooseSnapshot, proveSnapshot } from "./proveSnapshot.ts";
import { listSizes, openRepository } from "./readRepository.ts";
import { datedSnapshots, newestGoodFirst } from "./rootSnapshots.ts";

export interface VerifyChoice {
  /** A name, `latest` or `all`. */
  snapshot: string;
  level: ProofLevel;
  /** Uuids proven before. */
  skip?: ReadonlySet<string>;
  deadline?: () => boolean;
  onProof?: (proof: SnapshotProof) => void;
}

export interface Verified {
  root: RootCatalogue;
  proofs: SnapshotProof[];
  /** Chosen, but not come to before the time was up. */
  open: number;
}

/** Proves the chosen snapshots of one repository from its bucket alone, with one listing for all of them. */
export async function proveChosen(store: BlobStore, choice: VerifyChoice): Promise<Verified> {
  const opened = await openRepository(store);
  const { root } = opened;
  if (!root)
    throw new AppError("absent", `${store.url}: there is no root (index-N), so no repository`, {
      reason: reason("repository.noRoot", { url: store.url }),
    });
  const dated = await datedSnapshots(store, opened);
  const chosen =
    choice.snapshot === "all"
      ? dated
      : choice.snapshot === "latest"
        ? newestGoodFirst(dated).slice(0, 1)
        : [chooseSnapshot(root, { name: choice.snapshot })];
  const todo = chosen.filter(({ uuid }) => !choice.skip?.has(uuid));
  const listing = todo.length > 1 ? await listSizes(store) : undefined;
  const proofs: SnapshotProof[] = [];
  for (const { uuid } of todo) {
    if (choice.deadline?.()) break;
    const proof = await proveSnapshot(store, { uuid, level: choice.level, root: opened, listing, deadline: choice.deadline });
    if (proof.reason?.code === "proof.outOfTime") break;
    proofs.push(proof);
    choice.onProof?.(proof);
  }
  return { root, proofs, open: todo.length - proofs.length };
}
