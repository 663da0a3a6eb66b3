import * as z from "zod";
import type { RegisteredRepository } from "../model/cluster.ts";
import type { Registration } from "../model/config.ts";
import { AppError, hasCode, messageOf } from "../model/errors.ts";
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
import { validateRepositorySettings } from "../repository/settings/settings.ts";
import { stateKey } from "../state/keys.ts";
import { writeObject } from "../state/objects.ts";
import { type Hint, readHint } from "../state/records.ts";
import { storedTime } from "../state/shapes.ts";
import type { Look } from "./kind.ts";
import { configured, type World } from "./world.ts";

/** Settings that identify a repository; a registration in which they differ belongs to another repository. */
export const IDENTITY_SETTINGS = ["type", "location", "bucket", "base_path", "delegate_type", "url", "container"];

export interface RepositoryQuestion {
  cluster: string;
  name: string;
  register: Registration;
}

export interface RepositoryState {
  drift: RegistrationDrift;
  /** See {@link secretsShown}. */
  shownSecrets: readonly string[];
  /** `undefined` if it can be used, `register` if it is absent, unusable or has outdated keys, `fault` if the name is taken. */
  need: undefined | { register: true } | { fault: Reason };
  /** Settings that a registration would change although ossnap did not set them: only a person may decide that. */
  overwrites: readonly SettingDifference[];
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
}

const STORED = z.looseObject({
  fingerprint: z.string(),
  at: storedTime,
  verification: z.looseObject({ isGood: z.boolean(), message: z.string().optional() }).optional(),
  visible: z.string().optional(),
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

/** A name that no repository has: looking it up reads the root with the cluster's keys. */
const PROBE = "ossnap-verification";

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
  const drift = registrationDrift(question.register, registered, {
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
  const need = readonly || drift.secrets === "changed" || isUnusable ? ({ register: true } as const) : undefined;
  return { drift, shownSecrets, overwrites, need, ...damaged };
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
  const { settings, type } = question.register;
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

/** The words with which a cluster refuses to read a repository, such as one that it disabled; other faults say nothing about the registration. */
export async function refusedRead(world: World, cluster: string, repository: string): Promise<string | undefined> {
  try {
    await world.cluster(cluster).getSnapshot(repository, PROBE);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (hasCode(error, "refused")) return messageOf(error);
  }
  return undefined;
}

/** The refusal of a cluster that disabled the repository; other faults of a read say nothing about the registration. */
async function requireEnabled(world: World, { cluster, name }: RepositoryQuestion): Promise<void> {
  try {
    await world.cluster(cluster).getSnapshot(name, PROBE);
  } catch (error) {
    if (hasCode(error, "refused")) throw error;
    world.logger.warn("a repository could not be read after its registration", { cluster, repository: name, error: messageOf(error) });
  }
}

/** No node verifies a read-only repository, so its root is read instead. A fault is reported by `repositories`, and by what reads it next. */
async function verifyReading(world: World, { cluster, name }: RepositoryQuestion): Promise<Verification> {
  try {
    await world.cluster(cluster).getSnapshot(name, PROBE);
    return { isGood: true };
  } catch (error) {
    return { isGood: false, message: messageOf(error) };
  }
}

async function storeRegistration(world: World, { cluster, name, register }: RepositoryQuestion, verification: Verification): Promise<void> {
  const fingerprint = settingsFingerprint(register.settings, world.identity.id);
  const visible = visibleFingerprint(register);
  const stored: StoredRegistration = { fingerprint, at: world.clock.now().toISOString(), verification, visible };
  await writeObject(world.state, stateKey.fingerprint(cluster, name), stored);
}

/**
 * A write into a repository; a refusal because the cluster has it registered read-only names the way out, as its own reason.
 * @param request sends the write.
 */
export async function writingInto<T>(repository: string, request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    if (!(error instanceof AppError) || error.reason?.code !== "repository.readonly") throw error;
    const why = reason("repository.readonlyThere", { repository, message: error.message });
    throw new AppError(error.code, error.message, { cause: error, reason: why });
  }
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
