import { describe, expect, it } from "vitest";
import { GB, MB, TB } from "../../shared/repository/byteSize.ts";
import { printFault } from "../../shared/repository/fault.ts";
import { isSecretSetting } from "../../shared/repository/settings/settingKeys.ts";
import { type SettingsQuestion, validateRepositorySettings } from "../../shared/repository/settings/settings.ts";

const OSS = { endpoint: "http://oss-cn-hangzhou-internal.aliyuncs.com", bucket: "mine", access_key_id: "AK", secret_access_key: "hunter2" };

function faultsOf(question: SettingsQuestion): string[] {
  return validateRepositorySettings(question).faults.map(printFault);
}

function warningsOf(question: SettingsQuestion): string[] {
  return validateRepositorySettings(question).warnings.map(printFault);
}

describe("a bucket with a path (elasticsearch-cloud-aws#162)", () => {
  it.each([
    ["mybucket/foo", "write mybucket, and put foo into base_path"],
    ["mybucket/foo/bar/", "write mybucket, and put foo/bar into base_path"],
    ["mybucket/", "write mybucket"],
    ["/", "write the bucket's name alone"],
    ["my bucket/foo", "write the bucket's name alone, and put foo into base_path"],
  ])("%s is refused", (bucket, fix) => {
    expect(faultsOf({ type: "s3", settings: { bucket } })).toEqual([
      `settings.bucket: not a bucket's name: it has a path: "${bucket}", ${fix}`,
    ]);
  });
});

describe("a bucket's name", () => {
  it.each([
    ["oss", "my-bucket_2", "write 3 to 63 lower-case letters, digits and -"],
    ["oss", "My_Bucket", "write 3 to 63 lower-case letters, digits and -"],
    ["s3", "my bucket", "write the bucket's name alone"],
  ])("of %s is not %s", (type, bucket, fix) => {
    const settings = type === "oss" ? { ...OSS, bucket } : { bucket };
    expect(faultsOf({ type, settings })).toEqual([`settings.bucket: not a bucket's name: "${bucket}", ${fix}`]);
  });

  it("may have what its store takes, or be filled in later", () => {
    const LATER = `\${BUCKET}`;
    for (const bucket of ["my-bucket-1", LATER]) expect(faultsOf({ type: "oss", settings: { ...OSS, bucket } })).toEqual([]);
    for (const bucket of ["My_bucket.eu-1", LATER]) expect(faultsOf({ type: "s3", settings: { bucket } })).toEqual([]);
    expect(faultsOf({ type: "gcs", settings: { bucket: "my bucket" } })).toEqual([]);
  });
});

describe("an s3 registration that no restore could read", () => {
  it.each<[Record<string, string>, string]>([
    [
      { storage_class: "glacier" },
      'settings.storage_class: not a value that Elasticsearch accepts: "glacier", write one of standard, reduced_',
    ],
    [{ storage_class: "deep_archive" }, "settings.storage_class: not a value that Elasticsearch accepts"],
    [{ endpoint: "oss-cn-hangzhou.aliyuncs.com", path_style_access: "true" }, "settings.path_style_access: OSS refuses the path style"],
    [{ endpoint: "OSS-CN-HANGZHOU.ALIYUNCS.COM", path_style_access: "true" }, "settings.path_style_access: OSS refuses the path style"],
  ])("%j is refused", (settings, wrong) => {
    expect(faultsOf({ type: "s3", settings: { bucket: "movies", ...settings } })).toEqual([expect.stringContaining(wrong)]);
  });

  it("accepts the path style on another service, and without it OSS", () => {
    for (const settings of [
      { endpoint: "http://minio:9000", path_style_access: "true" },
      { endpoint: "http://myaliyuncs.com", path_style_access: true },
      { path_style_access: true },
      { endpoint: "oss-cn-hangzhou.aliyuncs.com", path_style_access: "false" },
    ])
      expect(faultsOf({ type: "s3", settings: { bucket: "movies", ...settings } })).toEqual([]);
  });

  it("accepts the classes that can be read", () => {
    for (const storage_class of ["standard", "STANDARD_IA", "intelligent_tiering", "reduced_redundancy", "onezone_ia"])
      expect(faultsOf({ type: "s3", settings: { bucket: "movies", storage_class } })).toEqual([]);
  });
});

