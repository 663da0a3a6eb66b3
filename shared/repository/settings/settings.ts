import { basePathProblems } from "../basePath.ts";
import { readByteSize } from "../byteSize.ts";
import { didYouMean, type Fault, fault, type Warning } from "../fault.ts";
import { isAtLeast, parseVersion } from "../version.ts";
import { type EffectiveSettings, effectiveSettings } from "./effectiveSettings.ts";
import { meantSetting } from "./foreignSettings.ts";
import { s3Faults, s3OnOssWarnings } from "./s3Settings.ts";
import { checkAddress, checkCredentials, endpointFaults } from "./settingAccess.ts";
import {
  BOOLEAN_KEYS,
  COUNT_KEYS,
  isRepositoryType,
  isSecretSetting,
  knownKeys,
  REPOSITORY_TYPES,
  REQUIRED_KEYS,
  type RepositoryType,
  SIZE_KEYS,
  type WrittenType,
} from "./settingKeys.ts";
import { checkSizes } from "./settingSizes.ts";

export type SettingValue = string | number | boolean;

export interface SettingsQuestion {
  type: string;
  /** Flat, as sent in PUT _snapshot. */
  settings: Readonly<Record<string, SettingValue>>;
  /** The cluster's version, when known; without it only rules that hold for every version are checked. */
  version?: string | undefined;
  /** The cluster's region, when known; a public endpoint in it is then a warning about traffic charges. */
  clusterRegion?: string | undefined;
}

export interface SettingsReport {
  /** Paths are `type` or `settings.<key>`. */
  faults: Fault[];
  warnings: Warning[];
  /** The settings with defaults applied; absent when the type is unknown. */
  effective: EffectiveSettings | undefined;
}

/** Interprets and validates a repository's settings. Pure; all findings are data and contain no secrets. */
export function validateRepositorySettings({ type, settings, version, clusterRegion }: SettingsQuestion): SettingsReport {
  if (!isRepositoryType(type)) return unknownType("type", type, REPOSITORY_TYPES);
  const written = writtenType(type, settings);
  if (written === undefined) return { ...delegateFaults(settings), effective: undefined };
  const sizes = checkSizes(written, settings, version);
  const endpoint = checkAddress(written, settings, clusterRegion);
  const credentials = checkCredentials(written, settings, version);
  return {
    faults: [
      ...sourceFaults(type, version),
      ...unknownKeys(type, written, settings),
      ...(written === "oss" ? endpointFaults(settings, version) : []),
      ...missingKeys(written, settings),
      ...valueFaults(settings, (changed) => checkSizes(written, changed, version).faults),
      ...bucketFaults(written, settings),
      ...(written === "fs" ? locationFaults(settings) : []),
      ...(written === "s3" ? s3Faults(settings) : []),
      ...sizes.faults,
      ...pathFaults(settings),
      ...endpoint.faults,
      ...credentials.faults,
    ],
    warnings: [
      ...sizes.warnings,
      ...endpoint.warnings,
      ...credentials.warnings,
      ...(written === "s3" ? s3OnOssWarnings(settings, version) : []),
    ],
    effective: effectiveSettings(type, written, settings, version),
  };
}

/** The type that the blobs are written as: for `source` its delegate, `undefined` when that is missing or unknown. */
export function writtenType(type: string, settings: Readonly<Record<string, SettingValue>>): WrittenType | undefined {
  const written = type === "source" ? settings.delegate_type : type;
  return isRepositoryType(written) && written !== "source" ? written : undefined;
}

function unknownType(path: string, type: string, known: readonly string[]): SettingsReport {
  const found = fault(path, "settings.type", "unknown repository type", didYouMean(type, known), { value: type });
  return { faults: [found], warnings: [], effective: undefined };
}

function delegateFaults(settings: Readonly<Record<string, SettingValue>>): { faults: Fault[]; warnings: Warning[] } {
  const delegates = REPOSITORY_TYPES.filter((type) => type !== "source");
  const delegate = settings.delegate_type;
  if (delegate !== undefined) return unknownType("settings.delegate_type", String(delegate), delegates);
  return { faults: [fault("settings.delegate_type", "settings.missing", "missing", `add one of ${delegates.join(", ")}`)], warnings: [] };
}

function sourceFaults(type: RepositoryType, version: string | undefined): Fault[] {
  const known = parseVersion(version);
  if (type !== "source" || known === undefined || isAtLeast(known, 6, 5)) return [];
  return [
    fault("type", "settings.sourceVersion", `source repositories begin with 6.5, the cluster is ${version}`, "use the delegate's type"),
  ];
}

