import { isTimeUp } from "../../jobs/readingInTime.ts";
import { type RepositoryQuestion, repositoryState } from "../../jobs/registration.ts";
import type { World } from "../../jobs/world.ts";
import type { Place } from "../../model/config.ts";
import { sharedSourceOf } from "../../model/instances/instances.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { isBroken, type SnapshotProof } from "../../model/repository.ts";
import { timeDigits } from "../../model/restoredName.ts";
import { aliasNames, purposeOf } from "../../plan/aliases/moves.ts";
import { type Preflight, preflight } from "../../plan/preflight.ts";
import { rootSeen } from "../../plan/preflightRoot.ts";
import type { RootSeen } from "../../plan/preflightTypes.ts";
import { selectNames } from "../../plan/selection.ts";
import { statesForPreflight } from "../../plan/states/parts.ts";
import { isAtLeast, versionParts } from "../../plan/versions.ts";
import { newestEvidence, otherContents, storeEvidence } from "../../reader/evidence.ts";
import { partLedger, readOnlyLedger } from "../../reader/partLedger.ts";
import { type ProveSnapshotOptions, proveSnapshot } from "../../reader/prove/proveSnapshot.ts";
import { heldIndices } from "../../reader/readIndices.ts";
import { type OpenedRepository, openRepository } from "../../reader/readRepository.ts";
import { hiddenRoot } from "../../reader/rootBlob.ts";
import { replacedSeen } from "./aliases/oldIndex.ts";
import { indexNames } from "./names/indexNames.ts";
import { ownNames } from "./names/ownNames.ts";
import { overwrittenSeen } from "./over/oldIndices.ts";
import { renamed } from "./renames.ts";
import { foreseenOnCluster, type OnCluster } from "./sameSnapshot.ts";
import { streamHolders } from "./states/holders.ts";
import type { RestoreJob } from "./step.ts";
import { registrationOf, throttleOf } from "./target/registrationOf.ts";
import { askedOf, type ClusterSeen, rememberingHealths } from "./target/seen.ts";
import { seenByCluster } from "./unread/seenByCluster.ts";

/** Proof and preflight; used by both the dry run, which notes nothing, and the job. `unfinished`: the proof of what keeps the contents that go. */
export async function gateOf(
  world: World,
  id: string,
  input: RestoreJob["intent"]["input"],
  seen: ClusterSeen,
  isDry: boolean,
): Promise<{ proof: SnapshotProof; preflight: Preflight; unfinished: Reason | undefined }> {
  const { proof, root, fault } = await evidenceOf(world, input, seen, isDry);
  const own = input.snapshot.isOrderTime ? undefined : proof.closure?.snapshot.startTime;
  const start = own ?? new Date(input.snapshot.startTime);
  const cluster = rememberingHealths(seen.cluster);
  const { info, existing } = seen;
  const indices = (proof.closure?.indices ?? []).map(({ name }) => name);
  const names = input.over
    ? await ownNames(world, cluster, { indices, input, existing, jobId: id })
    : await indexNames(world, cluster, {
        indices,
        input: {
          snapshotUuid: input.snapshot.uuid,
          snapshotStart: start,
          purpose: purposeOf(input),
          targetMajor: versionParts(info.version)[0],
        },
        ...{ existing, jobId: id, older: input.older, aliases: aliasNames(input) },
      });
  const there: Awaited<ReturnType<typeof seenThere>> = fault ? {} : await seenThere(world, id, seen, input);
  const overwrites = names.own && (await overwrittenSeen(world, cluster, { existing, names: names.own, input, isDry }));
  const { recoveryRate, ...asked } = await askedOf({ ...seen, cluster }, proof, {
    aliases: aliasNames(input),
    isOver: input.over === true,
  });
  const { throttle, repositoryRate } = throttleOf(world, id, input, seen);
  const unfinished = [...(overwrites?.values() ?? [])].flatMap((seenOf) => ("unfinished" in seenOf ? [seenOf.unfinished] : []))[0];
  return {
    proof,
    unfinished,
    preflight: preflight({
      proof,
      indices: input.indices,
      alias: input.alias,
      aliases: input.aliases,
      older: input.older,
      agreedFrom: input.agreedFrom,
      filesThere: input.filesThere,
      ...statesForPreflight(input.states),
      streamHolders: await streamHolders(cluster, input.states, info.version),
      loseOld: input.loseOld,
      replaceIndex: input.replaceIndex,
      replaced: input.replaceIndex && (await replacedSeen(world, cluster, { existing, aliases: aliasNames(input), isDry })),
      repository: fault ?? there.fault,
      unread: there.unread,
      ...(root && { root }),
      replicas: input.replicas,
      targetVersion: info.version,
      dataVersions: info.dataVersions,
      ...(info.openSearch && { openSearch: reason("cluster.openSearch", { cluster: cluster.name, version: info.openSearch }) }),
      now: world.clock.now(),
      existing,
      jobId: id,
      snapshotDigits: timeDigits(start),
      ...names,
      overwrites,
      nameFor: (index) => renamed(index, input.as) ?? names.nameFor(index),
      ...asked,
      running: there.waits ?? asked.running,
      throttle,
      rates: { nodes: info.dataNodes, recovery: recoveryRate, repository: repositoryRate },
      ...(input.place === undefined && !isAtLeast(info.version, "6.4.0") ? { disks: SIZES_UNKNOWN } : {}),
    }),
  };
}