describe("a registration for Amazon's managed service", () => {
  it("may have role_arn, without which that service refuses it", () => {
    const role_arn = "arn:aws:iam::123456789012:role/SnapshotRole";
    expect(faultsOf({ type: "s3", settings: { bucket: "movies", endpoint: "s3.amazonaws.com", role_arn } })).toEqual([]);
    expect(faultsOf({ type: "fs", settings: { location: "/srv", role_arn } })).toHaveLength(1);
  });
});

describe("repository settings", () => {
  it("valid oss settings have no faults, and their effective values are returned", () => {
    const report = validateRepositorySettings({ type: "oss", version: "5.5.3", settings: { ...OSS, base_path: "prod/", compress: true } });
    expect(report).toEqual({
      faults: [],
      warnings: [],
      effective: {
        type: "oss",
        writtenType: "oss",
        basePath: "prod",
        chunkSizeBytes: GB,
        largestObjectBytes: GB,
        compress: true,
        readonly: false,
        maxSnapshotBytesPerSec: 40 * MB,
        maxRestoreBytesPerSec: 40 * MB,
      },
    });
  });

  it.each([
    ["5gb", 'settings.chunk_size: above what type oss allows: "5gb", write 1mb to 1gb (one PutObject per chunk)'],
    ["512kb", 'settings.chunk_size: below what type oss allows: "512kb", write 1mb to 1gb (one PutObject per chunk)'],
    ["-1", 'settings.chunk_size: below what type oss allows: "-1", write 1mb to 1gb (one PutObject per chunk)'],
    ["big", 'settings.chunk_size: not a byte size: "big", write a number and a unit such as 500mb or 1gb'],
    ["524288000", 'settings.chunk_size: a byte size without a unit, which Elasticsearch refuses: "524288000", write 524288000b'],
  ])("oss chunk_size %s is rejected", (chunkSize, message) => {
    expect(faultsOf({ type: "oss", settings: { ...OSS, chunk_size: chunkSize } })).toEqual([message]);
  });

  it.each(["1mb", "1gb", "100mb"])("oss chunk_size %s is within the bounds", (chunkSize) => {
    expect(faultsOf({ type: "oss", settings: { ...OSS, chunk_size: chunkSize } })).toEqual([]);
  });

  it("bounds follow the version", () => {
    const question = { type: "gcs", settings: { bucket: "b", chunk_size: "1gb" } };
    expect(faultsOf({ ...question, version: "7.6.2" })).toEqual([
      'settings.chunk_size: above what type gcs of 7.6.2 allows: "1gb", write 1b to 100mb',
    ]);
    expect(faultsOf({ ...question, version: "7.9.0" })).toEqual([]);
    expect(faultsOf(question)).toEqual([]);
  });

  it("an unknown setting suggests the one that was probably meant", () => {
    expect(faultsOf({ type: "oss", settings: { ...OSS, chunksize: "1gb" } })).toEqual([
      'settings.chunksize: unknown setting, did you mean "chunk_size"?',
    ]);
    expect(faultsOf({ type: "fs", settings: { location: "/srv", nodes: "b" } })[0]).toMatch(
      /^settings\.nodes: unknown setting, use one of chunk_size, /,
    );
  });

  it.each([
    ["oss", "access_key", "access_key_id"],
    ["oss", "secret_key", "secret_access_key"],
    ["oss", "access_key_secret", "secret_access_key"],
    ["oss", "accessKeySecret", "secret_access_key"],
    ["oss", "session_token", "security_token"],
    ["oss", "oss.client.access_key_secret", "oss.client.secret_access_key"],
    ["oss", "accessKeyId", "access_key_id"],
    ["oss", "prefix", "base_path"],
    ["oss", "ram_role", "ecs_ram_role"],
    ["s3", "access_key_id", "access_key"],
    ["s3", "secret_access_key", "secret_key"],
    ["s3", "aws_secret_access_key", "secret_key"],
    ["s3", "secert_key", "secret_key"],
    ["s3", "security_token", "session_token"],
    ["s3", "force_path_style", "path_style_access"],
    ["s3", "proxy_host", "proxy.host"],
    ["s3", "roleArn", "role_arn"],
    ["fs", "path", "location"],
    ["fs", "base_path", "location"],
    ["azure", "bucket", "container"],
  ])("of type %s: %s is answered with the setting that means the same, %s", (type, key, meant) => {
    const required = { oss: OSS, s3: { bucket: "b" }, fs: { location: "/srv" }, azure: {} }[type];
    expect(faultsOf({ type, settings: { ...required, [key]: "x" } })).toContain(
      `settings.${key}: unknown setting, did you mean "${meant}"?`,
    );
  });

  it.each([
    ["oss", { access_key: "AK", secret_access_key: "SK" }, ["access_key"]],
    ["oss", { access_key: "AK", secret_key: "SK" }, ["access_key", "secret_key"]],
    ["oss", { access_key_id: "AK", secret_acces_key: "SK" }, ["secret_acces_key"]],
    ["s3", { access_key_id: "AK", secret_key: "SK" }, ["access_key_id"]],
    ["oss", { access_key_id: "AK" }, ["secret_access_key"]],
    ["oss", { access_key: "AK" }, ["access_key", "secret_access_key"]],
  ])("a half of an access key of type %s under another name is one fault: %o", (type, keys, told) => {
    const { access_key_id: _id, secret_access_key: _secret, ...place } = OSS;
    const faults = faultsOf({ type, settings: { ...(type === "oss" ? place : { bucket: "b" }), ...keys } });
    expect(faults.map((fault) => fault.slice("settings.".length, fault.indexOf(":")))).toEqual(told);
  });

  it("a setting of another type that has no counterpart is to be removed", () => {
    expect(faultsOf({ type: "oss", settings: { ...OSS, region: "cn-hangzhou" } })).toEqual([
      "settings.region: unknown setting, remove it: the endpoint names the region",
    ]);
    expect(faultsOf({ type: "fs", settings: { location: "/srv", bucket: "b" } })).toEqual([
      "settings.bucket: unknown setting, remove it: the blobs lie in location",
    ]);
  });

  it("a secret is never answered with a setting that is none", () => {
    const words = [
      ...["secret", "key_secret", "my_secret", "secretkeyid", "access_secret", "secretaccess", "access_key_pass", "access_key_pwd"],
      ...["access_key_token", "access_token", "password", "proxy.password", "oss.client.access_key_pass", "account_key", "accountKey"],
      ...["storage_account_key", "account_secret", "client_secret", "private_key", "sas_token", "key"],
    ];
    const required = { oss: OSS, s3: { bucket: "b" }, fs: { location: "/srv" }, azure: {}, gcs: { bucket: "b" } };
    for (const [type, settings] of Object.entries(required)) {
      for (const word of words) {
        const [found] = faultsOf({ type, settings: { ...settings, [word]: "x" } });
        expect(found, `${type} ${word}`).toMatch(/did you mean "[^"]*(secret|token)[^"]*"|use one of|remove it/);
      }
    }
  });

  it.each([
    ["s3", { canned_acl: "nonsense" }, /^settings\.canned_acl: not a value that Elasticsearch accepts: "nonsense", write one of private, /],
    ["s3", { protocol: "ftp" }, /^settings\.protocol: not a value that Elasticsearch accepts: "ftp", write one of http, https$/],
    ["s3", { max_retries: "many" }, /^settings\.max_retries: no whole number: "many", write digits alone$/],
    ["s3", { "proxy.port": "abc" }, /^settings\.proxy\.port: no whole number/],
    ["fs", { location: "s3://bucket/path" }, /^settings\.location: a URL, not a path/],
    ["fs", { location: "hdfs2://x" }, /^settings\.location: a URL, not a path/],
    [
      "oss",
      { endpoint: "oss-cn-hangzhou" },
      /^settings\.endpoint: a region, not an address: .* write https:\/\/oss-cn-hangzhou\.aliyuncs\.com$/,
    ],
    ["oss", { endpoint: "cn-hangzhou" }, /^settings\.endpoint: a region, not an address/],
    ["oss", { endpoint: "http://minio:99999" }, /^settings\.endpoint: not an endpoint/],
  ])("of type %s refuses %j", (type, change, said) => {
    const required = { oss: OSS, s3: { bucket: "b" }, fs: { location: "/srv" } }[type];
    expect(faultsOf({ type, settings: { ...required, ...change } } as never)[0]).toMatch(said);
  });

  it("an unknown type suggests the one that was probably meant", () => {
    expect(validateRepositorySettings({ type: "os", settings: {} })).toMatchObject({ effective: undefined });
    expect(faultsOf({ type: "os", settings: {} })).toEqual(['type: unknown repository type: "os", did you mean "oss"?']);
  });

  it("missing required settings are named", () => {
    expect(faultsOf({ type: "oss", settings: { ecs_ram_role: "role" } })).toEqual([
      "settings.endpoint: missing, add it: type oss needs it (or oss.client.endpoint for the public plugin from 8.0 on)",
      "settings.bucket: missing, add it: type oss needs it",
    ]);
    expect(faultsOf({ type: "fs", settings: {} })).toEqual(["settings.location: missing, add it: type fs needs it"]);
    for (const type of ["s3", "gcs"])
      for (const settings of [{}, { bucket: "" }])
        expect(faultsOf({ type, settings })).toEqual([`settings.bucket: missing, add it: type ${type} needs it`]);
    expect(faultsOf({ type: "oss", settings: { ...OSS, endpoint: "" } })).toEqual([
      expect.stringMatching(/^settings\.endpoint: missing, /),
    ]);
    expect(faultsOf({ type: "azure", settings: {} })).toEqual([]);
  });

  it("a base path with a leading slash is rejected", () => {
    expect(faultsOf({ type: "oss", settings: { ...OSS, base_path: "/prod" } })).toEqual([
      'settings.base_path: starts with "/": objects land under an empty folder name: "/prod", remove the leading /',
    ]);
  });

  it("a boolean setting must be true or false", () => {
    expect(faultsOf({ type: "fs", settings: { location: "/srv", compress: "yes" } })).toEqual([
      'settings.compress: neither true nor false: "yes", write true or false',
    ]);
  });

  it("half a key pair is rejected and no key at all is a warning", () => {
    const { secret_access_key: _, ...half } = OSS;
    expect(faultsOf({ type: "oss", settings: half })).toEqual([
      "settings.secret_access_key: missing beside its other half, add it, or leave out both",
    ]);
    expect(warningsOf({ type: "oss", settings: { endpoint: OSS.endpoint, bucket: "mine" } })).toEqual([
      "settings.access_key_id: no access key, add both unless they stand in elasticsearch.yml",
    ]);
  });

  it("the public endpoint of the cluster's own region is a warning about traffic", () => {
    const settings = { ...OSS, endpoint: "http://oss-cn-hangzhou.aliyuncs.com" };
    expect(warningsOf({ type: "oss", settings, clusterRegion: "cn-hangzhou" })).toHaveLength(1);
    expect(warningsOf({ type: "oss", settings })).toEqual([]);
  });

  it("a source repository is validated as its delegate type, from 6.5 on", () => {
    const settings = { ...OSS, delegate_type: "oss", chunk_size: "5gb" };
    expect(faultsOf({ type: "source", settings, version: "7.10.2" })).toHaveLength(1);
    expect(faultsOf({ type: "source", settings: { delegate_type: "fs", location: "/srv" }, version: "5.5.3" })).toEqual([
      "type: source repositories begin with 6.5, the cluster is 5.5.3, use the delegate's type",
    ]);
    expect(faultsOf({ type: "source", settings: {} })).toEqual(["settings.delegate_type: missing, add one of oss, s3, fs, gcs, azure"]);
    expect(faultsOf({ type: "source", settings: { delegate_type: "source" } })).toHaveLength(1);
    expect(validateRepositorySettings({ type: "source", settings }).effective).toMatchObject({ type: "source", writtenType: "oss" });
  });

  it("an s3 object is limited to buffer_size × 10,000 parts", () => {
    const report = validateRepositorySettings({
      type: "s3",
      version: "8.17.0",
      settings: { bucket: "b", chunk_size: "5tb", buffer_size: "100mb" },
    });
    expect(report.faults).toEqual([]);
    expect(report.warnings.map(({ reason }) => reason.code)).toEqual(["chunk.cutByParts"]);
    expect(report.effective).toMatchObject({ chunkSizeBytes: 5 * TB, largestObjectBytes: 10_000 * 100 * MB });
    const largest = (version: string | undefined, settings = {}) =>
      validateRepositorySettings({ type: "s3", version, settings: { bucket: "b", ...settings } });
    expect(largest("8.17.0").effective?.largestObjectBytes).toBe(10_000 * 100 * MB);
    expect(largest(undefined).effective).toMatchObject({ chunkSizeBytes: undefined, largestObjectBytes: 10_000 * 100 * MB });
    expect(largest("9.2.0", { max_multipart_parts: 20 }).effective?.largestObjectBytes).toBe(20 * 100 * MB);
    expect(largest("9.2.0", { max_multipart_parts: "many" }).effective?.largestObjectBytes).toBe(10_000 * 100 * MB);
    expect(largest("8.17.0", { chunk_size: "1gb" }).warnings).toEqual([]);
    expect(largest("8.17.0", { chunk_size: "2gb", max_multipart_parts: 20 }).warnings.map(printFault)).toEqual([
      expect.stringMatching(/^settings\.chunk_size: more than .* parts carry; objects end at 2000mb: "2gb", raise buffer_size/),
    ]);
    const old = validateRepositorySettings({ type: "s3", version: "7.7.0", settings: { bucket: "b" } });
    expect(old.effective).toMatchObject({ chunkSizeBytes: GB, largestObjectBytes: GB, compress: false, basePath: "" });
  });

  it.each([
    ["s3", "7.17.9", {}, false],
    ["s3", "8.0.0", {}, undefined],
    ["s3", "9.2.0", {}, undefined],
    ["s3", undefined, {}, undefined],
    ["s3", "8.0.0", { compress: "true" }, true],
    ["oss", "9.2.0", {}, false],
    ["oss", undefined, {}, false],
    ["fs", "7.17.9", {}, true],
    ["fs", undefined, { compress: false }, false],
  ])("%s of %s with %j compresses metadata: %s", (type, version, more, compress) => {
    const settings = { ...(type === "fs" ? { location: "/srv" } : { bucket: "b" }), ...more };
    expect(validateRepositorySettings({ type, version, settings }).effective?.compress).toBe(compress);
  });

  it.each([
    [{}, false],
    [{ readonly: true }, true],
    [{ readonly: "true" }, true],
    [{ readonly: "false" }, false],
  ])("%j is read-only: %s", (more, readonly) => {
    expect(validateRepositorySettings({ type: "fs", settings: { location: "/srv", ...more } }).effective?.readonly).toBe(readonly);
  });

  it.each([
    ["s3", "5.6.16", []],
    ["s3", "6.0.0", ["settings.insecureKey"]],
    ["s3", "9.2.0", ["settings.insecureKey"]],
    ["s3", undefined, []],
    ["gcs", "6.0.0", []],
  ])("an access key in the settings of %s is a warning for %s: %j", (type, version, codes) => {
    const settings = { bucket: "b", access_key: "AK", secret_key: "SK" };
    expect(validateRepositorySettings({ type, version, settings }).warnings.map(({ reason }) => reason.code)).toEqual(codes);
  });

  it.each([
    [{ buffer_size: "1mb" }, "buffer.bounds"],
    [{ buffer_size: "6gb" }, "buffer.bounds"],
    [{ buffer_size: "200mb", chunk_size: "100mb" }, "buffer.aboveChunk"],
  ])("s3 %j is rejected", (settings, code) => {
    const { faults, warnings } = validateRepositorySettings({ type: "s3", settings: { bucket: "b", ...settings } });
    expect(faults.map(({ reason }) => reason.code)).toEqual([code]);
    expect(warnings).toEqual([]);
  });

  it("rate limits: 40mb by default, no limit for restores from 7.9 on, 0 and -1 disable them", () => {
    const rates = (version: string, settings = {}) =>
      validateRepositorySettings({ type: "fs", version, settings: { location: "/srv", ...settings } });
    expect(rates("7.7.0").effective).toMatchObject({ maxSnapshotBytesPerSec: 40 * MB, maxRestoreBytesPerSec: 40 * MB });
    expect(rates("7.9.0").effective).toMatchObject({ maxSnapshotBytesPerSec: 40 * MB, maxRestoreBytesPerSec: null });
    const slow = rates("7.9.0", { max_restore_bytes_per_sec: "1b", max_snapshot_bytes_per_sec: "0" });
    expect(slow.effective).toMatchObject({ maxSnapshotBytesPerSec: null, maxRestoreBytesPerSec: 1 });
    expect(slow.warnings.map(({ path }) => path)).toEqual(["settings.max_snapshot_bytes_per_sec"]);
    const lifted = rates("7.7.0", { max_restore_bytes_per_sec: "-1", max_snapshot_bytes_per_sec: "150mb" });
    expect(lifted.effective).toMatchObject({ maxSnapshotBytesPerSec: 150 * MB, maxRestoreBytesPerSec: null });
    expect(lifted.warnings.map(({ reason }) => reason.code)).toEqual(["rate.unlimited"]);
  });

  it("a fractional size is accepted with a warning", () => {
    expect(warningsOf({ type: "fs", settings: { location: "/srv", chunk_size: "1.5gb" } })).toEqual([
      'settings.chunk_size: a fractional byte size, which Elasticsearch calls deprecated: "1.5gb", write 1536mb',
    ]);
  });

  it("a secret never appears, whatever is wrong with the settings", () => {
    const report = validateRepositorySettings({
      type: "oss",
      settings: { ...OSS, endpoint: "x y", base_path: "/", compress: "no", chunk_size: "9gb" },
    });
    expect(report.faults.length).toBeGreaterThan(3);
    expect(JSON.stringify(report)).not.toContain("hunter2");
  });
});

