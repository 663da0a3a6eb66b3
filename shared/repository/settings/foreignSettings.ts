import { didYouMean, letters, nearest } from "../fault.ts";
import { knownKeys, type WrittenType } from "./settingKeys.ts";

/**
 * Settings as another repository type, a client library or a console calls them, and the setting of this type that means the same. The two
 * halves of an access key resemble each other more than two names of one half do.
 */
const SAME_SETTING: Partial<Record<WrittenType, Readonly<Record<string, string>>>> = {
  oss: {
    access_key: "access_key_id",
    key_id: "access_key_id",
    secret_id: "access_key_id",
    secret: "secret_access_key",
    secret_key: "secret_access_key",
    access_key_secret: "secret_access_key",
    session_token: "security_token",
    sts_token: "security_token",
    token: "security_token",
    role: "ecs_ram_role",
    cname: "support_cname",
    "oss.client.access_key": "oss.client.access_key_id",
    "oss.client.secret_key": "oss.client.secret_access_key",
    "oss.client.access_key_secret": "oss.client.secret_access_key",
    "oss.client.session_token": "oss.client.security_token",
  },
  s3: {
    access_key_id: "access_key",
    aws_access_key_id: "access_key",
    key_id: "access_key",
    secret_id: "access_key",
    secret: "secret_key",
    secret_access_key: "secret_key",
    aws_secret_access_key: "secret_key",
    access_key_secret: "secret_key",
    security_token: "session_token",
    aws_session_token: "session_token",
    token: "session_token",
    force_path_style: "path_style_access",
    path_style: "path_style_access",
    s3_force_path_style: "path_style_access",
    sse: "server_side_encryption",
    encryption: "server_side_encryption",
    encrypt: "server_side_encryption",
  },
  fs: { path: "location", directory: "location", dir: "location", base_path: "location", url: "location" },
  azure: { bucket: "container" },
  gcs: { container: "bucket", credentials: "service_account" },
};

/** What is said elsewhere of where the blobs lie, for types whose blobs lie below a base path. */
const BASE_PATH_WORDS: readonly string[] = ["path", "prefix", "location", "folder", "directory", "dir"];

/** Settings of other types that have no counterpart, and why. */
const WITHOUT_COUNTERPART: Partial<Record<WrittenType, Readonly<Record<string, string>>>> = {
  oss: { region: "remove it: the endpoint names the region", "oss.client.region": "remove it: the endpoint names the region" },
  azure: Object.fromEntries(
    ["key", "account_key", "storage_account_key", "account_secret", "client_secret", "sas_token", "connection_string"].map((key) => [
      key,
      "remove it: nodes read the account's secret from their keystore (azure.client.default.key or sas_token)",
    ]),
  ),
  gcs: Object.fromEntries(
    ["client_secret", "private_key", "credentials_file", "key", "token"].map((key) => [
      key,
      "remove it: nodes read the credentials from their keystore (gcs.client.default.credentials_file)",
    ]),
  ),
  fs: { bucket: "remove it: the blobs lie in location" },
};

/** The fix for an unknown setting of a repository: the one that was probably meant, or all that the type knows. */
export function meantSetting(key: string, written: WrittenType, known: readonly string[]): string {
  const same = sameSetting(key, written, known);
  const isPath = BASE_PATH_WORDS.includes(letters(key)) && known.includes("base_path");
  if (same !== undefined || isPath) return didYouMean(same ?? "base_path", known);
  const gone = entryOf(WITHOUT_COUNTERPART[written], key);
  if (gone !== undefined) return gone;
  const alike = keysLike(key, known);
  return nearest(key, alike) === undefined ? `use one of ${known.join(", ")}` : didYouMean(key, alike);
}

/** The setting that a key is, or probably means; the key itself where that is unclear. */
export function settingMeant(key: string, written: WrittenType): string {
  const known = knownKeys(written);
  if (known.includes(key)) return key;
  return sameSetting(key, written, known) ?? nearest(key, keysLike(key, known)) ?? key;
}

function sameSetting(key: string, written: WrittenType, known: readonly string[]): string | undefined {
  return known.find((one) => letters(one) === letters(key)) ?? entryOf(SAME_SETTING[written], key);
}

/** A key of a client is compared with the keys of clients only: its last word alone resembles a plain one of another meaning. */
function keysLike(key: string, known: readonly string[]): string[] {
  return known.filter((one) => one.includes(".") === key.includes("."));
}

function entryOf(entries: Readonly<Record<string, string>> = {}, key: string): string | undefined {
  return Object.entries(entries).find(([name]) => letters(name) === letters(key))?.[1];
}
