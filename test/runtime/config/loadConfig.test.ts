import { describe, expect, it } from "vitest";
import { hasCode, messageOf } from "../../../shared/model/errors.ts";
import { configFaults } from "../../../shared/runtime/config/configError.ts";
import { checkConfig, loadConfig } from "../../../shared/runtime/config/loadConfig.ts";
import { EXAMPLE_ENVIRONMENT, EXAMPLE_TEXT, errorOf, exampleWith } from "./example.ts";

describe("example configuration", () => {
  const config = loadConfig(EXAMPLE_TEXT, EXAMPLE_ENVIRONMENT);

  it("loads with the values of the environment", () => {
    expect(config.clusters.source).toEqual({ url: "http://127.0.0.1:9252", username: "elastic", password: "planted-password" });
    expect(config.state).toEqual({
      store: "oss",
      bucket: "ossnap-state",
      basePath: "prod",
      endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
      region: "cn-hangzhou",
    });
    expect(config.notify).toEqual([{ type: "webhook", url: "https://hooks.example.com/planted-token", secret: "planted-webhook-secret" }]);
  });

  it("has durations in milliseconds and defaults filled in", () => {
    expect(config.backups.nightly).toEqual({
      repository: "movies-aws",
      indices: ["*", "-.*"],
      schedule: { cron: "0 30 1 * * *", timeZone: "Asia/Shanghai", missed: "run" },
      attempts: 3,
      patienceMs: 14_400_000,
      rpoMs: 93_600_000,
      metadata: { owner: "search-team" },
      globalState: false,
      partial: false,
      shrinkAtMost: { percent: 30, action: "tell" },
      keep: {
        last: 3,
        hourly: 24,
        daily: 7,
        weekly: 4,
        monthly: 12,
        yearly: 3,
        withinMs: 172_800_000,
        lastOfIndex: 2_592_000_000,
        manual: { last: 5 },
        atLeast: 2,
      },
      prune: { cron: "0 30 2 * * *", atMost: 10, atMostPercent: 50 },
    });
    expect(config.copies["aws-to-oss"]).toMatchObject({ from: "movies-aws", snapshots: "latest", after: "nightly" });
  });

  it("derives the blob location of an oss repository", () => {
    expect(config.repositories["nightly-oss"]?.blobs).toEqual({
      store: "oss",
      bucket: "my-backups",
      basePath: "prod",
      endpoint: "http://oss-cn-hangzhou-internal.aliyuncs.com",
      region: "cn-hangzhou",
      accessKeyId: "planted-oss-key",
      secretAccessKey: "planted-oss-secret",
    });
  });

  it("always registers a watch read-only", () => {
    expect(config.watches["moved-movies"]).toMatchObject({
      register: { name: "moved-movies", type: "fs", settings: { location: "/srv/moved/movies", readonly: true } },
      restore: { indices: ["movies"], alias: "movies", which: "latest", replicas: 1, keepOldMs: 86_400_000 },
      patienceMs: 86_400_000,
    });
  });

  it("rejects more replicas than a person means", () => {
    const slip = exampleWith(["watches", "moved-movies", "restore", "replicas"], 100_000_000);
    expect(() => loadConfig(slip, EXAMPLE_ENVIRONMENT)).toThrow(/watches\.moved-movies\.restore\.replicas/);
  });

  it("loads identically as JSON", () => {
    expect(loadConfig(exampleWith(["version"], 1), EXAMPLE_ENVIRONMENT)).toEqual(config);
  });

  it.each(["constructor", "__proto__", "toString"])("finds nothing under %s, a property of every object", (name) => {
    expect(config.backups[name]).toBeUndefined();
  });
});

