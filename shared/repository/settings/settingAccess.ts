import { checkEndpoint } from "../endpoint.ts";
import { type Fault, fault, type Warning } from "../fault.ts";
import { isAtLeast, parseVersion } from "../version.ts";
import { settingMeant } from "./foreignSettings.ts";
import { clientKey, ossSetting, type WrittenType } from "./settingKeys.ts";

type Settings = Readonly<Record<string, string | number | boolean>>;

interface Findings {
  faults: Fault[];
  warnings: Warning[];
}

/** Type `oss` needs exactly one endpoint, under one of its two names. */
export function endpointFaults(settings: Settings, version: string | undefined): Fault[] {
  const isGiven = (key: string) => settings[key] !== undefined && settings[key] !== "";
  const client = clientKey("endpoint");
  const params = { key: "endpoint" };
  const known = parseVersion(version);
  const clientKeys = Object.keys(settings).filter((key) => key.startsWith(clientKey("")));
  const early = known === undefined || isAtLeast(known, 8, 0) ? [] : clientKeys;
  const faults = early.map((key) => {
    const fix = `write ${key.slice(clientKey("").length)}`;
    return fault(`settings.${key}`, "settings.clientVersion", `begins with 8.0, the cluster is ${version}`, fix, { params: { key } });
  });
  if (isGiven("endpoint") && isGiven(client)) {
    const fix = "keep endpoint for Alibaba's managed clusters, oss.client.endpoint for the public plugin from 8.0 on";
    faults.push(fault(`settings.${client}`, "settings.twoEndpoints", "a second endpoint", fix, { params }));
  }
  if (!isGiven("endpoint") && !isGiven(client)) {
    const fix = "add it: type oss needs it (or oss.client.endpoint for the public plugin from 8.0 on)";
    faults.push(fault("settings.endpoint", "settings.missing", "missing", fix, { params }));
  }
  return faults;
}

/** Checks the address that the cluster uses. */
export function checkAddress(written: string, settings: Settings, callerRegion: string | undefined): Findings {
  const key = written === "oss" && !settings.endpoint ? clientKey("endpoint") : "endpoint";
  const endpoint = settings[key];
  if (endpoint === undefined || endpoint === "") return { faults: [], warnings: [] };
  const region = settings.region === undefined ? undefined : String(settings.region);
  const caller = written === "oss" ? callerRegion : undefined;
  return checkEndpoint({ path: `settings.${key}`, endpoint: String(endpoint), region, callerRegion: caller });
}

export function checkCredentials(written: WrittenType, settings: Settings, version: string | undefined): Findings {
  // A half under the name of another type is an unknown setting, and is not missing besides.
  const given = new Set(Object.keys(settings).map((key) => settingMeant(key, written)));
  const faults = [...(HALVES[written] ?? []).flatMap(([first, second]) => halfKey(given, first, second)), ...twoKeys(settings)];
  const warnings: Warning[] = [];
  const isWithoutKey = ["access_key_id", "secret_access_key", "ecs_ram_role"].every((key) => ossSetting(settings, key) === undefined);
  if (written === "oss" && isWithoutKey) {
    const fix = "add both unless they stand in elasticsearch.yml";
    warnings.push(fault("settings.access_key_id", "settings.noKey", "no access key", fix));
  }
  const known = parseVersion(version);
  if (written === "s3" && settings.access_key !== undefined && known !== undefined && isAtLeast(known, 6, 0)) {
    const fix = "put it into the keystore as s3.client.default.access_key";
    warnings.push(
      fault("settings.access_key", "settings.insecureKey", "refused from 6.0 on unless es.allow_insecure_settings is set", fix),
    );
  }
  return { faults, warnings };
}

/** The two halves of an access key. */
const HALVES: Partial<Record<WrittenType, readonly (readonly [first: string, second: string])[]>> = {
  oss: [
    ["access_key_id", "secret_access_key"],
    [clientKey("access_key_id"), clientKey("secret_access_key")],
  ],
  s3: [["access_key", "secret_key"]],
};

function halfKey(given: ReadonlySet<string>, first: string, second: string): Fault[] {
  if (given.has(first) === given.has(second)) return [];
  const absent = given.has(first) ? second : first;
  return [fault(`settings.${absent}`, "settings.halfKey", "missing beside its other half", "add it, or leave out both")];
}

/** Which of the two the plugin would use depends on its version. */
function twoKeys(settings: Settings): Fault[] {
  const second = clientKey("access_key_id");
  if (settings.access_key_id === undefined || settings[second] === undefined) return [];
  const isSame = ["access_key_id", "secret_access_key"].every((key) => settings[key] === settings[clientKey(key)]);
  if (isSame) return [];
  return [fault(`settings.${second}`, "settings.twoKeys", "a second access key, not the same", "keep one of the two")];
}
