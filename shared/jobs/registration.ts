import * as z from "zod";
import type { RegisteredRepository } from "../model/cluster.ts";
import type { Registration } from "../model/config.ts";
import { hasCode, messageOf } from "../model/errors.ts";
import { type Reason, reason } from "../model/reason.ts";
import {
  changeText,
  type RegistrationDrift,
  registrationDrift,
  type SettingDifference,
  settingsFingerprint,
  type Verification,
  visibleFingerprint,
} from "../repository/drift.ts";
import { printFault } from "../repository/fault.ts";
import { withRestoreRate } from "../repository/settings/restoreRate.ts";
import { validateRepositorySettings } from "../repository/settings/settings.ts";
import { stateKey } from "../state/keys.ts";
import { writeObject } from "../state/objects.ts";
import { type Hint, readHint } from "../state/records.ts";
import { storedTime } from "../state/shapes.ts";
import type { Look } from "./kind.ts";
import { requireEnabled, verifyReading } from "./registrations/reading.ts";
import { type RateOfRestore, rateNeed, throttledBy } from "./registrations/restoreRate.ts";
import { configured, type World } from "./world.ts";

/** Settings that identify a repository; a registration in which they differ belongs to another repository. */
export const IDENTITY_SETTINGS = ["type", "location", "bucket", "base_path", "delegate_type", "url", "container"];

export interface RepositoryQuestion {
  cluster: string;
  name: string;
  /** As in ossnap.yaml. */
  register: Registration;
  /** Of a restore that asks for another rate than ossnap.yaml; only for a read-only registration. */
  rate?: RateOfRestore;
}

export interface RepositoryState {
  drift: RegistrationDrift;
  /** See {@link secretsShown}. */
  shownSecrets: readonly string[];
  /** `undefined` if it can be used, `register` if it is absent, unusable or has outdated keys, `fault` if the name is taken. */
  need: undefined | { register: true } | { fault: Reason };
  /** Settings that a registration would change although ossnap did not set them: only a person may decide that. */
  overwrites: readonly SettingDifference[];
  /** The rate that an open restore asked for, with which the comparison was made. */
  throttled?: RateOfRestore;
  /** A restore reads at another rate, and nothing is registered meanwhile. */
  waits?: Reason;
  /** Set when the record of the last registration is damaged, and counts as absent. */
  damaged?: Reason;
}

/** What is stored of the last registration. */
interface StoredRegistration {
  fingerprint: string;
  at: string;
  verification?: Verification;
  /** Absent in records of earlier versions. */
  visible?: string;
  /** Only of a registration that a restore asked for; `fingerprint` is of ossnap.yaml, `visible` of what was registered. */
  rate?: RateOfRestore;
}

const STORED = z.looseObject({
  fingerprint: z.string(),
  at: storedTime,
  verification: z.looseObject({ isGood: z.boolean(), message: z.string().optional() }).optional(),
  visible: z.string().optional(),
  rate: z.object({ value: z.string(), restore: z.string() }).optional(),
});

/** The record of the last registration. */
export async function storedRegistration(world: World, cluster: string, repository: string): Promise<Hint<StoredRegistration>> {
  return readHint<StoredRegistration>(world, stateKey.fingerprint(cluster, repository), STORED);
}

/** When ossnap registered the repository last; `undefined` if it never did. A damaged record is as old as its object: it must not let another cluster in. */
export async function registeredAt(world: World, cluster: string, repository: string): Promise<Date | undefined> {
  const { value: stored, fault } = await storedRegistration(world, cluster, repository);
  if (fault) return (await world.state.head(stateKey.fingerprint(cluster, repository)))?.lastModified;
  return stored && new Date(stored.at);
}

/**
 * Compares a repository's registration with ossnap.yaml. Other visible differences are reported but never changed implicitly.
 * @param listed the cluster's repositories, where they were read a moment ago.
 */
export async function repositoryState(
  world: World,
  question: RepositoryQuestion,
  listed?: readonly RegisteredRepository[],
): Promise<RepositoryState> {
  const repositories = listed ?? (await world.cluster(question.cluster).listRepositories());
  const registered = repositories.find(({ name }) => name === question.name);
  const { value: known, fault } = await storedRegistration(world, question.cluster, question.name);
  const damaged = fault && { damaged: fault };
  const wanted = settingsFingerprint(question.register.settings, world.identity.id);
  const throttled = await throttledBy(world.log, known?.rate, registered);
  const drift = registrationDrift(atRate(question, throttled), registered, {
    wanted,
    known: known?.fingerprint,
    verification: known?.verification,
    visible: known?.visible,
  });
  const shownSecrets = secretsShown(repositories);
  if (drift.state === "absent") return { drift, shownSecrets, need: { register: true }, overwrites: [], ...damaged };
  const overwrites = overwritten(question.register, drift);
  const identity = drift.differences.filter(({ setting }) => IDENTITY_SETTINGS.includes(setting));
  if (identity.length > 0) {
    const settings = identity.map(
      ({ setting, wanted: ours, registered: theirs }) => `${setting}: ${theirs ?? "–"} there, ${ours ?? "–"} in ossnap.yaml`,
    );
    return {
      drift,
      shownSecrets,
      overwrites,
      ...damaged,
      need: { fault: reason("repository.taken", { repository: question.name, cluster: question.cluster, settings }) },
    };
  }
  const readonly = drift.differences.some(({ setting }) => setting === "readonly") && question.register.settings.readonly === true;
  // A read-only repository that cannot be read is no reason to register the same again: its copy may not have arrived.
  const isUnusable = drift.state === "failed" && question.register.settings.readonly !== true;
  const rate = rateNeed(question.register, drift, { asked: question.rate, throttled });
  const seen = { drift, shownSecrets, overwrites, ...damaged, ...(throttled && { throttled }) };
  const { name: repository, cluster } = question;
  if (rate?.heldBy) return { ...seen, need: undefined, waits: reason("rate.held", { repository, ...heldParams(rate.heldBy) }) };
  if (rate?.overwrites) {
    const settings = rate.overwrites.map(changeText);
    return { ...seen, need: { fault: reason("repository.overwrites", { repository, cluster, settings }) } };
  }
  const need = readonly || drift.secrets === "changed" || isUnusable || rate ? ({ register: true } as const) : undefined;
  return { ...seen, need };
}

