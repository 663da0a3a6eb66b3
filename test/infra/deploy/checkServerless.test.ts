// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the expressions are s.yaml's own.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type CheckOptions, checkServerless } from "../../../infra/deploy/checkServerless.ts";
import { timersFor, withoutTimer } from "../../../infra/deploy/timersFor.ts";
import type { Config } from "../../../shared/model/config.ts";
import { printFault } from "../../../shared/repository/fault.ts";
import { exampleConfig } from "./exampleConfig.ts";

const shipped = readFileSync("s.yaml", "utf8");

/** The faults of s.yaml after one piece of it was replaced; fails if the piece does not exist. */
function faultsAfter(from: string, to: string, options: CheckOptions & { config?: Config } = {}): string[] {
  expect(shipped).toContain(from);
  return checkServerless(shipped.replace(from, to), options.config ?? exampleConfig(), options).map(printFault);
}

describe("s.yaml as shipped", () => {
  it("has no faults", () => {
    expect(checkServerless(shipped, exampleConfig())).toEqual([]);
  });

  it("has no faults with the deployer's environment set", () => {
    expect(
      checkServerless(shipped, exampleConfig(), {
        env: { ACCOUNT_ID: "1234", OSSNAP_ROLE_ARN: "acs:ram::1234:role/ossnap", OSSNAP_HTTP_ROLE_ARN: "acs:ram::1234:role/ossnap" },
      }),
    ).toEqual([]);
  });
});

describe("the fc3 schema", () => {
  const cases: [string, string, string, string | RegExp][] = [
    [
      "a misspelt property",
      "memorySize: 512",
      "memorysize: 512",
      /createSnapshots\.props\.memorysize: unknown key, did you mean "memorySize"\?/,
    ],
    ["a misspelt asynchronous figure", "maxAsyncRetryAttempts: 2", "maxAsyncRetries: 2", /asyncInvokeConfig\.maxAsyncRetries: unknown key/],
    [
      "a misspelt trigger key",
      'cronExpression: "@every',
      'cronExpresion: "@every',
      /triggers\[0\]\.triggerConfig\.cronExpresion: unknown key, did you mean "cronExpression"/,
    ],
    [
      "a trigger of another kind's configuration",
      "triggerConfig: { authType: function",
      "triggerConfig: { enable: function",
      /http\.props\.triggers\[0\]\.triggerConfig\.enable: unknown key/,
    ],
    [
      "an HTTP trigger that everyone may call",
      "authType: function",
      "authType: anonymous",
      /http\.props\.triggers\[0\]\.triggerConfig\.authType: must be function or jwt.*: "anonymous"/,
    ],
    ["an unknown top-level key", "access: default", "acces: default", /^acces: unknown key, did you mean "access"\?/],
    ["memory between the steps", "memorySize: 512", "memorySize: 500", /memorySize: .*multiple of 64: "500"/],
    ["a timeout beyond a day", "timeout: 1800", "timeout: 86401", /copyBlobs\.props\.timeout: must be at most 86400: "86401"/],
    ["another runtime", "runtime: nodejs20", "runtime: nodejs22", /runtime: must be nodejs20.*: "nodejs22"/],
    ["a region that does not exist", "region: cn-hangzhou", "region: cn-hangzhu", /region: not a region of Function Compute: "cn-hangzhu"/],
    ["too little memory per vCPU", "cpu: 1\n", "cpu: 1.5\n", /copyBlobs\.props\.cpu: .*1:1 and 1:4.*: "1\.5", take 0\.25 to 1 vCPU/],
    ["too much memory per vCPU", "cpu: 1\n", "cpu: 0.2\n", /copyBlobs\.props\.cpu: .*1:1 and 1:4.*: "0\.2"/],
    ["a missing cpu", "      cpu: 1\n", "", /copyBlobs\.props\.cpu: /],
    ["a number in the environment", "S3_KEY: ${env('S3_KEY', '')}", "S3_KEY: 5", /environmentVariables\.S3_KEY: must be a text, /],
    ["a reserved variable", "S3_KEY:", "FC_REGION:", /environmentVariables\.FC_REGION: .*reserved/],
    [
      "a function name with a dot",
      "functionName: ossnap-http",
      "functionName: ossnap.http",
      /http\.props\.functionName: 1 to 64 .*: "ossnap\.http"/,
    ],
    [
      "an event that fires for every uploaded part",
      "oss:ObjectCreated:CopyObject",
      "oss:ObjectCreated:*",
      /events\[2\]: .*every uploaded part.*: "oss:ObjectCreated:\*"/,
    ],
    ["a kind of trigger that ossnap does not use", "triggerType: oss", "triggerType: log", /triggers\[0\]\.triggerType: .*: "log"/],
    ["a role with capitals", "role: ${env('OSSNAP_ROLE_ARN')}", "role: acs:ram::1:role/Ossnap", /props\.role: .*lower case/],
    [
      "an unknown expression",
      "region: ${vars.region}",
      "region: ${vars.regoin}",
      /^template\.function\.region: expression cannot be resolved: "\$\{vars\.regoin\}", add regoin to vars$/,
    ],
    ["another edition, which the official tool accepts", "edition: 3.0.0", "edition: 1.0.0", /^edition: .*: "1\.0\.0"/],
    ["a broken document", "resources:\n", "resources: [\n", /^line \d+: /],
  ];
  it.each(cases)("reports %s as a fault that names the field", (_, from, to, expected) => {
    expect(faultsAfter(from, to).join("\n")).toMatch(expected);
  });

  it("reports faults in several functions at once", () => {
    const text = shipped.replace("timeout: 1800", "timeout: 86401").replace("timeout: 300", "timeout: 0");
    const faults = checkServerless(text, exampleConfig()).map(({ path }) => path);
    expect(faults).toEqual(["resources.copyBlobs.props.timeout", "resources.onCopiedBlob.props.timeout"]);
  });

  it("reports more than 4 KB of environment as a fault", () => {
    const faults = checkServerless(shipped, exampleConfig(), { env: { S3_SECRET: "x".repeat(4096) } });
    expect(faults[0]).toMatchObject({ path: "resources.createSnapshots.props.environmentVariables" });
    expect(faults.map(printFault).join()).not.toContain("xxxx");
  });
});

