import { compareKeys } from "../../../format/keys.ts";
import type { World } from "../../../jobs/world.ts";
import { AppError } from "../../../model/errors.ts";
import { shortHash } from "../../../model/hash.ts";
import type { RootCatalogue } from "../../../model/repository.ts";
import { NO_MARKS } from "../../../proof/marks.ts";
import { readOnlyLedger } from "../../../reader/partLedger.ts";
import { type OpenUnion, openUnion, type UnionMember } from "../../../reader/union/openUnion.ts";
import type { UnionUnit } from "../../../reader/union/walkUnion.ts";
import type { PlannedPieces } from "../plan.ts";
import type { CopyJob } from "../types.ts";
import { countingWriter, type PlanTally, PlanVoid, type PlanWriter, planWriter } from "./batchWriter.ts";
import type { Destination } from "./destination.ts";
import type { Comparing } from "./equality.ts";
import { differentKeys } from "./gatherDifferent.ts";
import { isDeletable } from "./unneeded.ts";
import { unreadMembers, type Visitor, walkCompared } from "./walkCompared.ts";

/** The snapshots of the root to publish: read at the source, or at the destination because the source lost a part of them. */
export interface Members {
  atSource: readonly UnionMember[];
  there: readonly UnionMember[];
}

export interface Found {
  pieces: PlannedPieces;
  skipped: { blobs: number; bytes: number };
  /** Uuids of members that lack a blob at the destination. */
  lacking: ReadonlySet<string>;
  /** Whether a blob that is to be moved exists at the destination. */
  isOverwriting: boolean;
  /** Only of a dry run. */
  unneeded?: { blobs: number; bytes: number };
  /** Members at the source that cannot be read, by uuid, with the first blob that says so; the batches are then void. */
  unread: ReadonlyMap<string, string>;
}

interface Planning {
  /** What the batches hold: what the destination lacks, or everything that it has, to be read. */
  what: "lacking" | "equal";
  destination: Destination;
  members: Members;
  isDoubtful: (uuid: string) => boolean;
  root: RootCatalogue;
}

/** How often a plan begins anew because an earlier try had stored other batches. */
const TRIES_MAX = 3;

/** Walks all members against the destination and writes the batches of what it lacks. `undefined` when time ran out. */
export async function planBatches(
  world: World,
  job: CopyJob,
  planning: Planning,
  { deadline, isDry }: { deadline: () => boolean; isDry: boolean },
): Promise<Found | undefined> {
  const { destination, members } = planning;
  const union = await openUnion([...members.atSource, ...members.there], deadline);
  if (union === undefined) return undefined;
  const isCheck = planning.what === "equal";
  const different = isCheck ? new Set<string>() : await differentKeys(world, job);
  const { suspects } = isCheck ? NO_MARKS : await destination.ledger.marks();
  const { store } = destination;
  const ledger = isDry ? readOnlyLedger(destination.ledger) : destination.ledger;
  const isDoubtful = (owners: readonly number[]) => owners.some((ordinal) => planning.isDoubtful(uuidOf(union, ordinal)));
  const comparing = { store, ledger, suspects, different, isDoubtful, deadline };
  const basis = basisOf(planning, different);
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const { id, head } = job;
    const writer = isDry
      ? countingWriter()
      : await planWriter(world, { job: id, round: head.data.round, basis, isAnew: tries > 0, isCheck });
    try {
      return await planOnce(union, planning, comparing, writer);
    } catch (error) {
      if (!(error instanceof PlanVoid)) throw error;
      world.logger.info("the destination changed since this plan was begun: planning anew", { job: id, batch: error.message });
    }
  }
  throw new AppError("transient", `${store.url}: it changes while the copy is planned`);
}

/** What a plan follows from: an interrupted one goes on only from the same. */
function basisOf({ what, destination, members, root }: Planning, different: ReadonlySet<string>): string {
  const uuids = [...members.atSource, { snapshot: { uuid: "there" } }, ...members.there].map(({ snapshot }) => snapshot.uuid);
  return shortHash(16, what, root.sha256, destination.sha256 ?? "", ...uuids, "different", ...[...different].sort(compareKeys));
}

async function planOnce(
  union: OpenUnion,
  { what, members }: Planning,
  comparing: Comparing,
  writer: PlanWriter,
): Promise<Found | undefined> {
  const { after, tally: begun } = writer.begun;
  const skipped = { ...begun.skipped };
  const lacking = new Set(begun.lacking);
  const rivals = new Map<string, string>();
  let isOverwriting = begun.isOverwriting;
  let isVoid = false;
  let movedKey: string | undefined;
  const unneeded = { blobs: 0, bytes: 0 };
  const tally = (): PlanTally => ({ skipped, lacking: [...lacking], isOverwriting });
  const isAtSource = (ordinal: number) => ordinal < members.atSource.length;
  const lack = (owners: readonly number[]): void => {
    for (const ordinal of owners) lacking.add(uuidOf(union, ordinal));
  };
  /** Of two contents under one key the source holds one at most; at the destination the source's counts. */
  const noteRival = ({ owners, blobs: [first] }: UnionUnit): void => {
    for (const ordinal of owners.filter(isAtSource)) rivals.set(uuidOf(union, ordinal), first?.key ?? "");
    if (movedKey === first?.key) lack(owners);
  };
  const unreadAtSource = () => [...unreadMembers(union)].filter(([ordinal]) => isAtSource(ordinal));

  const visitor: Visitor = {
    async equal(unit, bytes) {
      if (unit.isRival) return noteRival(unit);
      skipped.blobs += unit.blobs.length;
      skipped.bytes += bytes;
      if (what === "equal" && !isVoid) await writer.add(unit.blobs);
    },
    async lacking({ unit, move }) {
      lack(unit.owners);
      if (unit.isRival) return noteRival(unit);
      if (!unit.owners.some(isAtSource)) return;
      movedKey = unit.blobs[0]?.key;
      const keys = new Set(move.map(({ key }) => key));
      isOverwriting ||= unit.found.some((info) => info !== undefined && keys.has(info.key));
      // Of a plan that is void only which other snapshots are broken is still of interest.
      if (what === "lacking" && !isVoid) await writer.add(move);
    },
    ...(writer.isDry && {
      unneeded({ key, sizeBytes }) {
        if (!isDeletable(key)) return undefined;
        unneeded.blobs += 1;
        unneeded.bytes += sizeBytes;
        return undefined;
      },
    }),
    async stopped(key) {
      isVoid ||= rivals.size > 0 || unreadAtSource().length > 0;
      if (!isVoid) await writer.stopped(key, tally);
    },
  };
  const walked = await walkCompared(union, comparing, { after, visitor });
  if (!walked.finished) {
    if (walked.after !== undefined && !isVoid) await writer.cut(walked.after, tally());
    return undefined;
  }
  const pieces = await writer.end();
  lack([...unreadMembers(union).keys()]);
  const unread = new Map([...rivals, ...unreadAtSource().map(([ordinal, key]) => [uuidOf(union, ordinal), key] as const)]);
  return { pieces, skipped, lacking, isOverwriting, unread, ...(writer.isDry && { unneeded }) };
}

function uuidOf({ members }: OpenUnion, ordinal: number): string {
  return members[ordinal]?.snapshot.uuid ?? "";
}
