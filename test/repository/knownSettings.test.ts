import { describe, expect, it } from "vitest";
import { validateRepositorySettings } from "../../shared/repository/settings/settings.ts";

const COMMON = {
  chunk_size: "500mb",
  compress: true,
  max_snapshot_bytes_per_sec: "40mb",
  max_restore_bytes_per_sec: "40mb",
  readonly: false,
  max_number_of_snapshots: 500,
};

/** Registrations with every setting that the pages of the plugins name. */
const FULL: Record<string, Record<string, string | number | boolean>> = {
  oss: {
    ...{ ...COMMON, endpoint: "http://oss-cn-hangzhou-internal.aliyuncs.com", bucket: "mine", base_path: "prod", buffer_size: "100mb" },
    ...{ access_key_id: "AK", secret_access_key: "SK", security_token: "ST", ecs_ram_role: "role" },
    ...{ auto_snapshot_bucket: "other", support_cname: true, "oss.client.access_key_id": "AK", "oss.client.secret_access_key": "SK" },
    ...{ "oss.client.security_token": "ST", "oss.client.ecs_ram_role": "role", "oss.client.support_cname": true },
  },
  s3: {
    ...{ ...COMMON, bucket: "mine", client: "default", base_path: "prod", buffer_size: "100mb", server_side_encryption: true },
    ...{ canned_acl: "private", storage_class: "standard", endpoint: "http://minio:9000", region: "us-east-1", protocol: "http" },
    ...{ role_arn: "arn", access_key: "AK", secret_key: "SK", session_token: "ST", max_retries: 3, use_throttle_retries: true },
    ...{ throttle_retries: true, path_style_access: true, disable_chunked_encoding: true, signer_override: "S3SignerType" },
    ...{ read_timeout: "50s", "proxy.host": "proxy", "proxy.port": 3128, max_multipart_parts: 10_000, cooldown_period: "3m" },
    ...{ max_multipart_upload_cleanup_size: "100mb", delete_objects_max_size: 1_000, get_register_retry_delay: "5s" },
    ...{ add_purpose_custom_query_parameter: true, unsafely_incompatible_with_s3_conditional_writes: true },
    ...{ "throttled_delete_retry.delay_increment": "50ms", "throttled_delete_retry.maximum_delay": "5s" },
    "throttled_delete_retry.maximum_number_of_retries": 10,
  },
  fs: { ...COMMON, location: "/srv/backups", concurrent_streams: 5 },
  gcs: { ...COMMON, bucket: "mine", client: "default", base_path: "prod", application_name: "es", service_account: "_default_" },
  azure: {
    ...{ ...COMMON, account: "mine", client: "default", container: "elasticsearch-snapshots", base_path: "prod" },
    ...{ location_mode: "primary_only", max_single_part_upload_size: "100mb" },
  },
};
/** Those that are true or false; any other value is one that a cluster refuses. */
const BOOLEANS = new Set(
  Object.values(FULL).flatMap((settings) => Object.keys(settings).filter((key) => typeof settings[key] === "boolean")),
);
const SIZES = new Set(
  Object.values(FULL).flatMap((settings) => Object.keys(settings).filter((key) => /^\d+mb$/.test(String(settings[key])))),
);

describe.each(Object.entries(FULL))("a registration of type %s", (type, settings) => {
  const faultsOf = (more: Record<string, string> = {}) => validateRepositorySettings({ type, settings: { ...settings, ...more } }).faults;

  it("may have every setting that its plugin has, alone and below source", () => {
    expect(faultsOf()).toEqual([]);
    expect(validateRepositorySettings({ type: "source", settings: { ...settings, delegate_type: type } }).faults).toEqual([]);
  });

  it.each(Object.keys(settings))("with a wrong %s is refused if it is a switch or a size", (key) => {
    const code = BOOLEANS.has(key) ? "settings.boolean" : SIZES.has(key) ? "settings.size" : undefined;
    const found = faultsOf({ [key]: "maybe" }).map(({ path, reason }) => `${path} ${reason.code} ${reason.params.key}`);
    expect(found.includes(`settings.${key} ${code} ${key}`)).toBe(code !== undefined);
  });
});