describe("oss.client.* settings of the public plugin from 8.0 on", () => {
  const CLIENT = {
    bucket: "mine",
    "oss.client.endpoint": "http://oss-cn-hangzhou.aliyuncs.com",
    "oss.client.access_key_id": "AK",
    "oss.client.secret_access_key": "SK",
  };

  it.each([undefined, "8.0.0", "8.5.1", "9.2.0"])("are accepted by %s, alone and beside plain keys", (version) => {
    expect(validateRepositorySettings({ type: "oss", settings: CLIENT, version })).toMatchObject({ faults: [], warnings: [] });
    const { "oss.client.endpoint": endpoint, ...keys } = CLIENT;
    expect(faultsOf({ type: "oss", settings: { ...keys, endpoint }, version })).toEqual([]);
  });

  it("are rejected for an earlier cluster, which ignores them", () => {
    expect(faultsOf({ type: "oss", settings: CLIENT, version: "7.10.2" })).toEqual([
      "settings.oss.client.endpoint: begins with 8.0, the cluster is 7.10.2, write endpoint",
      "settings.oss.client.access_key_id: begins with 8.0, the cluster is 7.10.2, write access_key_id",
      "settings.oss.client.secret_access_key: begins with 8.0, the cluster is 7.10.2, write secret_access_key",
    ]);
  });

  it("are named by what is wrong with them, for the sentence about it", () => {
    const keysOf = (settings: SettingsQuestion["settings"], version?: string) =>
      validateRepositorySettings({ type: "oss", settings, version }).faults.map(({ reason }) => reason.params.key);
    expect(keysOf(CLIENT, "7.10.2")).toEqual(["oss.client.endpoint", "oss.client.access_key_id", "oss.client.secret_access_key"]);
    expect(keysOf({ ...CLIENT, endpoint: OSS.endpoint })).toEqual(["endpoint"]);
    expect(keysOf({ access_key_id: "AK", secret_access_key: "SK" })).toEqual(["endpoint", "bucket"]);
  });

  it("exactly one endpoint is demanded", () => {
    expect(faultsOf({ type: "oss", settings: { ...CLIENT, endpoint: OSS.endpoint } })).toEqual([
      "settings.oss.client.endpoint: a second endpoint, keep endpoint for Alibaba's managed clusters, oss.client.endpoint for the public plugin from 8.0 on",
    ]);
    const { "oss.client.endpoint": _, ...none } = CLIENT;
    expect(faultsOf({ type: "oss", settings: none }).join()).toContain("settings.endpoint: missing");
  });

  it("the endpoint is checked under either name", () => {
    const settings = { ...CLIENT, "oss.client.endpoint": "http://mine.oss-cn-hangzhou.aliyuncs.com" };
    expect(faultsOf({ type: "oss", settings })[0]).toContain("settings.oss.client.endpoint: names the bucket too");
  });

  it("two different access keys and half a key are rejected", () => {
    expect(faultsOf({ type: "oss", settings: { ...CLIENT, access_key_id: "other", secret_access_key: "SK" } })).toEqual([
      "settings.oss.client.access_key_id: a second access key, not the same, keep one of the two",
    ]);
    const { "oss.client.secret_access_key": _, ...half } = CLIENT;
    expect(faultsOf({ type: "oss", settings: half })).toEqual([
      "settings.oss.client.secret_access_key: missing beside its other half, add it, or leave out both",
    ]);
  });

  it("a slip in a client's key is not explained with a plain key of another meaning", () => {
    const { "oss.client.access_key_id": id, ...rest } = CLIENT;
    const found = faultsOf({ type: "oss", settings: { ...rest, "oss.client.acces_key_id": id } });
    expect(found[0]).toBe('settings.oss.client.acces_key_id: unknown setting, did you mean "oss.client.access_key_id"?');
  });

  it("their keys are secrets", () => {
    for (const key of ["access_key_id", "secret_access_key", "security_token"])
      expect([isSecretSetting(key), isSecretSetting(`oss.client.${key}`)]).toEqual([true, true]);
    for (const key of ["access_key", "secret_key", "session_token", "service_account", "key", "sas_token"])
      expect(isSecretSetting(key)).toBe(true);
    for (const key of ["bucket", "endpoint", "client", "account", "role_arn"]) expect(isSecretSetting(key)).toBe(false);
    expect(isSecretSetting("oss.client.endpoint")).toBe(false);
  });
});

