import { type OpenWork, readOpenWork } from "../../jobs/openWork.ts";
import type { Asked } from "../../jobs/record.ts";
import { configured, type World } from "../../jobs/world.ts";
import { AppError, hasCode, messageOf } from "../../model/errors.ts";
import { jobId } from "../../model/jobId.ts";
import { reason } from "../../model/reason.ts";
import { listRoots } from "../../reader/readRepository.ts";
import { isMarked, markerOf } from "../../state/identity.ts";
import { stateKey } from "../../state/keys.ts";
import { placeToRead } from "../verification/ask.ts";
import { adoptCopy } from "./gatherDestination.ts";
import { adoptWatch } from "./gatherPosition.ts";
import { adoptBackups } from "./gatherSlots.ts";
import type { Adoption, Finding, Found } from "./types.ts";

/**
 * Reconstructs what can be known of a lost or new state from buckets and clusters: slots, positions, published roots. Reads only.
 * `takeOver` names copies whose destination the caller confirms as ours; a name that is not in ossnap.yaml is `invalid`.
 */
export async function planAdoption(world: World, asked: Asked, takeOver: readonly string[] = []): Promise<Adoption> {
  for (const name of takeOver) configured(world.config, "copies", name);
  const work = await readOpenWork(world);
  const { backups, watches, copies } = world.config;
  const findings: Finding[] = [];
  for (const [name, policy] of Object.entries(backups))
    findings.push(...(await found(`backups.${name}`, () => adoptBackups(world, work, { name, policy, asked }))));
  for (const [name, watch] of Object.entries(watches))
    findings.push(...(await found(`watches.${name}`, () => adoptWatch(world, work, name, watch))));
  for (const [name, rule] of Object.entries(copies))
    findings.push(...(await found(`copies.${name}`, () => adoptCopy(world, work, { name, rule, isTakenOver: takeOver.includes(name) }))));
  for (const name of isIntact(world, work) ? [] : await unproven(world))
    findings.push(...(await found("evidence", () => missingProofs(world, name))));
  findings.push(...markOf(world, work));
  const jobs = findings.filter(({ follow, prove }) => follow !== undefined || prove !== undefined).length;
  return { findings, missing: findings.reduce((sum, { writes }) => sum + writes.length, jobs), written: null };
}

/** Each entry is examined independently, so that one unreachable bucket or cluster does not affect the others. */
async function found(subject: string, look: () => Promise<Found[]>): Promise<Finding[]> {
  try {
    return (await look()).map((one) => ({ subject, ...one }));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const code = hasCode(error, "transient", "denied", "refused", "absent", "conflict", "invalid") ? error.code : "permanent";
    return [{ subject, reason: reason("gather.failed", { code, message: messageOf(error) }), writes: [], failed: true }];
  }
}

/** Writing the marker completes a state that had lost `live/`. */
function markOf({ identity }: World, { live }: OpenWork): Finding[] {
  if (isMarked(identity, live)) return [];
  return [{ subject: "state", reason: reason("adopt.liveLost"), writes: [{ key: markerOf(identity), value: {} }], last: true }];
}

/** The state has done work and still knows it, so verdicts that it lacks were never made. */
function isIntact({ identity }: World, { live }: OpenWork): boolean {
  const hasDone = [...live.slots.values()].some((slots) => slots.some(({ state }) => state === "done"));
  return isMarked(identity, live) && (hasDone || live.positions.size > 0 || live.published.size > 0);
}

/** All readable repositories if the state holds no evidence at all, otherwise none. */
async function unproven(world: World): Promise<string[]> {
  for await (const _any of world.state.list(stateKey.evidenceAll)) return [];
  const { repositories, watches } = world.config;
  const readable = Object.entries(repositories).flatMap(([name, { blobs }]) => (blobs ? [name] : []));
  return [...readable, ...Object.values(watches).map(({ register }) => register.name)];
}

/** Proofs are made again rather than adopted, because a verdict is only as good as its own reading. Empty repositories need none. */
async function missingProofs(world: World, name: string): Promise<Found[]> {
  const roots = await listRoots(world.blobs(placeToRead(world, name)));
  if (roots.size === 0 || (await world.log.done(proofsId(world, name))) || (await world.log.read(proofsId(world, name)))) return [];
  return [{ reason: reason("adopt.prove", { repository: name }), writes: [], prove: name }];
}

/** Unique per state, so that the verification is requested once. */
export const proofsKey = ({ identity }: World, repository: string) => `adopt-${identity.id}-${repository}`;
const proofsId = (world: World, repository: string) => jobId.byKey("verification", proofsKey(world, repository));
