import { type RepositoryQuestion, readonlyRegistration, repositoryState, secretsShown } from "../../jobs/registration.ts";
import type { RateOfRestore } from "../../jobs/registrations/restoreRate.ts";
import type { World } from "../../jobs/world.ts";
import { hasCode, messageOf } from "../../model/errors.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { type Reach, reachOf } from "../../plan/retention/reach.ts";
import type { RegistrationDrift } from "../../repository/drift.ts";
import { type Fault, fault } from "../../repository/fault.ts";
import type { EffectiveSettings } from "../../repository/settings/effectiveSettings.ts";
import { validateRepositorySettings } from "../../repository/settings/settings.ts";
import { type AutomaticRepository, gatherAutomatic } from "./gatherAutomatic.ts";
import { gatherDisabled } from "./gatherDisabled.ts";

export interface RepositoryRow {
  name: string;
  cluster: string;
  type: string;
  usedBy: string;
  readonly: boolean;
  /** `others`: it has no registration in ossnap.yaml, and another registers it. `automatic`: Amazon's own, of which nothing can be copied. */
  state: RegistrationDrift["state"] | "others" | "automatic" | "unreachable";
  reason: Reason;
  differences: RegistrationDrift["differences"];
  secrets: RegistrationDrift["secrets"] | "unknown";
  /** Whether registering it as in ossnap.yaml needs `overwrite`: it changes settings that ossnap did not register. */
  overwrites: boolean;
  warnings: Fault[];
  effective: EffectiveSettings | undefined;
  /** How far back each policy of the repository reaches once full, and its next slots; absent where no policy writes it. */
  policies?: ({ policy: string } & Pick<Reach, "full" | "next">)[];
}

const KEY_SHOWN = "settings.keyShown";

/** Lists every repository of ossnap.yaml with its wanted and its registered settings. */
export async function listRepositories(world: World): Promise<RepositoryRow[]> {
  const rows: RepositoryRow[] = [];
  for (const [name, { cluster, register }] of Object.entries(world.config.repositories)) {
    const usedBy = `repositories.${name}`;
    rows.push(register ? await rowOf(world, { cluster, name, register }, usedBy) : await foreignRow(world, { cluster, name, usedBy }));
  }
  for (const [watch, { cluster, register }] of Object.entries(world.config.watches))
    rows.push(await rowOf(world, { cluster, name: register.name, register: readonlyRegistration(register) }, `watches.${watch}`));
  const own = (await warnOfTwins(world, oncePerCluster(rows))).map((row) => withPolicies(world, row));
  return [...own, ...(await gatherAutomatic(world)).map(automaticRow)];
}

function withPolicies({ config, clock }: World, row: RepositoryRow): RepositoryRow {
  const own = Object.entries(config.backups).filter(([, { repository }]) => row.usedBy === `repositories.${repository}`);
  if (own.length === 0) return row;
  const policies = own.map(([policy, { keep, schedule }]) => {
    const { full, next } = reachOf({ keep, schedule, oldestKept: undefined }, clock.now());
    return { policy, full, next };
  });
  return { ...row, policies };
}

const ONLY_READ = { readonly: true, differences: [], secrets: "none" as const, overwrites: false, warnings: [], effective: undefined };

function automaticRow(found: AutomaticRepository): RepositoryRow {
  return {
    ...found,
    ...ONLY_READ,
    usedBy: "–",
    state: "automatic",
    reason: reason("repository.amazonAutomatic", { repository: found.name }),
  };
}

/** A repository that ossnap only reads: whether its cluster lists it, which a listing or a restore there needs. */
async function foreignRow(
  world: World,
  { cluster, name, usedBy }: { cluster: string; name: string; usedBy: string },
): Promise<RepositoryRow> {
  const base = { name, cluster, usedBy, ...ONLY_READ };
  try {
    const listed = await world.cluster(cluster).listRepositories();
    const found = listed.find((one) => one.name === name);
    const disabled = found && (await gatherDisabled(world, cluster, name));
    const why = disabled ?? reason(found ? "registration.byOthers" : "registration.byNobody", { repository: name });
    const state = disabled ? "failed" : "others";
    return { ...base, type: found?.type ?? "–", state, reason: why, warnings: shownKeys(secretsShown(listed), cluster) };
  } catch (error) {
    if (!hasCode(error, "transient", "denied", "refused", "permanent", "absent")) throw error;
    const why = reason("gather.failed", { code: error.code, message: messageOf(error) });
    return { ...base, type: "–", state: "unreachable", reason: why };
  }
}

