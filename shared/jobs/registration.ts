import type { Registration } from "../model/config.ts";
import { type Reason, reason } from "../model/reason.ts";
import { type RegistrationDrift, registrationDrift, settingsFingerprint } from "../repository/drift.ts";
import { stateKey } from "../state/keys.ts";
import { readObject, writeObject } from "../state/objects.ts";
import type { Look } from "./step.ts";
import type { World } from "./world.ts";

/** Settings that say *which* repository it is: a name registered with others of these is somebody else's. */
const IDENTITY_SETTINGS = ["type", "location", "bucket", "base_path", "delegate_type", "url", "container"];

export interface RepositoryQuestion {
  cluster: string;
  name: string;
  register: Registration;
}

export interface RepositoryState {
  drift: RegistrationDrift;
  /** What keeps a job from using it: `undefined` ready, `register` not there or with old keys, `fault` the name is taken. */
  need: undefined | { register: true } | { fault: Reason };
}

/** How a repository stands on its cluster beside what ossnap.yaml wants. Other visible differences are told, not changed behind anyone's back. */
export async function repositoryState(world: World, question: RepositoryQuestion): Promise<RepositoryState> {
  const registered = (await world.cluster(question.cluster).listRepositories()).find(({ name }) => name === question.name);
  const known = await readObject<{ fingerprint: string }>(world.state, stateKey.fingerprint(question.cluster, question.name));
  const wanted = settingsFingerprint(question.register.settings, world.identity.id);
  const drift = registrationDrift(question.register, registered, { wanted, known: known?.fingerprint });
  if (drift.state === "absent") return { drift, need: { register: true } };
  const identity = drift.differences.filter(({ setting }) => IDENTITY_SETTINGS.includes(setting));
  if (identity.length > 0) {
    const settings = identity.map(
      ({ setting, wanted: ours, registered: theirs }) => `${setting}: ${theirs ?? "–"} there, ${ours ?? "–"} in ossnap.yaml`,
    );
    return { drift, need: { fault: reason("repository.taken", { repository: question.name, cluster: question.cluster, settings }) } };
  }
  const readonly = drift.differences.some(({ setting }) => setting === "readonly") && question.register.settings.readonly === true;
  return { drift, need: readonly || drift.secrets === "changed" ? { register: true } : undefined };
}

/** Puts the registration and keeps the fingerprint of what it was given, secrets included as a keyed hash only. */
export async function registerRepository(world: World, question: RepositoryQuestion): Promise<void> {
  const { settings, type } = question.register;
  const cluster = world.cluster(question.cluster);
  await cluster.putRepository({ name: question.name, type, settings }, { verify: settings.readonly !== true });
  const fingerprint = settingsFingerprint(settings, world.identity.id);
  await writeObject(world.state, stateKey.fingerprint(question.cluster, question.name), {
    fingerprint,
    at: world.clock.now().toISOString(),
  });
}

/** The natural key of registering: the registration itself, as it should be. */
export async function lookUpRegistration<D>(world: World, question: RepositoryQuestion, state: string, data: D): Promise<Look<D>> {
  const { need } = await repositoryState(world, question);
  if (need && "fault" in need) return { found: "foreign", reason: need.fault };
  return need ? { found: "none" } : { found: "ours", state, reason: reason("repository.registered", { repository: question.name }), data };
}

/** Copied repositories are registered read-only, whatever was asked. */
export function readonlyRegistration(register: Registration): Registration {
  return { type: register.type, settings: { ...register.settings, readonly: true } };
}