describe("type s3 on OSS", () => {
  const ON_OSS = { bucket: "b", endpoint: "https://oss-cn-hangzhou.aliyuncs.com" };
  const codes = (version: string | undefined, settings = {}) =>
    validateRepositorySettings({ type: "s3", settings: { ...ON_OSS, ...settings }, version }).warnings.map(({ reason }) => reason.code);

  it.each([
    [undefined, []],
    ["7.17.9", []],
    ["8.18.4", []],
    ["8.19.0", ["settings.s3Chunked"]],
    ["9.0.4", []],
    ["9.1.0", ["settings.s3Chunked"]],
    ["9.2.0", ["settings.s3Chunked", "settings.s3Conditional"]],
    ["9.3.0", ["settings.s3Chunked", "settings.s3Conditional"]],
  ])("is warned about for %s: %j", (version, expected) => {
    expect(codes(version)).toEqual(expected);
  });

  it("says what is refused, with the address", () => {
    const { warnings } = validateRepositorySettings({ type: "s3", settings: ON_OSS, version: "9.2.0" });
    expect(warnings.map(printFault)).toEqual([
      `settings.endpoint: OSS refuses the chunked bodies that 9.2.0 sends: "${ON_OSS.endpoint}", use type oss, or Elasticsearch 9.3 or later`,
      `settings.endpoint: OSS refuses the conditional writes of 9.2.0: "${ON_OSS.endpoint}", use type oss, or Elasticsearch 9.2.3 or later`,
    ]);
  });

  it("the settings against it count for the versions that know them", () => {
    const both = { disable_chunked_encoding: true, unsafely_incompatible_with_s3_conditional_writes: true };
    expect(codes("9.3.0", both)).toEqual([]);
    expect(codes("9.2.3", both)).toEqual(["settings.s3Chunked"]);
    expect(codes("9.2.2", both)).toEqual(["settings.s3Chunked", "settings.s3Conditional"]);
    expect(codes("8.19.0", both)).toEqual(["settings.s3Chunked"]);
  });

  it("is not warned about on another service", () => {
    expect(codes("9.2.0", { endpoint: "https://s3.eu-central-1.amazonaws.com" })).toEqual([]);
  });
});