/** `_status` counts only added files before. */
const SIZES_UNKNOWN = { unknown: "up to 6.3 a cluster does not tell the size of a snapshot" };

interface Evidence {
  proof: SnapshotProof;
  root?: RootSeen;
  /** Why the repository cannot be used. */
  fault?: Reason | undefined;
}

/** From the bucket; where only the cluster can read it, what the cluster says. */
async function evidenceOf(
  world: World,
  input: RestoreJob["intent"]["input"],
  { cluster, repositories }: ClusterSeen,
  isDry: boolean,
): Promise<Evidence> {
  const { place } = input;
  const since = world.clock.now();
  if (place === undefined) {
    const isThere = repositories.some(({ name }) => name === input.repository);
    return { proof: await seenByCluster(cluster, input, isThere) };
  }
  const store = world.blobs(place);
  const opened = await openRepository(store);
  const proof = await proveWanted(world, { ...input, place }, { opened, isDry });
  // Damage counts against whatever shares it; a proof of less than everything says nothing else.
  if (!isDry && isBroken(proof)) await storeEvidence(world, place, proof, since);
  const fault = hiddenRoot(store, opened) ?? (await otherContents(world, place, proof));
  return { proof, root: rootSeen(opened.root, input.snapshot), fault };
}

/** Known before the first request: the name is another repository's, nothing registers it, or the cluster reads another snapshot there. */
async function seenThere(
  world: World,
  id: string,
  { cluster, repositories }: ClusterSeen,
  input: RestoreJob["intent"]["input"],
): Promise<OnCluster & { waits?: Reason | undefined }> {
  const question = registrationOf(world, cluster.name, id, input) ?? policyRegistration(world, cluster.name, input);
  const { need, waits } = question ? await repositoryState(world, question, repositories) : {};
  if (need && "fault" in need) return { fault: need.fault };
  const isThere = repositories.some(({ name }) => name === input.repository);
  if (isThere) return { ...(await foreseenOnCluster(cluster, input)), waits };
  // The job of a watch registers it.
  if (input.watch !== undefined) return {};
  const instance = sharedSourceOf(input.repository);
  const named = { repository: input.repository, cluster: cluster.name };
  if (instance !== undefined) return { fault: reason("repository.notShared", { ...named, instance }) };
  const isOurs = world.config.repositories[input.repository]?.register !== undefined;
  return { fault: reason(isOurs ? "repository.absent" : "repository.absentByOthers", named) };
}

/** A restore does not register a policy's repository, but the name must not be another repository's. */
function policyRegistration(world: World, cluster: string, { repository }: RestoreJob["intent"]["input"]): RepositoryQuestion | undefined {
  const { register, cluster: at } = world.config.repositories[repository] ?? {};
  return register && at === cluster ? { cluster, name: repository, register } : undefined;
}

async function proveWanted(
  world: World,
  input: RestoreJob["intent"]["input"] & { place: Place },
  { opened, isDry }: { opened: OpenedRepository; isDry: boolean },
): Promise<SnapshotProof> {
  const store = world.blobs(input.place);
  const ledger = partLedger(world.state, input.place);
  const held = heldIndices(opened.root, input.snapshot.uuid);
  const selection = selectNames(input.indices, held);
  const asked: ProveSnapshotOptions = {
    uuid: input.snapshot.uuid,
    // The preflight rejects a selection that matches nothing and names the available indices.
    ...("indices" in selection ? { indices: selection.indices } : {}),
    level: "footers",
    footersFor: "counter-named",
    root: opened,
    ledger: isDry ? readOnlyLedger(ledger) : ledger,
    deadline: () => isTimeUp(world),
  };
  const known = await knownFooters(world, input.place, input.snapshot.uuid);
  if (known === undefined) return asDeepAsRead(await proveSnapshot(store, asked));
  const proof = await proveSnapshot(store, { ...asked, footersSeen: () => known.since });
  // Evidence for other indices does not apply.
  if (proof.verdict === "whole" && proof.closure?.digest !== known.digest) return asDeepAsRead(await proveSnapshot(store, asked));
  return proof;
}

/** From 7.0 on no name is used again, and the gate reads no footers: what it proves then is less than that. */
function asDeepAsRead(proof: SnapshotProof): SnapshotProof {
  const written = proof.closure?.snapshot.version ?? proof.written;
  return written !== undefined && isAtLeast(written, "7.0.0") ? { ...proof, level: "metadata" } : proof;
}

/** Footers proven earlier need not be read again for blobs that were not written since. */
async function knownFooters(world: World, place: Place, uuid: string): Promise<{ digest: string; since: Date } | undefined> {
  const evidence = (await newestEvidence(world, new Set([uuid]), place, { subsets: true })).get(uuid);
  if (evidence?.since === undefined || evidence.verdict !== "whole") return undefined;
  if (evidence.level !== "footers" && evidence.level !== "contents") return undefined;
  return { digest: evidence.digest, since: new Date(evidence.since) };
}
