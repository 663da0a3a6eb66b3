import { createHmac } from "node:crypto";
import type { RegisteredRepository } from "../model/cluster.ts";
import type { Registration } from "../model/config.ts";
import { sha256 } from "../model/hash.ts";
import { type Reason, reason } from "../model/reason.ts";
import { normalizeBasePath } from "./basePath.ts";
import { parseByteSize } from "./byteSize.ts";
import { parseEndpoint } from "./endpoint.ts";
import { folders } from "./place.ts";
import { isSecretSetting, plainKey, SIZE_KEYS } from "./settings/settingKeys.ts";

export interface SettingDifference {
  setting: string;
  /** As written; `null` when it is set on one side only. Never contains secrets, because no cluster returns them. */
  wanted: string | null;
  registered: string | null;
}

export interface RegistrationDrift {
  /** `failed`: as configured, but no node could use it; `unverified`: as far as visible, but ossnap never saw it work. */
  state: "absent" | "same" | "different" | "failed" | "unverified";
  differences: SettingDifference[];
  /** `none`: the wanted settings contain no secret; `unknown`: no fingerprint of this repository was ever stored. */
  secrets: "none" | "same" | "changed" | "unknown";
  /** The visible settings are exactly those that ossnap registered last, so no one else's choice is lost when they change. */
  isOurs: boolean;
  reason: Reason;
}

/** The outcome of the last verification; `message` is the cluster's when it failed. */
export interface Verification {
  isGood: boolean;
  message?: string;
}

export interface FingerprintPair {
  /** {@link settingsFingerprint} of the settings wanted now. */
  wanted: string;
  /** The fingerprint stored when ossnap last registered the repository. */
  known: string | undefined;
  /** Of that registration; absent in records of earlier versions, which were written after a good one only. */
  verification?: Verification | undefined;
  /** {@link visibleFingerprint} of that registration; absent in records of earlier versions. */
  visible?: string | undefined;
}

/**
 * Compares a registration with the wanted settings: visible ones directly, secret ones only by the fingerprint in ossnap's state. It is
 * `same` only if the last verification succeeded: a cluster keeps a registration with wrong keys.
 */
export function registrationDrift(
  wanted: Registration,
  registered: Pick<RegisteredRepository, "type" | "settings"> | undefined,
  fingerprint: FingerprintPair,
): RegistrationDrift {
  const secrets = secretsState(wanted, fingerprint);
  if (registered === undefined) return { state: "absent", differences: [], secrets, isOurs: false, reason: reason("registration.absent") };
  const differences = [...typeDifference(wanted, registered), ...settingDifferences(wanted, registered)];
  const found = { differences, secrets, isOurs: fingerprint.visible === visibleFingerprint(registered) };
  if (differences.length > 0) {
    const settings = differences.map(({ setting }) => setting);
    return { ...found, state: "different", reason: reason("registration.different", { settings, changes: differences.map(changeText) }) };
  }
  if (secrets === "changed") return { ...found, state: "different", reason: reason("registration.secretsChanged") };
  const { known, verification } = fingerprint;
  if (verification?.isGood === false)
    return { ...found, state: "failed", reason: reason("registration.failed", { message: verification.message ?? "" }) };
  if (known === undefined) return { ...found, state: "unverified", reason: reason("registration.unverified") };
  return { ...found, state: "same", reason: reason("registration.same") };
}

/** `chunk_size: 1gb → 500mb`, from the cluster's value to the one of ossnap.yaml. */
export function changeText({ setting, wanted, registered }: SettingDifference): string {
  return `${setting}: ${registered ?? "not set"} → ${wanted ?? "not set"}`;
}

/** Hex SHA-256 over type and canonical settings without secrets: what a cluster shows of a registration. */
export function visibleFingerprint({ type, settings }: Registration | Pick<RegisteredRepository, "type" | "settings">): string {
  const visible = Object.entries(settings).flatMap(([key, value]) => {
    const isLeftOut = isSecretSetting(key) || canonicalValue(key, value) === absentMeans(key);
    return isLeftOut ? [] : [[key, canonicalValue(key, value)]];
  });
  return sha256(JSON.stringify([type, visible.sort(([left = ""], [right = ""]) => (left < right ? -1 : 1))]));
}

/** Hex HMAC-SHA256 over the canonical settings, including secrets: equal for equivalent settings (`500mb`, `524288000`, any key order). */
export function settingsFingerprint(settings: Registration["settings"], salt: string): string {
  const canonical = Object.entries(settings)
    .map(([key, value]) => [key, canonicalValue(key, value)] as const)
    .sort(([left], [right]) => (left < right ? -1 : 1));
  return createHmac("sha256", salt).update(JSON.stringify(canonical)).digest("hex");
}

function secretsState(wanted: Registration, { wanted: now, known }: FingerprintPair): RegistrationDrift["secrets"] {
  if (!Object.keys(wanted.settings).some(isSecretSetting)) return "none";
  if (known === undefined) return "unknown";
  return known === now ? "same" : "changed";
}

function typeDifference(wanted: Registration, registered: { type: string }): SettingDifference[] {
  return wanted.type === registered.type ? [] : [{ setting: "type", wanted: wanted.type, registered: registered.type }];
}

function settingDifferences(wanted: Registration, registered: { settings: Record<string, string> }): SettingDifference[] {
  const keys = new Set([...Object.keys(wanted.settings), ...Object.keys(registered.settings)]);
  return [...keys].sort().flatMap((key) => {
    if (isSecretSetting(key)) return [];
    const ours = wanted.settings[key] ?? absentMeans(key);
    const theirs = registered.settings[key] ?? absentMeans(key);
    if (ours !== undefined && theirs !== undefined && canonicalValue(key, ours) === canonicalValue(key, theirs)) return [];
    return [{ setting: key, wanted: textOrNull(key, wanted.settings[key]), registered: textOrNull(key, registered.settings[key]) }];
  });
}

/** Defaults that are the same on every type and version. */
function absentMeans(key: string): string | undefined {
  if (key === "readonly") return "false";
  return key === "base_path" ? "" : undefined;
}

function canonicalValue(key: string, value: string | number | boolean): string {
  if (SIZE_KEYS.includes(key)) return String(parseByteSize(value) ?? value);
  if (key === "base_path") return normalizeBasePath(String(value));
  if (key === "location" && String(value).startsWith("/")) return `/${folders(String(value)).join("/")}`;
  if (plainKey(key) !== "endpoint") return String(value);
  const endpoint = parseEndpoint(String(value));
  return endpoint === undefined ? String(value) : `${endpoint.scheme}://${endpoint.host}`;
}

/** As written, without what a plugin that ossnap does not know may use as a secret, and without a URL's credentials. */
function textOrNull(key: string, value: string | number | boolean | undefined): string | null {
  if (value === undefined) return null;
  return /secret|passw|token|credential/i.test(key) ? "(hidden)" : String(value).replace(/\/\/[^/@\s]+@/, "//(hidden)@");
}
