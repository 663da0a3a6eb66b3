import { type RepositoryQuestion, readonlyRegistration, registerRepository, repositoryState } from "../../jobs/registration.ts";
import { configured, type World } from "../../jobs/world.ts";
import { AppError, hasCode, messageOf } from "../../model/errors.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { RegistrationDrift } from "../../repository/drift.ts";
import type { EffectiveSettings } from "../../repository/effectiveSettings.ts";
import type { Fault } from "../../repository/fault.ts";
import { validateRepositorySettings } from "../../repository/settings.ts";

export interface RepositoryRow {
  name: string;
  cluster: string;
  type: string;
  usedBy: string;
  readonly: boolean;
  state: RegistrationDrift["state"] | "unreachable";
  reason: Reason;
  differences: RegistrationDrift["differences"];
  secrets: RegistrationDrift["secrets"] | "unknown";
  warnings: Fault[];
  effective: EffectiveSettings | undefined;
}

/** Every repository that ossnap.yaml names, as wanted and as it stands on its cluster. */
export async function listRepositories(world: World): Promise<RepositoryRow[]> {
  const rows: RepositoryRow[] = [];
  for (const [name, { cluster, register }] of Object.entries(world.config.repositories))
    rows.push(await rowOf(world, { cluster, name, register }, `repositories.${name}`));
  for (const [watch, { cluster, register }] of Object.entries(world.config.watches))
    rows.push(await rowOf(world, { cluster, name: register.name, register: readonlyRegistration(register) }, `watches.${watch}`));
  return rows;
}

async function rowOf(world: World, question: RepositoryQuestion, usedBy: string): Promise<RepositoryRow> {
  const { name, cluster, register } = question;
  const base = { name, cluster, type: register.type, usedBy, readonly: register.settings.readonly === true };
  try {
    const { version } = await world.cluster(cluster).info();
    const { warnings, effective } = validateRepositorySettings({ type: register.type, settings: register.settings, version });
    const { drift } = await repositoryState(world, question);
    return {
      ...base,
      state: drift.state,
      reason: drift.reason,
      differences: drift.differences,
      secrets: drift.secrets,
      warnings,
      effective,
    };
  } catch (error) {
    if (!hasCode(error, "transient", "denied", "absent")) throw error;
    const why = reason("gather.failed", { code: error.code, message: messageOf(error) });
    return { ...base, state: "unreachable", reason: why, differences: [], secrets: "unknown", warnings: [], effective: undefined };
  }
}

/** Registers, or updates, one repository as ossnap.yaml says, and lets the cluster verify it; a name that stands for another repository is refused. */
export async function registerByHand(world: World, name: string): Promise<RepositoryRow & { nodes: number }> {
  if (world.paused)
    throw new AppError("conflict", `repositories.${name}: ossnap is paused; resume it first`, { reason: reason("job.paused") });
  const question = questionOf(world, name);
  const { need } = await repositoryState(world, question);
  if (need && "fault" in need)
    throw new AppError(
      "conflict",
      `repositories.${name}: the name is taken by other settings on ${question.cluster}; choose another, or delete that registration first`,
      { reason: need.fault },
    );
  await registerRepository(world, question);
  const readonly = question.register.settings.readonly === true;
  const { nodes } = readonly ? { nodes: 0 } : await world.cluster(question.cluster).verifyRepository(name);
  return { ...(await rowOf(world, question, name)), nodes };
}

/** How one repository, or a watch's, is to be registered, by its registered name. */
export function questionOf(world: World, name: string): RepositoryQuestion {
  const watch = Object.values(world.config.watches).find(({ register }) => register.name === name);
  if (watch) return { cluster: watch.cluster, name, register: readonlyRegistration(watch.register) };
  const { cluster, register } = configured(world.config, "repositories", name);
  return { cluster, name, register };
}