function heldParams({ value, restore }: RateOfRestore) {
  return { rate: value, restore };
}

/** What should be registered now. */
function atRate({ register, rate }: RepositoryQuestion, throttled?: RateOfRestore): Registration {
  const value = (rate ?? throttled)?.value;
  return value === undefined ? register : withRestoreRate(register, value);
}

/** Names of secret settings that the cluster returns in clear, of whichever repository: a plugin does so for all of them. */
export function secretsShown(repositories: readonly RegisteredRepository[]): string[] {
  return [...new Set(repositories.flatMap(({ shownSecrets = [] }) => shownSecrets))].sort();
}

/** A copy is always registered read-only, so that change needs no decision. */
function overwritten({ settings }: Registration, { differences, isOurs }: RegistrationDrift): SettingDifference[] {
  return isOurs ? [] : differences.filter(({ setting }) => setting !== "readonly" || settings.readonly !== true);
}

/** Why a request would act on another repository than ossnap.yaml means: the name is registered for another place on the cluster. */
export async function takenRepository(world: World, repository: string, cluster: string): Promise<Reason | undefined> {
  const { register } = configured(world.config, "repositories", repository);
  // Without a registration in ossnap.yaml the policy is gone too, and that ends the prune.
  const need = register && (await repositoryState(world, { cluster, name: repository, register })).need;
  return need && "fault" in need ? need.fault : undefined;
}

/**
 * Registers the repository and stores a fingerprint of its settings with the outcome of the verification; secrets enter it only as a keyed
 * hash. A cluster keeps a registration that it could not verify, which is stored too, and thrown. One that disabled the repository accepts the
 * same settings, verifies them and leaves it disabled (measured on 7.10): only reading shows it.
 */
export async function registerRepository(world: World, question: RepositoryQuestion): Promise<void> {
  const { settings, type } = atRate(question);
  const isReadonly = settings.readonly === true;
  const cluster = world.cluster(question.cluster);
  await logWarnings(world, question);
  await logOverwritten(world, question);
  try {
    await cluster.putRepository({ name: question.name, type, settings }, { verify: !isReadonly });
    if (!isReadonly) await requireEnabled(world, question);
  } catch (error) {
    if (hasCode(error, "permanent", "refused")) await storeRegistration(world, question, { isGood: false, message: messageOf(error) });
    throw error;
  }
  await storeRegistration(world, question, isReadonly ? await verifyReading(world, question) : { isGood: true });
}

/** Once per registration: what the settings mean depends on the cluster's version, which ossnap.yaml does not name. */
async function logWarnings(world: World, { cluster, name, register: { type, settings } }: RepositoryQuestion): Promise<void> {
  const { version } = await world.cluster(cluster).info();
  for (const warning of validateRepositorySettings({ type, settings, version }).warnings)
    world.logger.warn("registration warning", { cluster, repository: name, text: `${name}: ${printFault(warning)}` });
}

/** A request replaces all settings at once, so also those that others chose and that were no reason to register. */
async function logOverwritten(world: World, question: RepositoryQuestion): Promise<void> {
  const { overwrites } = await repositoryState(world, question);
  const { cluster, name } = question;
  if (overwrites.length === 0) return;
  const changes = overwrites.map(changeText).join(", ");
  const text = `${name}: its registration overwrites settings on ${cluster} that ossnap did not set: ${changes}`;
  world.logger.warn("registration overwrites settings", { cluster, repository: name, text });
}

async function storeRegistration(world: World, question: RepositoryQuestion, verification: Verification): Promise<void> {
  const { cluster, name, register, rate } = question;
  const fingerprint = settingsFingerprint(register.settings, world.identity.id);
  const visible = visibleFingerprint(atRate(question));
  const stored: StoredRegistration = { fingerprint, at: world.clock.now().toISOString(), verification, visible, ...(rate && { rate }) };
  await writeObject(world.state, stateKey.fingerprint(cluster, name), stored);
}

/** The natural key of a registration is the registration with the wanted settings. */
export async function lookUpRegistration<D>(world: World, question: RepositoryQuestion, state: string, data: D): Promise<Look<D>> {
  const { need } = await repositoryState(world, question);
  if (need && "fault" in need) return { found: "foreign", reason: need.fault };
  return need ? { found: "none" } : { found: "ours", state, reason: reason("repository.registered", { repository: question.name }), data };
}

/** Copied repositories are always registered read-only. */
export function readonlyRegistration(register: Registration): Registration {
  return { type: register.type, settings: { ...register.settings, readonly: true } };
}
