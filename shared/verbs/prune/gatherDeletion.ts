import { readOpenWork } from "../../jobs/openWork.ts";
import { isTimeUp } from "../../jobs/readingInTime.ts";
import { placeOf, type World } from "../../jobs/world.ts";
import type { ClusterSnapshot } from "../../model/cluster.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { isBroken } from "../../model/repository.ts";
import { type Guards, guardsOf } from "../../plan/retention/guards.ts";
import type { PrunableSnapshot, PrunePlan } from "../../plan/retention/plan.ts";
import { isAtLeast } from "../../plan/versions.ts";
import { isOverFor } from "../../proof/evidence/evidenceRules.ts";
import { linksReason } from "../../proof/links.ts";
import { judged, proposalOf, wordsBesideCommand } from "../../proof/proposal.ts";
import { newestEvidence } from "../../reader/evidence.ts";
import { partLedger, readOnlyLedger } from "../../reader/partLedger.ts";
import { proveChosen } from "../../reader/proveRepository.ts";
import type { Listed } from "../snapshots/gather.ts";
import { standingOf } from "../verification/ask.ts";
import { knownToPolicy, namedBy, ownOf, type RepositorySeen, seeRepository, unclearSnapshots } from "./gatherPlan.ts";
import { mountsElsewhere, mountsOf, protectedSnapshots, unreadJob } from "./gatherProtected.ts";
import { judgedBy } from "./gatherVerdicts.ts";
import { type DeletableSnapshot, planDeletion, type Wanted } from "./planDeletion.ts";

/** A level that reads every blob's name and all metadata; what only a deeper proof finds comes from the stored verdicts. */
const LEVEL = "metadata" as const;

export interface DeletionView {
  plan: PrunePlan;
  snapshots: ClusterSnapshot[];
  lost: Listed["lost"];
  version: string;
  needsUnknown: Reason | undefined;
}

export interface DeletionQuestion {
  repository: string;
  wanted: readonly Wanted[];
  byUuid: boolean;
  /** Why each is broken, by name. */
  broken?: ReadonlyMap<string, Reason> | undefined;
}

/** Reads what protects these snapshots, and plans; the dry run and every step of a deletion use the same call. */
export async function gatherDeletionPlan(world: World, question: DeletionQuestion): Promise<DeletionView> {
  const { repository, wanted, byUuid, broken } = question;
  const seen = await seeRepository(world, repository);
  const { where, snapshots } = seen;
  const policies = Object.entries(world.config.backups).filter(([, policy]) => policy.repository === repository);
  const owns = policies.map(([name, policy]) => ({ policy: name, own: ownOf(world, name, policy, seen) }));
  const deletable = deletableOnes(seen, owns);
  const elsewhere = await mountsElsewhere(world, where.cluster);
  const mounted = new Map([...elsewhere.mounted, ...mountsOf(where.cluster, seen.indices)]);
  const unclear = await unclearSnapshots(snapshots, seen.readRoot);
  const work = await readOpenWork(world);
  const guards: Guards[] = [];
  // What is broken is no good snapshot for any policy; the proposal's notes say what goes with it.
  for (const entry of broken ? [] : policies) {
    const names = new Set(
      wanted.map(({ name }) => name).filter((name) => deletable.some((one) => one.name === name && one.policy === entry[0])),
    );
    if (names.size > 0) guards.push(guardsOf({ ...(await knownToPolicy(world, entry, seen, { remember: false })), unclear }, names));
  }
  const plan = planDeletion({
    repository,
    place: where.place,
    snapshots: deletable,
    wanted,
    byUuid,
    broken,
    protected: new Map([...namedBy(snapshots, mounted), ...(await protectedSnapshots(world, repository, snapshots, work))]),
    unclear,
    guarded: new Map(guards.flatMap(({ kept }) => [...kept])),
    fallen: new Map(guards.flatMap(({ fallen }) => [...fallen])),
    now: world.clock.now(),
    refusal: undefined,
  });
  return { plan, snapshots, lost: seen.lost, version: seen.version, needsUnknown: unreadJob(work) ?? elsewhere.unknown };
}