describe("the requirements of each function", () => {
  const cases: [string, string, string, RegExp][] = [
    [
      "timeout",
      "timeout: 1800",
      "timeout: 900",
      /^resources\.copyBlobs\.props\.timeout: is not what this function needs: "900", set it to 1800$/,
    ],
    [
      "memory size",
      "memorySize: 1024\n      cpu: 1\n",
      "memorySize: 2048\n      cpu: 1\n",
      /copyBlobs\.props\.memorySize: .*"2048", set it to 1024/,
    ],
    [
      "number of retries",
      "maxAsyncRetryAttempts: 3",
      "maxAsyncRetryAttempts: 0",
      /onCopiedBlob\.props\.asyncInvokeConfig\.maxAsyncRetryAttempts: .*"0", set it to 3/,
    ],
    [
      "event age",
      "maxAsyncEventAgeInSeconds: 60 ",
      "maxAsyncEventAgeInSeconds: 61 ",
      /advanceJobs\.props\.asyncInvokeConfig\.maxAsyncEventAgeInSeconds: .*"61", set it to 60/,
    ],
    [
      "qualifier, without which a second deployment writes nothing",
      "qualifier: LATEST, maxAsyncRetryAttempts: 2",
      "maxAsyncRetryAttempts: 2",
      /createSnapshots\.props\.asyncInvokeConfig\.qualifier: is not set, set it to LATEST/,
    ],
    ["task mode", "asyncTask: true, ", "", /copyBlobs\.props\.asyncInvokeConfig\.asyncTask: .*"false", set it to true/],
    [
      "concurrency of advanceJobs",
      "      concurrencyConfig: { reservedConcurrency: 1 }\n",
      "",
      /advanceJobs\.props\.concurrencyConfig\.reservedConcurrency: is not set, set it to 1/,
    ],
    [
      "code path",
      "code: ./dist/http",
      "code: ./dist/advanceJobs",
      /http\.props\.code: .*"\.\/dist\/advanceJobs", set it to \.\/dist\/http/,
    ],
    ["set of methods", "methods: [GET, POST, DELETE]", "methods: [GET, POST]", /http\.props\.triggers: no http trigger for DELETE/],
  ];
  it.each(cases)("make another %s a fault", (_, from, to, expected) => {
    const faults = faultsAfter(from, to);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(expected);
  });

  it("make a renamed function both missing and unknown, with a suggestion for the name that was meant", () => {
    const faults = faultsAfter("functionName: ossnap-copy-blobs", "functionName: ossnap-copy-blob");
    expect(faults[0]).toMatch(/^resources: no resource deploys ossnap-copy-blobs/);
    expect(faults[1]).toMatch(
      /copyBlobs\.props\.functionName: none of ossnap's functions: "ossnap-copy-blob", did you mean "ossnap-copy-blobs"\?/,
    );
  });

  it("include the keys for a domain of Amazon that has none in ossnap.yaml", () => {
    const config = exampleConfig();
    const { source } = config.clusters;
    const withAws = (aws: object) =>
      checkServerless(shipped, {
        ...config,
        clusters: {
          ...config.clusters,
          source: { ...source, url: "https://search-movies-abc.us-east-1.es.amazonaws.com", aws: { region: "eu-west-1", ...aws } },
        },
      });
    expect(withAws({ accessKeyId: "A", secretAccessKey: "S" })).toEqual([]);
    expect(withAws({})[0]?.wrong).toBe("lacks AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, which ossnap.yaml needs");
  });

  it("include every secret of ossnap.yaml in every function", () => {
    const faults = checkServerless(shipped, exampleConfig(), { environmentNames: ["S3_KEY", "NEW_SECRET"] });
    expect(faults).toHaveLength(7);
    expect(printFault(faults[0] as (typeof faults)[number])).toContain("lacks NEW_SECRET");
  });
});

