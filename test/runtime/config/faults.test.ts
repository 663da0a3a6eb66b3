import { describe, expect, it } from "vitest";
import { ALIAS_FIX } from "../../../shared/model/aliases/aliasName.ts";
import { messageOf } from "../../../shared/model/errors.ts";
import { checkConfig } from "../../../shared/runtime/config/loadConfig.ts";
import { EXAMPLE_ENVIRONMENT, EXAMPLE_TEXT, errorOf, exampleWith } from "./example.ts";

/** The faults in the message, without the line numbers. */
function faultsWith(path: readonly (string | number)[], value: unknown): string[] {
  const [, ...lines] = messageOf(errorOf(exampleWith(path, value))).split("\n");
  return lines.map((line) => line.trim().replace(/ \(line \d+\)/, ""));
}

const PLACE = { store: "oss", endpoint: "http://127.0.0.1:9411", region: "cn-hangzhou" };
const WATCH = {
  cluster: "target",
  register: { name: "second", type: "fs", settings: { location: "/srv/b" } },
  restore: { indices: ["b"] },
};

describe("every kind of fault has its own sentence", () => {
  it.each<[(string | number)[], unknown, string]>([
    [["backups", "nightly", "repositry"], "x", 'backups.nightly.repositry: unknown key, did you mean "repository"?'],
    [["watchs"], {}, 'watchs: unknown key, did you mean "watches"?'],
    [["copies", "aws-to-oss", "to", "base_path"], "x", 'copies.aws-to-oss.to.base_path: unknown key, did you mean "basePath"?'],
    [["http", "tokens", 0, "rol"], "x", 'http.tokens[0].rol: unknown key, did you mean "role"?'],
    [["version"], 2, 'version: not 1: "2", use 1'],
    [["state", "bucket"], undefined, "state.bucket: missing, add it: a text"],
    [["clusters", "target", "url"], "ftp://x", 'clusters.target.url: not an http(s) URL: "ftp://x", write it as in http://127.0.0.1:9200'],
    [
      ["clusters", "target", "url"],
      "https://es:9200/?token=planted",
      'clusters.target.url: a URL with a query, which may contain a secret: "https://es:9200/?(hidden)", remove everything from ? on',
    ],
    [
      ["backups", "nightly", "indices"],
      ["Logs, x y"],
      'backups.nightly.indices[0]: several names in one text: "Logs, x y", write ["logs"]',
    ],
    [
      ["backups", "nightly", "schedule", "timeZone"],
      "EST",
      'backups.nightly.schedule.timeZone: an abbreviation, whose offset is the same all year: "EST", write America/New_York, or America/Panama for the same offset all year',
    ],
    [
      ["backups", "nightly", "schedule", "timeZone"],
      "asia/shanghai",
      'backups.nightly.schedule.timeZone: not spelled as timers know it: "asia/shanghai", write Asia/Shanghai',
    ],
    [
      ["backups", "nightly", "featureStates"],
      ["none", "kibana"],
      "backups.nightly.featureStates: none beside other features, write [none] alone, or leave none out",
    ],
    [
      ["state", "region"],
      "oss-cn-hangzhou-internal",
      'state.region: an endpoint\'s name, not a region: "oss-cn-hangzhou-internal", write cn-hangzhou',
    ],
    [["clusters", "source", "username"], 7, 'clusters.source.username: must be a text: "7", put it in quotes'],
    [["backups", "nightly", "indices"], "*", 'backups.nightly.indices: must be a list: "*", write a list'],
    [["backups", "nightly", "indices"], ["a,b"], 'backups.nightly.indices[0]: several names in one text: "a,b", write ["a", "b"]'],
    [
      ["backups", "nightly", "indices"],
      ["Logs-*"],
      'backups.nightly.indices[0]: a name with capitals, which no index has: "Logs-*", write logs-*',
    ],
    [
      ["backups", "nightly", "indices"],
      ["lo gs"],
      'backups.nightly.indices[0]: a name with a blank, which no index has: "lo gs", remove that character',
    ],
    [
      ["backups", "nightly", "indices"],
      ["-logs-*"],
      'backups.nightly.indices: excludes only, and so selects nothing, put a pattern such as "*" before it',
    ],
    [
      ["clusters", "target"],
      { url: "http://127.0.0.1:9200", password: "hunter22" },
      'clusters.target.password: a password without a user: "(hidden)", add clusters.target.username',
    ],
    [["backups", "nightly", "indices"], [], "backups.nightly.indices: an empty list, name at least one"],
    [["backups", "nightly", "attempts"], 0, 'backups.nightly.attempts: too small: "0", write 1 or more'],
    [["backups", "nightly", "prune", "atMostPercent"], 101, 'backups.nightly.prune.atMostPercent: too large: "101", write 100 or less'],
    [["backups", "nightly", "keep", "atLeast"], 0, 'backups.nightly.keep.atLeast: too small: "0", write 1 or more'],
    [
      ["backups", "nightly", "keep"],
      { last: 0, atLeast: 2 },
      "backups.nightly.keep: keeps nothing, add one of last, hourly, daily, weekly, monthly, yearly, within",
    ],
    [
      ["backups", "nightly", "adopt"],
      { pattern: "**" },
      "backups.nightly.adopt: everything in the repository, name what the other tool writes, such as curator-*",
    ],
    [
      ["backups", "nightly", "adopt"],
      {},
      "backups.nightly.adopt: everything in the repository, name what the other tool writes, such as curator-*",
    ],
    [
      ["backups", "nightly", "adopt"],
      { pattern: "night*" },
      'backups.nightly.adopt.pattern: matches names that ossnap gives for policy nightly: "night*", name what the other tool writes, such as curator-*',
    ],
    [
      ["backups", "nightly", "adopt"],
      { metadata: { owner: "search-team" } },
      "backups.nightly.adopt: matches the metadata of policy nightly, name a member that only the other tool writes",
    ],
    [
      ["backups", "nightly", "adopt"],
      { pattern: "Curator-*" },
      'backups.nightly.adopt.pattern: a name with capitals, which no snapshot has: "Curator-*", write curator-*',
    ],
    [
      ["backups", "nightly", "adopt"],
      { pattern: "a-*,b-*" },
      'backups.nightly.adopt.pattern: a pattern with a character that no snapshot\'s name has: "a-*,b-*", write one name with *, no list',
    ],
    [["backups", "nightly", "keep", "manual"], { last: 0 }, 'backups.nightly.keep.manual.last: too small: "0", write 1 or more'],
    [["backups", "nightly", "metadata", "team"], 5, 'backups.nightly.metadata.team: must be a text: "5", put it in quotes'],
    [
      ["backups", "nightly", "keep", "within"],
      60,
      'backups.nightly.keep.within: a number without a unit: "60", write a number and a unit such as 90s, 30m, 4h or 2d',
    ],
    [
      ["backups", "nightly", "keep", "lastOfIndex"],
      30,
      'backups.nightly.keep.lastOfIndex: a number without a unit: "30", write a duration such as 30d, or always, or never',
    ],
    [
      ["backups", "nightly", "patience"],
      "4 hours",
      'backups.nightly.patience: not a duration: "4 hours", write a number and a unit such as 90s, 30m, 4h or 2d',
    ],
    [
      ["backups", "nightly", "patience"],
      "0s",
      'backups.nightly.patience: a duration of nothing: "0s", write a number and a unit such as 90s, 30m, 4h or 2d',
    ],
    [
      ["backups", "nightly", "schedule", "cron"],
      "30 1 * * *",
      'backups.nightly.schedule.cron: not a cron expression of six fields, has 5: "30 1 * * *", write "0 30 1 * * *"',
    ],
    [
      ["backups", "nightly", "schedule", "timeZone"],
      "Asia/Shanghi",
      'backups.nightly.schedule.timeZone: not a time zone: "Asia/Shanghi", write an IANA name such as Asia/Shanghai, Europe/Berlin or UTC',
    ],
    [
      ["backups", "nightly", "schedule", "missed"],
      "skp",
      'backups.nightly.schedule.missed: not one of run, skip: "skp", did you mean "skip"?',
    ],
    [
      ["backups", "nightly", "repository"],
      "movies-aw",
      'backups.nightly.repository: no such repository: "movies-aw", did you mean "movies-aws"?',
    ],
    [
      ["repositories", "movies-aws", "cluster"],
      "sorce",
      'repositories.movies-aws.cluster: no such cluster: "sorce", did you mean "source"?',
    ],
    [["copies", "aws-to-oss", "after"], "nightli", 'copies.aws-to-oss.after: no such backup policy: "nightli", did you mean "nightly"?'],
    [["watches", "moved-movies", "cluster"], "targt", 'watches.moved-movies.cluster: no such cluster: "targt", did you mean "target"?'],
    [
      ["copies", "aws-to-oss", "schedule"],
      { cron: "0 0 1 * * *" },
      "copies.aws-to-oss.schedule: has after and schedule, keep one of them, or neither to copy by hand only",
    ],
    [
      ["copies", "aws-to-oss", "snapshots"],
      "newest",
      'copies.aws-to-oss.snapshots: not understood: "newest", write latest, all, { since: 2026-01-31 } or { pattern: nightly-* }',
    ],
    [
      ["repositories", "movies-aws", "register", "settings", "chunk_size"],
      "lots",
      'repositories.movies-aws.register.settings.chunk_size: not a byte size: "lots", write a number and a unit such as 500mb or 1gb',
    ],
    [
      ["repositories", "nightly-oss", "register", "settings", "chunk_size"],
      "5gb",
      'repositories.nightly-oss.register.settings.chunk_size: above what type oss allows: "5gb", write 1mb to 1gb (one PutObject per chunk)',
    ],
    [
      ["repositories", "nightly-oss", "register", "settings", "base_path"],
      "/prod",
      'repositories.nightly-oss.register.settings.base_path: starts with "/": objects land under an empty folder name: "/prod", remove the leading /',
    ],
    [
      ["repositories", "nightly-oss", "register", "settings", "chunksize"],
      "1gb",
      'repositories.nightly-oss.register.settings.chunksize: unknown setting, did you mean "chunk_size"?',
    ],
    [
      ["repositories", "nightly-oss", "register", "type"],
      "os",
      'repositories.nightly-oss.register.type: not one of oss, s3, fs, source, gcs, azure: "os", did you mean "oss"?',
    ],
    [
      ["repositories", "nightly-oss", "blobs"],
      { ...PLACE, bucket: "my-backup", basePath: "prod" },
      'repositories.nightly-oss.blobs.bucket: differs from register.settings.bucket, which is my-backups: "my-backup", make them equal',
    ],
    [
      ["watches", "moved-movies", "register", "settings", "readonly"],
      false,
      'watches.moved-movies.register.settings.readonly: a watch is registered read-only, always: "false", remove it',
    ],
    [
      ["watches", "moved-movies", "register", "name"],
      "nightly-oss",
      'watches.moved-movies.register.name: taken on that cluster by repositories.nightly-oss: "nightly-oss", write another name',
    ],
    [
      ["watches", "moved-movies", "restore", "indices"],
      ["a", "b"],
      'watches.moved-movies.restore.alias: one alias for several indices: it must stand on exactly one: "movies", write aliases, each with its indices, or leave out alias',
    ],
    [
      ["watches", "second"],
      { ...WATCH, blobs: { ...PLACE, bucket: "moved", basePath: "movies/old" } },
      "watches.second.blobs: overlaps another watch: it is below watches.moved-movies.blobs, give it a prefix of its own",
    ],
    [
      ["copies", "aws-to-oss", "to"],
      { store: "oss", bucket: "ossnap-state", basePath: "prod", region: "cn-hangzhou" },
      "copies.aws-to-oss.to: overlaps the state: it is the same as state, give it a prefix of its own",
    ],
    [
      ["copies", "aws-to-oss", "to"],
      { store: "oss", bucket: "my-backups", basePath: "prod/x", region: "cn-hangzhou" },
      "copies.aws-to-oss.to: overlaps a repository that a cluster writes: it is below repositories.nightly-oss, give it a prefix of its own",
    ],
    [
      ["copies", "aws-to-oss", "to", "region"],
      "oss-cn-hangzhou",
      'copies.aws-to-oss.to.region: an endpoint\'s name, not a region: "oss-cn-hangzhou", write cn-hangzhou',
    ],
    [["copies", "aws-to-oss", "to", "region"], undefined, "copies.aws-to-oss.to.region: missing, add it: signatures name the region"],
    [
      ["state", "region"],
      "cn-beijing",
      'state.endpoint: lies in cn-hangzhou, the region beside it is cn-beijing: "https://oss-cn-hangzhou.aliyuncs.com", make both cn-hangzhou or both cn-beijing',
    ],
    [["state", "prefix"], "/prod", 'state.prefix: starts with "/": objects land under an empty folder name: "/prod", remove the leading /'],
    [
      ["copies", "aws-to-oss", "to", "bucket"],
      "Moved_",
      'copies.aws-to-oss.to.bucket: not a bucket\'s name: "Moved_", write 3 to 63 lower-case letters, digits and -',
    ],
    [
      ["copies", "aws-to-oss", "to", "sessionToken"],
      "planted",
      'copies.aws-to-oss.to.sessionToken: a token without its key: "(hidden)", add accessKeyId and secretAccessKey',
    ],
    [
      ["repositories", "movies-aws", "blobs"],
      { store: "s3", bucket: "movies-snapshots", basePath: "prod", region: "eu-west-1", accessKeyId: "ASIAX", secretAccessKey: "s" },
      'repositories.movies-aws.blobs.accessKeyId: a temporary key without its token: "(hidden)", add sessionToken',
    ],
    [
      ["copies", "aws-to-oss", "to", "accessKeyId"],
      "AK",
      "copies.aws-to-oss.to.secretAccessKey: missing beside its other half, add it, or leave out both",
    ],
    [
      ["clusters", "Source_2"],
      { url: "http://a" },
      "clusters.Source_2: not usable as a name, write at most 31 lower-case letters, digits and -, a letter or digit first",
    ],
    [
      ["watches", "moved-movies", "register", "name"],
      "A b",
      'watches.moved-movies.register.name: not usable as a name: "A b", write at most 80 lower-case letters, digits, - and _, a letter or digit first',
    ],
    [
      ["watches", "moved-movies", "restore", "aliases"],
      { films: "movies" },
      'watches.moved-movies.restore.alias: beside aliases: "movies", write it among aliases, or leave one out',
    ],
    [
      ["watches", "moved-movies", "restore"],
      { indices: ["*"], aliases: {} },
      "watches.moved-movies.restore.aliases: no alias, write an alias with its indices, such as logs: logs-*",
    ],
    [
      ["watches", "moved-movies", "restore"],
      { indices: ["*"], aliases: { "a b": "movies" } },
      `watches.moved-movies.restore.aliases: the alias "a b" contains a blank, ${ALIAS_FIX}`,
    ],
    [
      ["watches", "moved-movies", "restore"],
      { indices: ["*"], aliases: { films: "a,b" } },
      'watches.moved-movies.restore.aliases.films: several names in one text: "a,b", write one name, or a pattern for all',
    ],
    [
      ["http", "tokens", 0, "sha256"],
      "abc",
      'http.tokens[0].sha256: not a SHA-256: "(hidden)", write the token\'s SHA-256 as 64 lower-case hex digits',
    ],
    [["http", "tokens", 0, "role"], "admin", 'http.tokens[0].role: not one of viewer, operator: "admin", use one of viewer, operator'],
    [
      ["clusters", "source", "password"],
      `\${not-a-name}`,
      `clusters.source.password: not a variable's name: "\${not…}", write \${NAME} with letters, digits and _`,
    ],
  ])("%j = %j", (path, value, message) => {
    expect(faultsWith(path, value)).toEqual([message]);
  });

  it("a state below a watch is rejected, and so is one below a copy's destination", () => {
    const state = { bucket: "moved", prefix: "movies/state", endpoint: PLACE.endpoint, region: PLACE.region };
    expect(faultsWith(["state"], state)).toEqual([
      "state: overlaps a watch, which would see the state's own writes: it is below watches.moved-movies.blobs, give it a prefix of its own",
      "copies.aws-to-oss.to: overlaps the state: it is above state, give it a prefix of its own",
    ]);
  });

  it("a copy from a repository with unknown blob location is rejected", () => {
    expect(faultsWith(["repositories", "movies-aws", "blobs"], undefined)).toEqual([
      'copies.aws-to-oss.from: a repository without blobs, so their location is unknown: "movies-aws", add repositories.movies-aws.blobs',
    ]);
  });

  it("a copy after the policy of another repository is rejected", () => {
    expect(faultsWith(["copies", "aws-to-oss", "from"], "nightly-oss")).toEqual([
      'copies.aws-to-oss.after: a policy that backs up to movies-aws, not to nightly-oss: "nightly", name a policy of nightly-oss',
    ]);
  });

  it("a backup into a read-only repository is rejected", () => {
    expect(faultsWith(["repositories", "movies-aws", "register", "settings", "readonly"], true)).toEqual([
      'backups.nightly.repository: a repository registered readonly: "movies-aws", name one that the cluster may write',
    ]);
  });

  it("a repository that only reads may leave register out, if blobs say where it is", () => {
    const blobs = { store: "s3", bucket: "theirs", basePath: "", region: "us-east-1" };
    const reading = (repository: object) => checkConfig(exampleWith(["repositories", "theirs"], repository), EXAMPLE_ENVIRONMENT);
    expect(reading({ cluster: "source", blobs })).toMatchObject({ faults: [], warnings: [] });
    expect(reading({ cluster: "source", blobs }).config?.repositories.theirs).toEqual({ cluster: "source", blobs });
    expect(faultsWith(["repositories", "theirs"], { cluster: "source" })).toEqual([
      "repositories.theirs.blobs: missing, and register is too: nothing says where the repository is, add blobs to read it, or register to write it",
    ]);
  });

  it("a backup into a repository without register is rejected", () => {
    expect(faultsWith(["repositories", "movies-aws", "register"], undefined)).toEqual([
      'backups.nightly.repository: a repository without register, which ossnap only reads: "movies-aws", add repositories.movies-aws.register',
    ]);
  });

  it.each<[object, string]>([
    [
      { url: "https://a.example.com", username: "elastic", apiKey: "x" },
      'clusters.target.apiKey: an API key beside a user: "(hidden)", keep one of the two',
    ],
    [
      { url: "http://a.example.com", ca: "ca.pem" },
      'clusters.target.ca: of no use: the URL begins with http: "ca.pem", write https://, or leave it out',
    ],
    [
      { url: "https://a.example.com", ca: "ca.pem", fingerprint: "ab".repeat(32) },
      'clusters.target.ca: beside a fingerprint, which names a CA too: "ca.pem", keep one of the two',
    ],
    [
      { url: "https://a.example.com", instanceId: "es-cn-A/../" },
      'clusters.target.instanceId: not an instance id: "es-cn-A/../", write the id that the console shows, such as es-cn-0pp1jxvcl000z',
    ],
    [
      { url: "https://a.example.com", instanceId: "es-cn-a", region: "Hangzhou" },
      'clusters.target.region: not a region: "Hangzhou", write one such as cn-hangzhou',
    ],
    [
      { url: "https://a.example.com", fingerprint: "ab:cd" },
      'clusters.target.fingerprint: not a SHA-256 fingerprint: "ab:cd", write the SHA-256 fingerprint of the CA\'s certificate as 64 hex digits, with or without colons',
    ],
    [
      { url: "https://a.example.com", ca: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" },
      'clusters.target.ca: no certificate in PEM form: "-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----", give the whole text from BEGIN CERTIFICATE to END CERTIFICATE',
    ],
    [
      { url: "https://a.example.com", ca: "-----BEGIN PRIVATE KEY-----\nAAAA" },
      'clusters.target.ca: a private key, which only the CA may have: "(hidden)", give the CA\'s certificate',
    ],
  ])("a cluster's access is checked: %j", (cluster, message) => {
    expect(faultsWith(["clusters", "target"], cluster)).toEqual([message]);
  });

  it("a nickname of crontab is shown and explained", () => {
    expect(faultsWith(["backups", "nightly", "schedule", "cron"], "@daily")).toEqual([
      'backups.nightly.schedule.cron: a nickname of crontab, which timers do not know: "@daily", write "0 0 0 * * *"',
    ]);
  });

  it("two watches that would take one alias from each other are rejected", () => {
    const again = { ...WATCH, blobs: { ...PLACE, bucket: "moved", basePath: "elsewhere" }, restore: { indices: ["b"], alias: "movies" } };
    expect(faultsWith(["watches", "again"], again)).toEqual([
      'watches.again.restore.alias: the alias of watches.moved-movies on the same cluster, which each would take from the other: "movies", write another alias',
    ]);
  });

  it("two tokens with the same name are rejected", () => {
    const token = { name: "ops", role: "viewer", sha256: "a".repeat(64) };
    expect(faultsWith(["http", "tokens"], [token, { ...token, sha256: "b".repeat(64) }])).toEqual([
      'http.tokens[1].name: a second token of that name: "ops", rename one',
    ]);
  });
});

it("a policy that writes into aliyun_auto_snapshot is refused: Alibaba Cloud clears it by itself", () => {
  const policy = { repository: "aliyun_auto_snapshot", indices: ["*"], schedule: { cron: "0 30 1 * * *" }, keep: { last: 3 } };
  expect(faultsWith(["backups", "auto"], policy).join("\n")).toContain(
    "the repository that Alibaba Cloud's automatic backup writes and clears",
  );
});

describe("what looks right and cannot work", () => {
  const token = { name: "ops", role: "viewer", sha256: "a".repeat(64) };
  it.each<[(string | number)[], unknown, string]>([
    [["http", "tokens"], [token, { ...token, name: "other", role: "operator" }], "one token would have two names or roles"],
    [["backups", "nightly", "indices"], ["*", "-*"], "excludes everything that it selects"],
    [["backups", "nightly", "indices"], ["logs", "-logs"], "excludes everything that it selects"],
    [["backups", "nightly", "indices"], ["-logs-*", "*"], "excludes before anything is selected"],
    [["backups", "nightly", "indices"], ["."], "dots alone"],
    [["backups", "nightly", "indices"], ["_logs"], "a name that begins with _"],
    [["backups", "nightly", "indices"], ["_all"], "write *"],
    [["backups", "nightly", "indices"], ["lo\u200bgs"], "the invisible character U+200B"],
    [["backups", "nightly", "indices"], ["logs\u202e"], "the invisible character U+202E"],
    [["clusters", "source", "url"], "http://127.0.0.1:9252/\n", "the invisible character U+000A"],
    [["clusters", "source", "url"], "http://h..com:9200", "an empty part in its host"],
    [["clusters", "source", "url"], "http://127.0.0.1:9200/_snapshot", "write http://127.0.0.1:9200"],
    [["clusters", "target"], { url: "https://es:9200", apiKey: "ApiKey abc" }, "the word ApiKey before it"],
    [["clusters", "target"], { url: "https://es:9200", username: "a:b", password: "c" }, "a user name with a colon"],
    [["watches", "moved", "blobs"], { store: "s3", bucket: "b-1", basePath: "x", region: "杭州" }, "not a region"],
    [["repositories", "nightly-oss", "register", "settings", "bucket"], "BK", "not a bucket's name"],
    [["repositories", "nightly-oss", "register", "settings", "bucket"], "bk ", "not a bucket's name"],
  ])("%j: %j is refused", (path, value, says) => {
    expect(faultsWith(path, value).join("\n")).toContain(says);
  });
});

describe("two policies of one repository", () => {
  const policy = { repository: "movies-aws", indices: ["*"], schedule: { cron: "0 30 1 * * *" }, keep: { last: 3 } };
  const both = (one: object, other: object) =>
    faultsWith(["backups"], { nightly: { ...policy, adopt: one }, weekly: { ...policy, adopt: other } });

  it("must not adopt the same snapshots, as far as their rules show it", () => {
    expect(both({ pattern: "curator-*" }, { pattern: "curator-2026*" })).toEqual([
      "backups.weekly.adopt: adopts snapshots that backups.nightly adopts too, adopt each by one policy only",
    ]);
    expect(() => both({ pattern: "curator-*" }, { pattern: "*-daily" })).toThrow();
  });
});

describe("the repository of Alibaba Cloud's automatic snapshots", () => {
  it("has nothing to adopt", () => {
    const policy = { indices: ["*"], schedule: { cron: "0 30 1 * * *" }, keep: { last: 3 }, adopt: { pattern: "auto-*" } };
    const text = exampleWith(["backups", "auto"], { ...policy, repository: "aliyun_auto_snapshot" });
    expect(messageOf(errorOf(text))).toContain("in aliyun_auto_snapshot, whose snapshots Alibaba Cloud writes and deletes itself");
  });
});

it("nested settings of a repository are one fault, which says how to write them, and their secrets are not shown", () => {
  const client = { endpoint: "http://oss-cn-hangzhou-internal.aliyuncs.com", access_key_id: "AK", secret_access_key: "PLANTED" };
  const register = { name: "moved-movies", type: "oss", settings: { bucket: "moved", base_path: "movies", oss: { client } } };
  const told = faultsWith(["watches", "moved-movies", "register"], register).filter((line) => line.includes(".register.settings"));
  expect(told).toEqual([
    "watches.moved-movies.register.settings.oss: not understood, write each with the dots in its name, as in oss.client.endpoint",
  ]);
});

describe("one fault has one message", () => {
  const SETTINGS = ["repositories", "nightly-oss", "register", "settings"];

  it.each<[string, (string | number)[], unknown, string]>([
    ["a nested key", [...SETTINGS, "oss"], { client: { secret_access_key: "x" } }, "settings.oss: not understood"],
    ["a nested secret", [...SETTINGS, "secret_access_key"], { a: { b: "x" } }, "settings.secret_access_key: not understood"],
    ["a list as a secret", [...SETTINGS, "secret_access_key"], ["x"], "settings.secret_access_key: not understood"],
    [
      "a nested section beside the others",
      SETTINGS,
      { client: { secret_access_key: "x" }, endpoint: "https://oss-cn-hangzhou.aliyuncs.com", bucket: "b" },
      "settings.client: not understood",
    ],
    ["a control character in a reference", ["backups", "nightly", "repository"], "a\u0001b", "invisible character U+0001"],
    ["a control character in a region", ["state", "region"], "cn\u0001hangzhou", "invisible character U+0001"],
    ["a control character in a cron", ["backups", "nightly", "schedule", "cron"], "0 30 1 * * *\u0001", "invisible character U+0001"],
  ])("%s", (_, path, value, said) => {
    const faults = faultsWith(path, value);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(said);
  });

  it.each([["version: 1\n__proto__: 1"], ["version: 1\n__proto__: { a: 1 }"]])("a reserved word at the top: %j", (top) => {
    const { faults } = checkConfig(EXAMPLE_TEXT.replace("version: 1", top), EXAMPLE_ENVIRONMENT);
    expect(faults.map(({ path, reason }) => [path, reason.code])).toEqual([["__proto__", "config.name"]]);
  });

  it("a wrong level in a policy whose repository has no place", () => {
    const tree = JSON.parse(exampleWith(["backups", "nightly", "verify"], { level: "all" }));
    tree.repositories["movies-aws"].blobs = undefined;
    const { faults } = checkConfig(JSON.stringify(tree), EXAMPLE_ENVIRONMENT);
    expect(faults.filter(({ path }) => path.startsWith("backups.nightly.verify")).map(({ wrong }) => wrong)).toEqual(["not understood"]);
  });

  it("but two faults of one section have two", () => {
    const settings = { client: { a: 1 }, endpoint: "https://oss-cn-hangzhou.aliyuncs.com", bucket: "b", chunk_sise: "1gb" };
    expect(faultsWith(SETTINGS, settings)).toHaveLength(2);
  });
});

describe("names that no index can have", () => {
  it.each([
    ["<Logs-{now/d}>", "write <logs-{now/d}>"],
    ["-<Logs-{now/d{yyyy.MM.dd|+08:00}}-X>", "write -<logs-{now/d{yyyy.MM.dd|+08:00}}-x>"],
    ["<lo gs-{now/d}>", "remove that character"],
    ["<a-{now/d}>,<b-{now/d}>", "write each as an item of the list"],
    ["a".repeat(256), "write at most 255 bytes, or a pattern"],
    ["é".repeat(128), "write at most 255 bytes, or a pattern"],
  ])("%s is refused in a policy: %s", (name, fix) => {
    const faults = faultsWith(["backups", "nightly", "indices"], ["*", name]);
    expect(faults.map((fault) => fault.endsWith(`, ${fix}`))).toEqual([true]);
  });

  it.each([["<logs-{now/d{yyyy.MM.dd|+08:00}}>"], ["<.{now/d}>"], ["<{now/d}>"], ["a".repeat(255)], [`-${"a".repeat(255)}`]])(
    "%s is taken",
    (name) => {
      expect(checkConfig(exampleWith(["backups", "nightly", "indices"], ["*", name]), EXAMPLE_ENVIRONMENT).faults).toEqual([]);
    },
  );
});