/** Every snapshot with the policy of its repository that decides about it. */
function deletableOnes(
  { snapshots, verdicts }: RepositorySeen,
  owns: readonly { policy: string; own: readonly PrunableSnapshot[] }[],
): DeletableSnapshot[] {
  return snapshots.map(({ name, uuid, state, startTime }, at) => {
    for (const { policy, own } of owns) {
      const seen = own[at];
      if (seen?.ours) return { ...seen, policy };
    }
    return judgedBy<DeletableSnapshot>(verdicts, { name, uuid, state, startTime, time: startTime, policy: undefined });
  });
}

export interface Broken {
  wanted: Wanted[];
  /** Why each is broken, by name. */
  why: Map<string, Reason>;
  whole: number;
  notes: Reason[];
  /** Why no proposal can be made. */
  refusal: Reason | undefined;
  /** There is nothing to propose. */
  noneBroken?: true;
}

/** Proves every snapshot of a repository now, and proposes what must go so that the rest is usable; see {@link proposalOf}. */
export async function gatherBroken(world: World, repository: string): Promise<Broken> {
  const place = placeOf(world.config, repository);
  const none = { wanted: [], why: new Map<string, Reason>(), whole: 0, notes: [] };
  const store = world.blobs(place);
  const { proofs, open, root, links } = await proveChosen(store, {
    snapshot: "all",
    level: LEVEL,
    now: world.clock.now(),
    deadline: () => isTimeUp(world),
    // Blobs that another proof found damaged are read again here, for every snapshot that refers to them; nothing of it is stored.
    ledger: readOnlyLedger(partLedger(world.state, place)),
  });
  if (open > 0) return { ...none, refusal: reason("delete.notAllProven", { open, snapshots: proofs.length + open }) };
  const stored = await newestEvidence(world, new Set(root.snapshots.map(({ uuid }) => uuid)), place);
  const all = proofs.map((proof) => {
    const before = stored.get(proof.uuid);
    // What is marked was read now, whatever level found it.
    const holds = before !== undefined && isBroken(before) && proof.verdict === "whole" && !isOverFor(proof, before);
    return { ...judged(proof, root), ...(holds ? { verdict: before.verdict } : {}) };
  });
  // What is missing may be behind a link, where the cluster reads it.
  if (links && all.some(isBroken)) return { ...none, refusal: linksReason(store.url, links) };
  const proposal = proposalOf(root, all, standingOf(world, repository));
  if (!proposal && !all.some(isBroken))
    return { ...none, notes: [reason("delete.noneBroken", { snapshots: all.length, level: LEVEL })], refusal: undefined, noneBroken: true };
  if (!proposal) return { ...none, refusal: undefined };
  const verdicts = new Map(all.map(({ uuid, verdict }) => [uuid, verdict]));
  // What is kept with a loss is no good snapshot either.
  const why = [...proposal.delete, ...(proposal.keep ?? [])].map(
    ({ name, uuid }) => [name, reason("delete.broken", { verdict: verdicts.get(uuid) ?? "" })] as const,
  );
  const { whole } = proposal;
  // Something is broken and something whole, and yet nothing is to be deleted: the proposal says why.
  if (proposal.delete.length === 0 && whole > 0)
    return { ...none, why: new Map(why), whole, notes: proposal.notes, refusal: proposal.reason };
  const notes = wordsBesideCommand(proposal);
  return { wanted: proposal.delete, why: new Map(why), whole, notes, refusal: undefined };
}

/** Up to 6.x a cluster answers 404 for a snapshot without its own blob; 7.7 and later delete it (measured). */
export function deletesLost(version: string): boolean {
  return isAtLeast(version, "7.7.0");
}