describe("names of the deployer's variables", () => {
  const environmentNames = ["OSS_ENDPOINT", "S3_KEY", "S3_SECRET"];

  it.each([
    ["a misspelt one", "env('OSS_ENDPOINT'", "env('OSS_ENDPIONT'", "OSS_ENDPOINT", "OSS_ENDPIONT"],
    ["one of another variable", "env('S3_SECRET'", "env('S3_KEY'", "S3_SECRET", "S3_KEY"],
  ])("are a fault for %s", (_, from, to, variable, read) => {
    const expected = `environmentVariables.${variable}: reads another variable: "${read}", write env('${variable}', '')`;
    expect(faultsAfter(from, to, { environmentNames })).toEqual([expected]);
  });

  it("may be the deployer's own", () => {
    expect(faultsAfter("env('S3_SECRET'", "env('PROD_BUCKET_SECRET'", { environmentNames })).toEqual([]);
  });
});

describe("timers checked against ossnap.yaml", () => {
  it("a cron that differs is reported with both values", () => {
    const config = exampleConfig();
    const nightly = config.backups.nightly as NonNullable<Config["backups"]["nightly"]>;
    nightly.schedule.cron = "0 0 3 * * *";
    expect(checkServerless(shipped, config).map(printFault)).toEqual([
      "resources.createSnapshots.props.triggers[0].triggerConfig.cronExpression: differs from ossnap.yaml: \"CRON_TZ=Asia/Shanghai 0 30 1 * * *\", set it to 'CRON_TZ=Asia/Shanghai 0 0 3 * * *', or change ossnap.yaml",
    ]);
  });

  it("a time zone that differs is reported for both functions of the policy", () => {
    const config = exampleConfig();
    const nightly = config.backups.nightly as NonNullable<Config["backups"]["nightly"]>;
    nightly.schedule.timeZone = "UTC";
    expect(checkServerless(shipped, config).map(({ path }) => path)).toEqual([
      "resources.createSnapshots.props.triggers[0].triggerConfig.cronExpression",
      "resources.pruneSnapshots.props.triggers[0].triggerConfig.cronExpression",
    ]);
  });

  it("a policy without a timer is reported with the YAML to paste", () => {
    const config = exampleConfig();
    const nightly = config.backups.nightly as NonNullable<Config["backups"]["nightly"]>;
    config.backups.hourly = { ...nightly, schedule: { cron: "0 5 * * * *", timeZone: "UTC", missed: "skip" }, prune: undefined };
    const [fault, ...others] = checkServerless(shipped, config);
    expect(others).toEqual([]);
    expect(fault).toMatchObject({
      path: "resources.createSnapshots.props.triggers",
      wrong: "timer hourly is missing, which ossnap.yaml calls for",
    });
    expect(fault?.fix).toContain("cronExpression: CRON_TZ=UTC 0 5 * * * *");
    const pasted = (fault?.fix ?? "")
      .split("\n")
      .slice(1)
      .map((line) => `        ${line}`)
      .join("\n");
    expect(checkServerless(shipped.replace("      triggers:\n", `      triggers:\n${pasted}\n`), config)).toEqual([]);
  });

  it("policies with the same cron and zone share one timer", () => {
    const config = exampleConfig();
    const nightly = config.backups.nightly as NonNullable<Config["backups"]["nightly"]>;
    config.backups.other = { ...nightly };
    config.backups.elsewhere = { ...nightly, schedule: { ...nightly.schedule, timeZone: "UTC" }, prune: undefined };
    expect(timersFor(config).createSnapshots).toEqual([
      {
        triggerName: "nightly",
        triggerType: "timer",
        triggerConfig: { enable: true, cronExpression: "CRON_TZ=Asia/Shanghai 0 30 1 * * *" },
      },
      { triggerName: "elsewhere", triggerType: "timer", triggerConfig: { enable: true, cronExpression: "CRON_TZ=UTC 0 30 1 * * *" } },
    ]);
    expect(timersFor(config).pruneSnapshots).toHaveLength(1);
  });

  it("ten schedules have timers, and the policies of the others are named", () => {
    const config = exampleConfig();
    const nightly = config.backups.nightly as NonNullable<Config["backups"]["nightly"]>;
    for (let hour = 0; hour < 10; hour += 1)
      config.backups[`p${hour}`] = { ...nightly, schedule: { ...nightly.schedule, cron: `0 5 ${hour} * * *` }, prune: undefined };
    config.backups.p10 = { ...(config.backups.p9 as NonNullable<Config["backups"]["p9"]>) };
    expect(timersFor(config).createSnapshots.map(({ triggerName }) => triggerName)).toEqual([
      "nightly",
      ...[0, 1, 2, 3, 4, 5, 6, 7, 8].map((hour) => `p${hour}`),
    ]);
    expect(withoutTimer(config)).toEqual({ createSnapshots: ["p9", "p10"], pruneSnapshots: [] });
  });

  it("more triggers than a function may have are a fault", () => {
    const timers = Array.from({ length: 10 }, (_, number) => {
      const timer = `cronExpression: "CRON_TZ=UTC 0 ${number} * * * *"`;
      return `        - { triggerName: p${number}, triggerType: timer, triggerConfig: { enable: true, ${timer} } }\n`;
    });
    const many = shipped.replace("      triggers:\n", `      triggers:\n${timers.join("")}`);
    expect(checkServerless(many, exampleConfig()).map(printFault)).toContainEqual(
      expect.stringMatching(/^resources\.createSnapshots\.props\.triggers: 11 triggers, and Function Compute accepts 10/),
    );
  });

  it("a timer without a policy is reported as extra", () => {
    const config = exampleConfig();
    delete (config.backups.nightly as NonNullable<Config["backups"]["nightly"]>).prune;
    expect(checkServerless(shipped, config).map(printFault)).toEqual([
      'resources.pruneSnapshots.props.triggers[0].triggerName: timer is extra, for nothing in ossnap.yaml has that name: "nightly", remove it, or add it to ossnap.yaml',
    ]);
  });

  it("a payload is a fault, because it would start one policy only", () => {
    const cron = 'cronExpression: "CRON_TZ=Asia/Shanghai 0 30 1 * * *"';
    expect(faultsAfter(cron, `${cron}, payload: '{"policy":"nightly"}'`)).toEqual([
      expect.stringMatching(/createSnapshots.*payload: must be absent.*remove the key/),
    ]);
  });

  it("a disabled timer is a fault", () => {
    expect(faultsAfter('{ enable: true, cronExpression: "@every 1m" }', '{ enable: false, cronExpression: "@every 1m" }')[0]).toMatch(
      /advanceJobs.*enable: .*"false", set it to true/,
    );
  });

  it("every minute may also be written as a cron, every other minute may not", () => {
    expect(faultsAfter('"@every 1m"', '"0 * * * * *"')).toEqual([]);
    expect(faultsAfter('"@every 1m"', '"0 */2 * * * *"')).toHaveLength(1);
  });
});

