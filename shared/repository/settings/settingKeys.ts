/** The repository types that ossnap can check. */
export const REPOSITORY_TYPES = ["oss", "s3", "fs", "source", "gcs", "azure"] as const;
export type RepositoryType = (typeof REPOSITORY_TYPES)[number];
/** The types in which blobs are written; `source` writes those of its delegate. */
export type WrittenType = Exclude<RepositoryType, "source">;

export function isRepositoryType(type: unknown): type is RepositoryType {
  return (REPOSITORY_TYPES as readonly unknown[]).includes(type);
}

const OSS_CLIENT_PREFIX = "oss.client.";

/** BlobStoreRepository: accepted by every type. */
const COMMON = ["chunk_size", "compress", "max_snapshot_bytes_per_sec", "max_restore_bytes_per_sec", "readonly", "max_number_of_snapshots"];

/**
 * From 8.0 on the public plugin for oss reads these beside or in place of the plain keys; Alibaba's managed clusters take the plain ones.
 * https://github.com/aliyun/elasticsearch-repository-oss/issues/29
 */
const OSS_CLIENT = ["endpoint", "access_key_id", "secret_access_key", "security_token", "ecs_ram_role", "support_cname"].map(
  (key) => `${OSS_CLIENT_PREFIX}${key}`,
);

const OSS = [
  ...OSS_CLIENT,
  ...["endpoint", "bucket", "base_path", "access_key_id", "secret_access_key", "security_token"],
  // `ecs_ram_role` and `auto_snapshot_bucket` are for Alibaba's own aliyun_auto_snapshot; `buffer_size` belongs to a fork.
  ...["ecs_ram_role", "auto_snapshot_bucket", "support_cname", "buffer_size"],
];

const S3 = [
  ...[
    "bucket",
    "client",
    "base_path",
    "buffer_size",
    "server_side_encryption",
    "canned_acl",
    "storage_class",
    "endpoint",
    "region",
    "protocol",
  ],
  // Amazon's managed service refuses a registration without `role_arn`.
  ...[
    "role_arn",
    "access_key",
    "secret_key",
    "session_token",
    "max_retries",
    "use_throttle_retries",
    "throttle_retries",
    "path_style_access",
  ],
  ...["disable_chunked_encoding", "signer_override", "read_timeout", "proxy.host", "proxy.port", "max_multipart_parts"],
  ...["max_multipart_upload_cleanup_size", "delete_objects_max_size", "cooldown_period", "get_register_retry_delay"],
  ...["add_purpose_custom_query_parameter", "unsafely_incompatible_with_s3_conditional_writes"],
  ...["throttled_delete_retry.delay_increment", "throttled_delete_retry.maximum_delay", "throttled_delete_retry.maximum_number_of_retries"],
];

const KEYS: Record<WrittenType, readonly string[]> = {
  oss: [...COMMON, ...OSS],
  s3: [...COMMON, ...S3],
  fs: [...COMMON, "location", "concurrent_streams"],
  gcs: [...COMMON, "bucket", "client", "base_path", "application_name", "service_account"],
  azure: [...COMMON, "account", "client", "container", "base_path", "location_mode", "max_single_part_upload_size"],
};

/** Required settings by type. */
export const REQUIRED_KEYS: Record<WrittenType, readonly string[]> = {
  // One endpoint is needed too, under one of its two names: `settings.ts` checks it.
  oss: ["bucket"],
  s3: ["bucket"],
  fs: ["location"],
  gcs: ["bucket"],
  azure: [],
};

/** The setting keys of a type; `source` accepts `delegate_type` and those of its delegate. */
export function knownKeys(type: RepositoryType, delegateType?: RepositoryType | undefined): readonly string[] {
  if (type !== "source") return KEYS[type];
  return ["delegate_type", ...(delegateType === undefined || delegateType === "source" ? COMMON : KEYS[delegateType])];
}

export const SIZE_KEYS: readonly string[] = [
  ...["chunk_size", "buffer_size", "max_snapshot_bytes_per_sec", "max_restore_bytes_per_sec"],
  ...["max_multipart_upload_cleanup_size", "max_single_part_upload_size"],
];

export const BOOLEAN_KEYS: readonly string[] = [
  ...["compress", "readonly", "support_cname", "server_side_encryption", "use_throttle_retries", "throttle_retries"],
  ...["path_style_access", "disable_chunked_encoding", "add_purpose_custom_query_parameter"],
  ...["unsafely_incompatible_with_s3_conditional_writes", `${OSS_CLIENT_PREFIX}support_cname`],
];

/** Whole numbers. */
export const COUNT_KEYS: readonly string[] = [
  ...["max_retries", "proxy.port", "max_multipart_parts", "delete_objects_max_size", "concurrent_streams", "max_number_of_snapshots"],
  "throttled_delete_retry.maximum_number_of_retries",
];

const SECRET_KEYS: readonly string[] = [
  ...["access_key_id", "secret_access_key", "security_token", "access_key", "secret_key", "session_token"],
  ...["service_account", "key", "sas_token"],
];

/** True for settings that a cluster filters out of GET _snapshot and that must not appear in any message. */
export function isSecretSetting(key: string): boolean {
  return SECRET_KEYS.includes(plainKey(key));
}

/** `oss.client.endpoint` → `endpoint`; other keys as they are. */
export function plainKey(key: string): string {
  return key.startsWith(OSS_CLIENT_PREFIX) ? key.slice(OSS_CLIENT_PREFIX.length) : key;
}

/** `endpoint` → `oss.client.endpoint`. */
export function clientKey(key: string): string {
  return `${OSS_CLIENT_PREFIX}${key}`;
}

type Settings = Readonly<Record<string, string | number | boolean>>;

/** The value of a setting that type `oss` knows under two names. */
export function ossSetting(settings: Settings, key: string): string | number | boolean | undefined {
  return settings[key] ?? settings[clientKey(key)];
}

export function endpointSetting(written: "oss" | "s3", settings: Settings): string | number | boolean | undefined {
  return written === "oss" ? ossSetting(settings, "endpoint") : settings.endpoint;
}

/** The token of temporary keys in the settings of type `oss` or `s3`. */
export function tokenSetting(written: "oss" | "s3", settings: Settings): Settings[string] | undefined {
  return written === "s3" ? settings.session_token : ossSetting(settings, "security_token");
}

/** The id and the secret of the access key in the settings of type `oss` or `s3`. */
export function keySettings(
  written: "oss" | "s3",
  settings: Settings,
): [id: Settings[string] | undefined, secret: Settings[string] | undefined] {
  if (written === "s3") return [settings.access_key, settings.secret_key];
  return [ossSetting(settings, "access_key_id"), ossSetting(settings, "secret_access_key")];
}
