import { type RepositoryQuestion, readonlyRegistration, repositoryState } from "../../jobs/registration.ts";
import type { World } from "../../jobs/world.ts";
import { hasCode, messageOf } from "../../model/errors.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { RegistrationDrift } from "../../repository/drift.ts";
import type { EffectiveSettings } from "../../repository/effectiveSettings.ts";
import { type Fault, fault } from "../../repository/fault.ts";
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

/** Lists every repository of ossnap.yaml with its wanted and its registered settings. */
export async function listRepositories(world: World): Promise<RepositoryRow[]> {
  const rows: RepositoryRow[] = [];
  for (const [name, { cluster, register }] of Object.entries(world.config.repositories))
    rows.push(await rowOf(world, { cluster, name, register }, `repositories.${name}`));
  for (const [watch, { cluster, register }] of Object.entries(world.config.watches))
    rows.push(await rowOf(world, { cluster, name: register.name, register: readonlyRegistration(register) }, `watches.${watch}`));
  return rows;
}

export async function rowOf(world: World, question: RepositoryQuestion, usedBy: string): Promise<RepositoryRow> {
  const { name, cluster, register } = question;
  const base = { name, cluster, type: register.type, usedBy, readonly: register.settings.readonly === true };
  try {
    const { version } = await world.cluster(cluster).info();
    const { warnings, effective } = validateRepositorySettings({ type: register.type, settings: register.settings, version });
    const { drift, shownSecrets } = await repositoryState(world, question);
    return {
      ...base,
      state: drift.state,
      reason: drift.reason,
      differences: drift.differences,
      secrets: drift.secrets,
      warnings: [...warnings, ...shownKeys(shownSecrets, cluster)],
      effective,
    };
  } catch (error) {
    if (!hasCode(error, "transient", "denied", "refused", "permanent", "absent")) throw error;
    const why = reason("gather.failed", { code: error.code, message: messageOf(error) });
    return { ...base, state: "unreachable", reason: why, differences: [], secrets: "unknown", warnings: [], effective: undefined };
  }
}

function shownKeys(shownSecrets: readonly string[], cluster: string): Fault[] {
  return shownSecrets.map((setting) =>
    fault(
      `settings.${setting}`,
      "settings.keyShown",
      `cluster ${cluster} returns this key in clear: whoever may read repositories (GET _snapshot) reads your keys`,
      "allow nobody else to read repositories, and give the key rights on this bucket alone",
      { params: { cluster, setting } },
    ),
  );
}
