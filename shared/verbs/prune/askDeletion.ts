import type { Created } from "../../jobs/log.ts";
import type { Asked } from "../../jobs/record.ts";
import { takenRepository } from "../../jobs/registration.ts";
import { configured, type World } from "../../jobs/world.ts";
import { AppError } from "../../model/errors.ts";
import { jobId } from "../../model/jobId.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { repositoryId } from "../../plan/policyFingerprint.ts";
import type { PrunePlan } from "../../plan/retention/plan.ts";
import { foreseenOtherCluster } from "../repositories/gatherOtherCluster.ts";
import { listWithLost, unknownSnapshot } from "../snapshots/gather.ts";
import { deletesLost, gatherBroken, gatherDeletionPlan } from "./gatherDeletion.ts";
import { type FreedAnswer, freedAnswer, gatherFreed } from "./gatherFreed.ts";
import { knownPlan } from "./knownPlan.ts";
import { type Wanted, wayOut } from "./planDeletion.ts";
import type { DeletionInput } from "./step.ts";

const DELETION_PATIENCE_MS = 4 * 3_600_000;

/** One snapshot, or everything that is broken. */
export interface DeletionRequest {
  repository: string;
  /** A name or a uuid. */
  snapshot?: string | undefined;
  /** Beside the name: required for another writer's snapshot. */
  uuid?: string | undefined;
  broken?: boolean | undefined;
}

export interface DeletionDryRun extends Omit<PrunePlan, "policy" | "fingerprint" | "later" | "remove">, FreedAnswer {
  repository: string;
  /** What stands in the way of a deletion, and what helps. */
  notes: Reason[];
}

interface Planned {
  answer: DeletionDryRun;
  deletion: DeletionInput["deletion"];
}

/** Shows what would be deleted, what protects it and what it would free; writes nothing. Errors: `absent` for an unknown snapshot. */
export async function dryDeletion(world: World, request: DeletionRequest): Promise<DeletionDryRun> {
  return (await planned(world, request)).answer;
}

/** Requests exactly the deletion with this hash. Throws `conflict` if it is out of date, and with the reason if something protects it. */
export async function applyDeletion(world: World, request: DeletionRequest, hash: string, asked: Asked): Promise<Created> {
  const now = async () => (await planned(world, request)).answer.hash;
  const first = jobId.applyDeletion(request.repository, hash);
  const { id, known } = await knownPlan(world, first, { hash, about: `delete in ${request.repository}`, now });
  if (known) return known;
  const { answer, deletion } = await planned(world, request);
  if (answer.hash !== hash)
    throw new AppError(
      "conflict",
      `delete in ${request.repository}: plan ${hash} is out of date, the current one is ${answer.hash}; nothing was deleted; show it again before you apply it`,
      {
        reason: reason("plan.stale", { asked: hash, now: answer.hash }),
      },
    );
  const refusal = answer.refusal ?? (answer.remove.length === 0 ? reason("delete.nothingBroken") : undefined);
  const why = answer.refusal ? "it is refused" : "there is nothing to delete";
  if (refusal) throw new AppError("conflict", `delete in ${request.repository}: ${why}; nothing was deleted`, { reason: refusal });
  const { cluster, place } = repositoryId(configured(world.config, "repositories", request.repository));
  const input: DeletionInput = { deletion, place, hash };
  return world.log.create(
    id,
    {
      about: `delete ${deletion.broken ? "broken snapshots" : (deletion.wanted[0]?.name ?? "")} in ${request.repository}`,
      asked,
      cluster,
      patienceUntil: new Date(world.clock.now().getTime() + DELETION_PATIENCE_MS).toISOString(),
      input,
    },
    { state: "asked", reason: reason("prune.asked", { by: asked.who }), data: {} },
  );
}

async function planned(world: World, { repository, snapshot, uuid, broken: isBroken = false }: DeletionRequest): Promise<Planned> {
  const { cluster, register } = configured(world.config, "repositories", repository);
  const broken = isBroken ? await gatherBroken(world, repository) : undefined;
  const byUuid = uuid !== undefined;
  const wanted = broken ? broken.wanted : [await listedOne(world, repository, snapshot ?? "", uuid)];
  const view = await gatherDeletionPlan(world, { repository, wanted, byUuid, broken: broken?.why });
  const isReadonly = register === undefined || String(register.settings.readonly) === "true";
  const unlisted = wanted.filter((one) => view.lost.some((lost) => lost.uuid === one.uuid));
  const cannot = unlisted.length > 0 && !deletesLost(view.version) ? reason("delete.cannotLost", { version: view.version }) : undefined;
  const refusal =
    (isReadonly ? reason("delete.readonly", { repository }) : await takenRepository(world, repository, cluster)) ??
    broken?.refusal ??
    cannot ??
    view.needsUnknown ??
    (await foreseenOtherCluster(world, repository, cluster)) ??
    (wanted.length > 0 || broken?.noneBroken ? view.plan.refusal : reason("delete.nothingBroken"));
  const [policy] = Object.entries(world.config.backups).flatMap(([name, one]) => (one.repository === repository ? [name] : []));
  const help = refusal && !broken ? wayOut(refusal, { repository, snapshot: wanted[0]?.name ?? "", policy }) : undefined;
  const freed = await gatherFreed(world, repository, view.plan.remove, view.snapshots);
  const { policy: _policy, fingerprint: _fingerprint, later: _later, ...plan } = view.plan;
  const answer: DeletionDryRun = {
    ...plan,
    repository,
    refusal,
    ...freedAnswer(plan.remove, freed),
    notes: [...(broken?.notes ?? []), ...(help ? [help] : [])],
  };
  return { answer, deletion: { repository, wanted, byUuid, broken: isBroken } };
}

/** By name or uuid; a uuid beside the name must be that snapshot's. */
async function listedOne(world: World, repository: string, snapshot: string, uuid: string | undefined): Promise<Wanted> {
  const { snapshots } = await listWithLost(world, repository);
  const found = snapshots.find((one) => one.uuid === snapshot) ?? snapshots.find((one) => one.name === snapshot);
  if (!found)
    throw unknownSnapshot(
      repository,
      snapshot,
      snapshots.map(({ name }) => name),
    );
  if (uuid !== undefined && found.uuid !== uuid)
    throw new AppError("invalid", `uuid: ${uuid} is not that of ${found.name}, which is ${found.uuid ?? "none"}; nothing was deleted`);
  return { name: found.name, uuid: found.uuid };
}