describe("OSS triggers checked against the watches", () => {
  it.each([
    ["another bucket", ":moved", ":movd", /sourceArn: .*:movd", set it to an ARN that ends in :moved,/],
    ["another region", "acs:oss:${vars.region}", "acs:oss:cn-beijing", /sourceArn: .*cn-beijing.*set it to an ARN of cn-hangzhou/],
    ["another prefix", "prefix: movies/index", "prefix: movies/", /filter\.key\.prefix: .*"movies\/", set it to 'movies\/index'/],
    ["a suffix", "prefix: movies/index", 'prefix: movies/index, suffix: ".latest"', /filter\.key\.suffix: .*"\.latest", remove the key/],
    ["an empty suffix", "prefix: movies/index", 'prefix: movies/index, suffix: ""', /filter\.key\.suffix: .*"", remove the key/],
    ["a missing event", ', "oss:ObjectCreated:CopyObject"', "", /events: lacks oss:ObjectCreated:CopyObject/],
  ])("%s is a fault", (_, from, to, expected) => {
    const faults = faultsAfter(from, to);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(expected);
  });

  it("a watch without a trigger is a fault, unless events are disabled", () => {
    const start = shipped.indexOf("      triggers:\n        # The prefix");
    const bare = shipped.slice(0, start);
    const [fault] = checkServerless(bare, exampleConfig());
    expect(fault).toMatchObject({ wrong: "OSS trigger moved-movies is missing, which ossnap.yaml calls for" });
    expect(fault?.fix).toContain("prefix: movies/index");
    expect(checkServerless(bare, exampleConfig(), { withoutEvents: true })).toEqual([]);
  });

  it("a deployment that would not bundle the functions first is a fault", () => {
    expect(faultsAfter("    - run: npm run -s bundle\n", "    - run: npm run -s check\n")).toEqual([
      expect.stringMatching(/^actions\.pre-deploy: does not bundle the functions/),
    ]);
    expect(faultsAfter("    - run: npm run -s bundle\n      path: ./\n", "")).toHaveLength(1);
    expect(faultsAfter("      path: ./\n", "      path: ./infra\n")).toEqual([
      expect.stringMatching(/^actions\.pre-deploy\.path: bundles in another folder.*: ".\/infra", write .\//),
    ]);
  });

  it("a trigger names no role unless the deployer has one: fc3 then creates the event role", () => {
    expect(shipped).not.toContain("invocationRole:");
    const role = "          invocationRole: acs:ram::1:role/events\n          sourceArn:";
    expect(faultsAfter("          sourceArn:", role)).toEqual([]);
  });

  it("a resource below the one with OSS triggers is a fault, because a refused trigger stops the deployment there", () => {
    const start = shipped.indexOf("  http:\n");
    const end = shipped.indexOf("  # Last, because");
    const moved = `${shipped.slice(0, start)}${shipped.slice(end)}\n${shipped.slice(start, end)}`;
    expect(checkServerless(moved, exampleConfig()).map(printFault)).toEqual([
      expect.stringMatching(/^resources\.onCopiedBlob: has OSS triggers and is not the last resource.*move it to the end of resources/),
    ]);
  });

  it("a watch in another region or on another store needs no trigger", () => {
    const config = exampleConfig();
    const watch = config.watches["moved-movies"] as NonNullable<Config["watches"][string]>;
    config.watches.far = { ...watch, blobs: { ...watch.blobs, region: "cn-beijing" } };
    config.watches.foreign = { ...watch, blobs: { ...watch.blobs, store: "s3" } };
    expect(checkServerless(shipped, config)).toEqual([]);
  });

  it("the root of a bucket is watched with a bare prefix", () => {
    const config = exampleConfig();
    const watch = config.watches["moved-movies"] as NonNullable<Config["watches"][string]>;
    watch.blobs = { ...watch.blobs, basePath: "" };
    expect(faultsAfter("prefix: movies/index", "prefix: index", { config })).toEqual([]);
  });

  it("two triggers that match the same key are a fault, disjoint ones are not", () => {
    const config = exampleConfig();
    const watch = config.watches["moved-movies"] as NonNullable<Config["watches"][string]>;
    config.watches.other = { ...watch, blobs: { ...watch.blobs, basePath: "other" } };
    const [missing] = checkServerless(shipped, config);
    const pasted = (missing?.fix ?? "")
      .split("\n")
      .slice(1)
      .map((line) => `        ${line}\n`)
      .join("");
    const both = shipped.replace("        # The prefix", `${pasted}        # The prefix`);
    expect(checkServerless(both, config)).toEqual([]);
    const overlapping = both.replace("prefix: other/index", "prefix: movies/index-");
    expect(checkServerless(overlapping, config).map(printFault).join("\n")).toMatch(
      /triggers\[1\]: overlaps resources\.onCopiedBlob\.props\.triggers\[0\]/,
    );
  });
});
