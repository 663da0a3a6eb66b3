import * as z from "zod";
import type { OpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import type { Place } from "../../model/config.ts";
import { forEachBounded, READS_AT_ONCE } from "../../model/forEachBounded.ts";
import { shortHash } from "../../model/hash.ts";
import { placeId } from "../../repository/place.ts";
import { stateKey } from "../../state/keys.ts";
import type { Mark } from "../../state/liveView.ts";
import { recordMark } from "../../state/marks.ts";
import { writeObjectOnce } from "../../state/objects.ts";
import { readShaped } from "../../state/records.ts";
import type { CopyInput } from "./types.ts";

/** A copy and its destination; a copy whose destination changed starts without a claim. */
interface Owned {
  copyName: string;
  to: Place;
}

export interface Ownership {
  /** Claims and published roots are stored under this name. */
  owner: string;
  claimed: boolean;
  /** `<generation>-<sha256>` of roots that this copy published. */
  published: string[];
  /** The name used by earlier builds of version 0.1.0, and what is stored under it; absent if it is about another place. */
  before: { owner: string; marks: readonly Mark[] } | undefined;
}

export function ownerOf({ copyName, to }: Owned): string {
  return `${copyName}-${shortHash(8, placeId(to))}`;
}

/** What is stored with the mark of a published root; absent in marks of earlier versions. */
export interface PublishedRoot {
  /** Uuids of what the destination lists, or is to list again after blobs were written. */
  listed?: readonly string[];
}

const PUBLISHED = z.looseObject({ listed: z.array(z.string()).optional() });
const CLAIM = z.looseObject({ job: z.string().optional() });

/**
 * Uuids of everything that the last roots of this copy listed or took off the list for the time of a copy, which may have ended before it listed
 * them again.
 */
export async function gatherListedBefore({ state }: World, { live }: OpenWork, owned: Owned): Promise<ReadonlySet<string>> {
  const uuids = new Set<string>();
  const read = async ({ key }: Mark): Promise<void> => {
    for (const uuid of (await readShaped<PublishedRoot>(state, key, PUBLISHED))?.listed ?? []) uuids.add(uuid);
  };
  await forEachBounded(live.published.get(ownerOf(owned)) ?? [], READS_AT_ONCE, read);
  return uuids;
}

/** What the state says of a destination. */
export async function gatherOwnership(world: World, { live }: OpenWork, owned: Owned): Promise<Ownership> {
  const owner = ownerOf(owned);
  const old = `${owned.copyName}-${shortHash(8, world.blobs(owned.to).url)}`;
  const isKnown = live.copyClaims.has(old) || live.published.has(old);
  const before = isKnown && !(await isElsewhere(world, old, owned.to)) ? { owner: old, marks: live.published.get(old) ?? [] } : undefined;
  return {
    owner,
    claimed: live.copyClaims.has(owner) || (before !== undefined && live.copyClaims.has(old)),
    published: [...(before?.marks ?? []), ...(live.published.get(owner) ?? [])].map(({ mark }) => mark),
    before,
  };
}

/**
 * The earlier name lacked the endpoint; as long as the job that claimed it is open, its intent says which place it is about. One that ended
 * because its rule was changed was about another place.
 */
async function isElsewhere(world: World, owner: string, to: Place): Promise<boolean> {
  const claim = await readShaped<{ job?: string }>(world.state, stateKey.copyClaim(owner), CLAIM);
  if (claim?.job === undefined) return false;
  const job = await world.log.read(claim.job);
  if (job) return placeId((job.intent.input as CopyInput).rule.to) !== placeId(to);
  return (await world.log.done(claim.job))?.reason.code.startsWith("config.") ?? false;
}

/** Claims a destination before anything else is written, and moves what is stored under the earlier name. Safe to repeat. */
export async function claimDestination(world: World, work: OpenWork, job: string, owned: Owned): Promise<void> {
  const { owner, before } = await gatherOwnership(world, work, owned);
  const { live } = work;
  if (!live.copyClaims.has(owner))
    await writeObjectOnce(world.state, stateKey.copyClaim(owner), { destination: world.blobs(owned.to).url, job });
  live.copyClaims.add(owner);
  if (before === undefined) return;
  for (const { mark } of before.marks) await recordMark(world, live.published, { name: owner, prefix: stateKey.published(owner), mark });
  await world.state.delete([stateKey.copyClaim(before.owner), ...before.marks.map(({ key }) => key)]);
  live.copyClaims.delete(before.owner);
  live.published.delete(before.owner);
}
