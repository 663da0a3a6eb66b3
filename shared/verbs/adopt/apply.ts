import type { Created } from "../../jobs/log.ts";
import { type OpenWork, readOpenWork } from "../../jobs/openWork.ts";
import type { Asked } from "../../jobs/record.ts";
import { configured, type World } from "../../jobs/world.ts";
import { AppError, hasCode, messageOf } from "../../model/errors.ts";
import { forEachBounded } from "../../model/forEachBounded.ts";
import { jobId } from "../../model/jobId.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { listRoots } from "../../reader/readRepository.ts";
import { isMarked, markerOf } from "../../state/identity.ts";
import { stateKey } from "../../state/keys.ts";
import { writeObjectOnce } from "../../state/objects.ts";
import { askBackup } from "../backup/ask.ts";
import { askVerification, placeToRead } from "../verification/ask.ts";
import { adoptCopy } from "./gatherDestination.ts";
import { adoptWatch } from "./gatherPosition.ts";
import { adoptBackups } from "./gatherSlots.ts";

const WRITES_AT_ONCE = 8;
/** Nothing further is written when less than this is left; the same verb again goes on. */
const WRITE_RESERVE_MS = 10_000;

/** One thing that was found about an entry of ossnap.yaml, and the state objects that say it and are not there yet. */
export interface Finding {
  /** `backups.nightly` */
  subject: string;
  reason: Reason;
  writes: { key: string; value: unknown }[];
  /** A slot whose snapshot runs: its job is asked for, so that it is followed. */
  follow?: { policy: string; slot: string };
  /** A repository whose proofs are gone: a verification is asked for. */
  prove?: string;
  /** Written only when all else was: until then no function takes the state for whole. */
  last?: true;
  /** It could not be looked at: nothing is known. */
  failed?: true;
}

export type Found = Omit<Finding, "subject">;

export interface Adoption {
  findings: Finding[];
  /** State objects and jobs that are not there yet. */
  missing: number;
  /** How many of them were written; `null` for a dry run. */
  written: number | null;
}

/**
 * What the buckets and clusters still know of a state that was lost, or that never was: slots, positions, published roots. Reads only.
 * `takeOver` names the copies whose destination is known to be ours; one that ossnap.yaml does not have is `invalid`.
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
  for (const name of await unproven(world)) findings.push(...(await found("evidence", () => askedToProve(world, name))));
  findings.push(...markOf(world, work));
  const jobs = findings.filter(({ follow, prove }) => follow !== undefined || prove !== undefined).length;
  return { findings, missing: findings.reduce((sum, { writes }) => sum + writes.length, jobs), written: null };
}

/** The same, then writes what is missing. Nothing that is there is ever replaced, so it may be repeated, also beside functions at work. */
export async function adopt(world: World, asked: Asked, takeOver: readonly string[] = []): Promise<Adoption> {
  const plan = await planAdoption(world, asked, takeOver);
  let written = 0;
  const isTimeUp = () => world.remainingMs() < WRITE_RESERVE_MS;
  const write = async ({ key, value }: Finding["writes"][number]) => {
    if (await writeObjectOnce(world.state, key, value)) written += 1;
  };
  const writesOf = (isLast: boolean) => plan.findings.flatMap(({ writes, last = false }) => (last === isLast ? writes : []));
  const isAllWritten = await forEachBounded(writesOf(false), WRITES_AT_ONCE, write, isTimeUp);
  for (const { follow, prove } of plan.findings) {
    if (isTimeUp()) break;
    if (follow && (await askBackup(world, { ...follow, asked })).outcome === "created") written += 1;
    if (prove !== undefined && (await askProofs(world, prove, asked)).outcome === "created") written += 1;
  }
  if (isAllWritten) await forEachBounded(writesOf(true), WRITES_AT_ONCE, write, isTimeUp);
  return { ...plan, written };
}

/** Each entry by itself: one whose bucket or cluster does not answer does not keep the others. */
async function found(subject: string, look: () => Promise<Found[]>): Promise<Finding[]> {
  try {
    return (await look()).map((one) => ({ subject, ...one }));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const code = hasCode(error, "transient", "denied", "absent", "conflict", "invalid") ? error.code : "permanent";
    return [{ subject, reason: reason("gather.failed", { code, message: messageOf(error) }), writes: [], failed: true }];
  }
}

/** A state that lost what was in `live/` is whole again, as far as can be known, once its mark is there. */
function markOf({ identity }: World, { live }: OpenWork): Finding[] {
  if (isMarked(identity, live)) return [];
  return [{ subject: "state", reason: reason("adopt.liveLost"), writes: [{ key: markerOf(identity), value: {} }], last: true }];
}

/** The repositories that can be read, where no proof of any is known. */
async function unproven(world: World): Promise<string[]> {
  for await (const _any of world.state.list(stateKey.evidenceAll)) return [];
  const { repositories, watches } = world.config;
  const readable = Object.entries(repositories).flatMap(([name, { blobs }]) => (blobs ? [name] : []));
  return [...readable, ...Object.values(watches).map(({ register }) => register.name)];
}

/** Proofs are made, not taken over: a verdict without its reading would be hearsay. Of an empty repository there is nothing to prove. */
async function askedToProve(world: World, name: string): Promise<Found[]> {
  const roots = await listRoots(world.blobs(placeToRead(world, name)));
  if (roots.size === 0 || (await world.log.done(proofsId(world, name))) || (await world.log.read(proofsId(world, name)))) return [];
  return [{ reason: reason("adopt.prove", { repository: name }), writes: [], prove: name }];
}

/** Names, sizes and metadata of every snapshot: that much costs one listing and a few small reads, however large the data. */
function askProofs(world: World, repository: string, asked: Asked): Promise<Created> {
  return askVerification(world, { repository, snapshot: "all", level: "metadata" }, asked, { key: proofsKey(world, repository) });
}

/** Once for each state. */
const proofsKey = ({ identity }: World, repository: string) => `adopt-${identity.id}-${repository}`;
const proofsId = (world: World, repository: string) => jobId.byKey("verification", proofsKey(world, repository));