describe("minimal configuration", () => {
  const small = [
    "version: 1",
    "state: { store: directory, bucket: /srv/state }",
    'clusters: { only: { url: "http://127.0.0.1:9200" } }',
    "repositories:",
    "  local: { cluster: only, register: { type: fs, settings: { location: /srv/a } } }",
    "backups:",
    '  daily: { repository: local, indices: ["*"], schedule: { cron: "0 0 3 * * *" }, keep: { last: 1 } }',
    "copies:",
  ].join("\n");

  it.each([
    ["always", "always"],
    ["never", "never"],
    ["14d", 1_209_600_000],
  ])("protects the last snapshot of an index: %s", (written, read) => {
    const config = loadConfig(small.replace("keep: { last: 1 }", `keep: { last: 1, lastOfIndex: ${written} }`), {});
    expect(config.backups.daily?.keep.lastOfIndex).toBe(read);
  });

  it.each(["0d", "forever", "14"])("refuses to protect it %s, and names the fix", (written) => {
    expect(messageOf(errorOf(small.replace("keep: { last: 1 }", `keep: { last: 1, lastOfIndex: "${written}" }`)))).toContain(
      "backups.daily.keep.lastOfIndex (line 7): not a duration, always or never",
    );
  });

  it.each(["a b", "a/b", "a*b", "-a"])("refuses the alias %j, which the cluster would refuse after the restore", (alias) => {
    const blobs = "{ store: directory, bucket: /srv/a }";
    const register = "{ name: a, type: fs, settings: { location: /srv/a } }";
    const watch = `  w: { blobs: ${blobs}, cluster: only, register: ${register}, restore: { indices: ["a"], alias: "${alias}" } }`;
    expect(messageOf(errorOf(`${small}\nwatches:\n${watch}`))).toContain("watches.w.restore.alias (line 10): an alias that ");
  });

  it("needs nothing more, and sections without entries may be empty", () => {
    const config = loadConfig(small, {});
    expect(config.state).toEqual({ store: "directory", bucket: "/srv/state", basePath: "" });
    expect(config.repositories.local).not.toHaveProperty("blobs");
    expect(config.backups.daily).toEqual({
      repository: "local",
      indices: ["*"],
      schedule: { cron: "0 0 3 * * *", timeZone: "UTC", missed: "run" },
      attempts: 3,
      patienceMs: 14_400_000,
      metadata: {},
      globalState: false,
      partial: false,
      shrinkAtMost: { percent: 30, action: "tell" },
      keep: { last: 1, lastOfIndex: 2_592_000_000, manual: { last: 5 }, atLeast: 1 },
    });
    expect({ ...config.copies, ...config.watches, notify: config.notify, http: config.http }).toEqual({ notify: [], http: { tokens: [] } });
  });

  it("reports the line of a fault", () => {
    const error = errorOf(small.replace("keep: { last: 1 }", "keep: { lst: 1 }"));
    expect(messageOf(error)).toBe(
      [
        "configuration: 2 faults",
        '  backups.daily.keep.lst (line 7): unknown key, did you mean "last"?',
        "  backups.daily.keep (line 7): keeps nothing, add one of last, hourly, daily, weekly, monthly, yearly, within",
      ].join("\n"),
    );
  });
});

describe("a key that the schema would ignore", () => {
  it("is rejected", () => {
    const text = EXAMPLE_TEXT.replace("  moved-movies:", "  __proto__: { cluster: target, note: hunter2 }\n  moved-movies:");
    expect(messageOf(errorOf(text))).toBe(
      "configuration: 1 fault\n  watches.__proto__ (line 40): a reserved word of JavaScript, write another name",
    );
  });
});

