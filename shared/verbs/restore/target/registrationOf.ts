import { type RepositoryQuestion, readonlyRegistration } from "../../../jobs/registration.ts";
import { configured, type World } from "../../../jobs/world.ts";
import { reason } from "../../../model/reason.ts";
import type { Throttle } from "../../../plan/preflightTypes.ts";
import { restoreRateOf } from "../../../repository/settings/effectiveSettings.ts";
import { isSameRate, RESTORE_RATE } from "../../../repository/settings/restoreRate.ts";
import type { RestoreInput } from "../types.ts";
import type { ClusterSeen } from "./seen.ts";

type Input = Pick<RestoreInput, "watch" | "repository" | "maxBytesPerSec">;

/**
 * The read-only registration of a watch's restore, with the rate that the restore asks for; a policy's repository is registered by its backups.
 * @param id of the job.
 */
export function registrationOf(
  world: World,
  cluster: string,
  id: string,
  { watch, repository, maxBytesPerSec }: Input,
): RepositoryQuestion | undefined {
  if (watch === undefined) return undefined;
  return {
    cluster,
    name: repository,
    register: readonlyRegistration(configured(world.config, "watches", watch).register),
    ...(maxBytesPerSec === undefined ? {} : { rate: { value: maxBytesPerSec, restore: id } }),
  };
}

/** The rate that the restore asks for, and the one that its repository will have, in bytes a second. */
export function throttleOf(
  world: World,
  id: string,
  input: Input,
  { cluster, info, repositories }: Pick<ClusterSeen, "cluster" | "info" | "repositories">,
): { throttle: Throttle | undefined; repositoryRate: number | null | undefined } {
  const { repository, maxBytesPerSec: rate } = input;
  const own = registrationOf(world, cluster.name, id, input);
  const settings = repositories.find(({ name }) => name === repository)?.settings ?? own?.register.settings ?? {};
  const before = settings[RESTORE_RATE];
  const rateOf = (text: string | number | boolean | undefined) =>
    restoreRateOf(text === undefined ? {} : { [RESTORE_RATE]: text }, info.version);
  if (rate === undefined) return { throttle: undefined, repositoryRate: rateOf(before) };
  const params = { repository, rate };
  if (own) {
    const sets = isSameRate(before, rate) ? {} : { sets: String(before ?? "") };
    return { throttle: { ...params, ...sets }, repositoryRate: rateOf(rate) };
  }
  const isPolicys = world.config.repositories[repository]?.register !== undefined;
  const foreign = {
    why: reason(isPolicys ? "rate.policys" : "rate.others", params),
    wayOut: reason(isPolicys ? "wayOut.rateConfigured" : "wayOut.rateOthers", params),
  };
  return { throttle: { ...params, foreign }, repositoryRate: rateOf(before) };
}