function unknownKeys(type: RepositoryType, written: WrittenType, settings: Readonly<Record<string, SettingValue>>): Fault[] {
  const known = knownKeys(type, written);
  return Object.keys(settings)
    .filter((key) => !known.includes(key))
    .map((key) => fault(`settings.${key}`, "settings.unknown", "unknown setting", meantSetting(key, written, known), { params: { key } }));
}

function missingKeys(written: WrittenType, settings: Readonly<Record<string, SettingValue>>): Fault[] {
  return REQUIRED_KEYS[written]
    .filter((key) => settings[key] === undefined || settings[key] === "")
    .map((key) => fault(`settings.${key}`, "settings.missing", "missing", `add it: type ${written} needs it`, { params: { key } }));
}

/** What stores accept as a bucket's name; the length is left to them. */
const BUCKET_NAMES: Partial<Record<RepositoryType, { pattern: RegExp; fix: string }>> = {
  oss: { pattern: /^[a-z0-9-]+$/, fix: "write 3 to 63 lower-case letters, digits and -" },
  s3: { pattern: /^[A-Za-z0-9._-]+$/, fix: "write the bucket's name alone" },
};

/** Every store refuses these names, with answers that do not say why. */
function bucketFaults(written: RepositoryType, { bucket }: Readonly<Record<string, SettingValue>>): Fault[] {
  const text = String(bucket ?? "");
  const rule = BUCKET_NAMES[written];
  if (text === "" || text.includes("${")) return [];
  if (text.includes("/")) return [pathInBucket(text, rule?.pattern)];
  if (rule === undefined || rule.pattern.test(text)) return [];
  return [fault("settings.bucket", "settings.bucket", "not a bucket's name", rule.fix, { value: text })];
}

function pathInBucket(text: string, pattern = /./): Fault {
  const [first, ...path] = text.split("/").filter((segment) => segment !== "");
  const rest = path.join("/");
  const alone = `write ${first !== undefined && pattern.test(first) ? first : "the bucket's name alone"}`;
  const fix = rest === "" ? alone : `${alone}, and put ${rest} into base_path`;
  return fault("settings.bucket", "settings.bucket", "not a bucket's name: it has a path", fix, { value: text });
}

/** Nodes take the path as it is: no shell expands it, and it is no URL. */
function locationFaults({ location }: Readonly<Record<string, SettingValue>>): Fault[] {
  const text = String(location ?? "");
  if (!/^(~|[a-z][a-z0-9+.-]*:\/\/)/i.test(text)) return [];
  const wrong = text.startsWith("~") ? "a path with ~, which Elasticsearch does not expand" : "a URL, not a path";
  return [fault("settings.location", "settings.location", wrong, "write the path on the nodes, such as /srv/backups", { value: text })];
}

function valueFaults(
  settings: Readonly<Record<string, SettingValue>>,
  sizeFaults: (settings: Readonly<Record<string, SettingValue>>) => Fault[],
): Fault[] {
  return Object.entries(settings).flatMap(([key, value]) => {
    const found = { value: isSecretSetting(key) ? null : String(value), params: { key } };
    if (BOOLEAN_KEYS.includes(key) && !/^(true|false)$/.test(String(value)))
      return [fault(`settings.${key}`, "settings.boolean", "neither true nor false", "write true or false", found)];
    if (COUNT_KEYS.includes(key) && !/^\d{1,9}$/.test(String(value)))
      return [fault(`settings.${key}`, "settings.count", "no whole number", "write digits alone", found)];
    return SIZE_KEYS.includes(key) ? sizeValueFaults(key, settings, sizeFaults) : [];
  });
}

function sizeValueFaults(
  key: string,
  settings: Readonly<Record<string, SettingValue>>,
  sizeFaults: (settings: Readonly<Record<string, SettingValue>>) => Fault[],
): Fault[] {
  const value = settings[key] ?? "";
  const found = { value: String(value), params: { key } };
  const size = readByteSize(value);
  if (size === undefined)
    return [fault(`settings.${key}`, "settings.size", "not a byte size", "write a number and a unit such as 500mb or 1gb", found)];
  if (size.hasUnit) return [];
  const withUnit = `${size.bytes}b`;
  const isUsable = sizeFaults({ ...settings, [key]: withUnit }).every(({ path }) => path !== `settings.${key}`);
  const fix = isUsable ? `write ${withUnit}` : "add its unit, as in 500mb";
  return [fault(`settings.${key}`, "settings.unit", "a byte size without a unit, which Elasticsearch refuses", fix, found)];
}

function pathFaults(settings: Readonly<Record<string, SettingValue>>): Fault[] {
  const basePath = settings.base_path;
  if (basePath === undefined) return [];
  return basePathProblems(String(basePath)).map(({ wrong, fix, reason }) => ({
    path: "settings.base_path",
    value: String(basePath),
    wrong,
    fix,
    reason,
  }));
}