describe("the error message", () => {
  it("lists all faults and carries them as data", () => {
    const text = EXAMPLE_TEXT.replace("patience: 4h", "patience: soon")
      .replace("attempts: 3", "atempts: 3")
      .replace("chunk_size: 500mb", "chunk_size: half")
      .replace("after: nightly", "after: weekly")
      .replace("role: operator", "role: root");
    const { SOURCE_PASSWORD: _, WEBHOOK_SECRET: __, ...environment } = EXAMPLE_ENVIRONMENT;
    const error = errorOf(text, environment);
    expect(hasCode(error, "invalid")).toBe(true);
    expect(configFaults(error).map(({ path, line, reason }) => [path, line, reason.code])).toEqual([
      ["clusters.source.password", 10, "config.environment"],
      ["repositories.movies-aws.register.settings.chunk_size", 15, "settings.size"],
      ["backups.nightly.atempts", 27, "config.unknownKey"],
      ["backups.nightly.patience", 28, "config.duration"],
      ["copies.aws-to-oss.after", 38, "config.reference"],
      ["http.tokens[0].role", 48, "config.value"],
      ["notify[0].secret", 50, "config.environment"],
    ]);
    expect(messageOf(error).split("\n")[0]).toBe("configuration: 7 faults");
    for (const { path } of configFaults(error)) expect(messageOf(error)).toContain(path);
  });

  it("names every unset variable", () => {
    const faults = configFaults(errorOf(EXAMPLE_TEXT, { S3_SECRET: "" })).filter(({ reason }) => reason.code === "config.environment");
    expect(faults.map(({ reason }) => reason.params.name).sort()).toEqual(Object.keys(EXAMPLE_ENVIRONMENT).sort());
    expect(messageOf(errorOf(EXAMPLE_TEXT, { S3_SECRET: "" }))).toContain("variable S3_SECRET is empty");
  });

  it("carries no faults for another error", () => {
    expect(configFaults(new Error("x"))).toEqual([]);
  });
});

describe("invalid configuration texts", () => {
  it.each([
    ["", "  not a configuration, begin with version: 1"],
    ["- a\n- b", "  not a configuration, begin with version: 1"],
    ["version: 1\nversion: 1", "  text (line 2): the same key twice in one section, keep one of them"],
    ["version: 1\n\tstate: {}", "  text (line 2): indented with a tab, indent with spaces"],
    ["a: 1\n---\nb: 1", "  text (line 2): a second document begins, keep one document and remove the --- line"],
    ["a: !secret x", "  text (line 1): a tag (!…), which has no meaning here, remove the tag"],
    ["a: b: hunter2", "  text (line 1): a second colon in one line, put the value in quotes"],
    ["a: &a { b: *a }", "  text: nested too deeply, or refers to itself, write the values out"],
    [`a: ${"[".repeat(30)}${"]".repeat(30)}`, "  text: nested too deeply, or refers to itself, write the values out"],
    ["a: [[[[", "  text (line 1): not readable as YAML, check the indentation, brackets and quotes on this line"],
    ["x".repeat(1_000_001), "  text: too long, keep it within 1000000 characters"],
  ])("are rejected with one fault and its line (text %#)", (text, line) => {
    expect(messageOf(errorOf(text))).toBe(`configuration: 1 fault\n${line}`);
  });

  it("rejects a text that grows through its aliases", () => {
    const lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"];
    for (let level = 1; level < 6; level += 1) {
      const name = String.fromCharCode(97 + level - 1);
      const next = String.fromCharCode(97 + level);
      lines.push(`${next}: &${next} [${Array(10).fill(`*${name}`).join(", ")}]`);
    }
    expect(messageOf(errorOf(lines.join("\n")))).toContain("repeats an alias too often");
  });
});

describe("warnings", () => {
  it("warns about a literal secret in the file without showing it", () => {
    const cluster = { url: "http://127.0.0.1:9253", username: "elastic", password: "hunter2" };
    const { warnings, faults } = checkConfig(exampleWith(["clusters", "target"], cluster), EXAMPLE_ENVIRONMENT);
    expect(faults).toEqual([]);
    expect(warnings.map(({ path, value, reason }) => [path, value, reason.code])).toEqual([
      ["clusters.target.password", "(hidden)", "config.secret"],
    ]);
    expect(JSON.stringify(warnings)).not.toContain("hunter2");
  });

  it("warns about the public endpoint of the function's own region", () => {
    const { warnings } = checkConfig(EXAMPLE_TEXT, { ...EXAMPLE_ENVIRONMENT, FC_REGION: "cn-hangzhou" });
    expect(warnings.map(({ path, line, reason }) => [path, line, reason.code])).toEqual([["state.endpoint", 7, "endpoint.public"]]);
    expect(checkConfig(EXAMPLE_TEXT, EXAMPLE_ENVIRONMENT).warnings).toEqual([]);
  });
});