/** What a cluster's plugin shows of all its repositories is a warning of the first one only. */
function oncePerCluster(rows: readonly RepositoryRow[]): RepositoryRow[] {
  const told = new Set<string>();
  return rows.map((row) => {
    const warnings = told.has(row.cluster) ? row.warnings.filter(({ reason: { code } }) => code !== KEY_SHOWN) : row.warnings;
    if (warnings.some(({ reason: { code } }) => code === KEY_SHOWN)) told.add(row.cluster);
    return { ...row, warnings };
  });
}

/** One cluster under two names, which their addresses do not show: each of its nodes has an address. */
async function warnOfTwins(world: World, rows: RepositoryRow[]): Promise<RepositoryRow[]> {
  const names = [...new Set(rows.filter(({ state }) => state !== "unreachable").map(({ cluster }) => cluster))];
  const known = new Map<string, string>();
  const twins = new Map<string, string>();
  for (const name of names.length > 1 ? names : []) {
    const uuid = await uuidOf(world, name);
    const other = uuid === undefined ? undefined : known.get(uuid);
    if (other !== undefined) twins.set(name, other);
    else if (uuid !== undefined) known.set(uuid, name);
  }
  return rows.map((row) => {
    const other = twins.get(row.cluster);
    if (other === undefined) return row;
    const wrong = `${row.cluster} is the same cluster as ${other}: work of the two is not kept apart`;
    return { ...row, warnings: [...row.warnings, fault("cluster", "cluster.twice", wrong, "use one name for one cluster")] };
  });
}

/** `undefined` for a cluster that stopped answering since its repositories were listed. */
async function uuidOf(world: World, cluster: string): Promise<string | undefined> {
  try {
    return (await world.cluster(cluster).info()).uuid;
  } catch (error) {
    if (!hasCode(error, "transient", "denied", "refused", "permanent", "absent")) throw error;
    return undefined;
  }
}

export async function rowOf(world: World, question: RepositoryQuestion, usedBy: string): Promise<RepositoryRow> {
  const { name, cluster, register } = question;
  const base = { name, cluster, type: register.type, usedBy, readonly: register.settings.readonly === true };
  try {
    const { version } = await world.cluster(cluster).info();
    const { warnings, effective } = validateRepositorySettings({ type: register.type, settings: register.settings, version });
    const { drift, shownSecrets, overwrites, throttled } = await repositoryState(world, question);
    const isSeen = drift.state === "same" || drift.state === "unverified";
    const disabled = isSeen ? await gatherDisabled(world, cluster, name) : undefined;
    return {
      ...base,
      state: disabled ? "failed" : drift.state,
      reason: disabled ?? (throttled && drift.state === "same" ? throttledReason(throttled) : drift.reason),
      differences: drift.differences,
      secrets: drift.secrets,
      overwrites: overwrites.length > 0,
      warnings: [...warnings, ...shownKeys(shownSecrets, cluster)],
      effective,
    };
  } catch (error) {
    if (!hasCode(error, "transient", "denied", "refused", "permanent", "absent")) throw error;
    const why = reason("gather.failed", { code: error.code, message: messageOf(error) });
    const unknown = { differences: [], secrets: "unknown" as const, overwrites: false, warnings: [], effective: undefined };
    return { ...base, ...unknown, state: "unreachable", reason: why };
  }
}

/** It is set back by the next registration. */
function throttledReason({ value, restore }: RateOfRestore): Reason {
  return reason("registration.throttled", { rate: value, restore });
}

function shownKeys(shownSecrets: readonly string[], cluster: string): Fault[] {
  if (shownSecrets.length === 0) return [];
  const wrong = `cluster ${cluster} returns ${shownSecrets.join(", ")} in clear to everyone who may read repositories (GET _snapshot)`;
  const fix = "restrict that permission, and give the keys of each repository rights on its bucket alone";
  return [fault("cluster", KEY_SHOWN, wrong, fix, { params: { cluster, settings: [...shownSecrets] } })];
}
