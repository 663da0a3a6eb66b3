// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the expressions are s.yaml's own.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { bundledConfigText } from "../../../infra/deploy/bundling/bundledConfig.ts";
import { type DeployOptions, deploy } from "../../../infra/deploy/deployment/deploy.ts";
import { undeploy } from "../../../infra/deploy/deployment/undeploy.ts";
import { FUNCTION_NAMES, functionNameOf } from "../../../infra/deploy/functionLimits.ts";
import { type ControlPlaneStandIn, keptFromRecording, startControlPlane } from "./controlPlaneStandIn.ts";

/** In place of fc3: prints what it is given, as fc3 does, and sends it to the control plane. */
const STUB = `const { appendFileSync } = require("node:fs");
const send = (method, path, body) => fetch(process.env.OSSNAP_FC_ENDPOINT + path, { method, body });
module.exports = class {
  async deploy({ props, resource, getCredential }) {
    if (resource.name === process.env.REFUSED) throw new Error("trigger refused: " + props.environmentVariables.WEBHOOK_SECRET);
    console.log(JSON.stringify(props.environmentVariables, undefined, 2));
    console.log("was: " + process.env.OLD_VALUE + " " + encodeURIComponent(props.environmentVariables.WEBHOOK_SECRET));
    appendFileSync(process.env.CALLS, JSON.stringify({ name: resource.name, code: props.code, keys: await getCredential() }) + "\\n");
    const { code: _, ...kept } = props;
    await send("POST", "/component", JSON.stringify(kept));
    return {};
  }
  async remove({ props }) { await send("DELETE", "/component/" + props.functionName); return {}; }
};
`;
/** By which a deployment knows its own functions. */
const MARK = { OSSNAP_STATE: "oss-cn-hangzhou/ossnap-state/prod" };
const KEYS = { accessKeyId: "LTAIdeployer", accessKeySecret: "planted-deployer-secret" };
const SECRETS = {
  S3_SECRET: "planted-s3/secret",
  WEBHOOK_SECRET: "planted webhook secret",
  WEBHOOK_URL: "https://hooks.example.com/planted-hook",
};
const hash = (digit: string) => digit.repeat(64);

let plane: ControlPlaneStandIn;
let directory: string;
let lines: string[];

const path = (...parts: string[]) => join(directory, ...parts);
const environment = () => ({
  PATH: process.env.PATH,
  NODE_ENV: "test",
  HOME: directory,
  USERPROFILE: directory,
  CALLS: path("calls"),
  OLD_VALUE: "planted-old-value",
  OSSNAP_FC_ENDPOINT: plane.url,
  ALIBABA_CLOUD_ACCESS_KEY_ID: KEYS.accessKeyId,
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: KEYS.accessKeySecret,
  ACCOUNT_ID: "1234567890123456",
  OSSNAP_ROLE_ARN: "acs:ram::1234567890123456:role/ossnap-functions",
  OSSNAP_HTTP_ROLE_ARN: "acs:ram::1234567890123456:role/ossnap-functions",
  OSS_ENDPOINT: "auto",
  SOURCE_URL: "https://source.example.com",
  TARGET_URL: "https://target.example.com",
  SOURCE_LOCATION: "/srv/movies",
  TARGET_LOCATION: "/srv/moved/movies",
  S3_ENDPOINT: "https://s3.us-east-1.amazonaws.com",
  S3_KEY: "AKIAPLANTED",
  OPERATOR_TOKEN_SHA256: hash("a"),
  VIEWER_TOKEN_SHA256: hash("b"),
  ...SECRETS,
});
const common = () => ({
  configPath: path("ossnap.yaml"),
  serverlessPath: path("s.yaml"),
  folder: path("dist"),
  envFile: undefined,
  takeOver: false,
  component: path("fc3"),
  write: (line: string) => void lines.push(line),
});
const deployed = (options: Partial<DeployOptions> = {}, env: Record<string, string | undefined> = {}) =>
  deploy({ ...common(), plan: false, noBundle: true, withoutEvents: false, ...options }, { ...environment(), ...env });
const planned = (options: Partial<DeployOptions> = {}) => deployed({ plan: true, ...options });
const output = () => lines.join("\n");
const calls = () => (existsSync(path("calls")) ? readFileSync(path("calls"), "utf8").split("\n").filter(Boolean) : []);

/** The configuration in the temporary directory, and bundles that are its own. */
function configure(change: (text: string) => string = (text) => text): void {
  const text = change(readFileSync("ossnap.yaml", "utf8"));
  writeFileSync(path("ossnap.yaml"), text);
  for (const name of FUNCTION_NAMES) {
    mkdirSync(path("dist", name), { recursive: true });
    writeFileSync(path("dist", name, "index.js"), "");
    writeFileSync(path("dist", name, "ossnap.json"), bundledConfigText(text, directory));
  }
}
/** A function that is deployed, and says on which state it works. */
const there = (functionName: string, state: string | undefined = undefined) =>
  plane.functions.set(functionName, {
    function: { functionName, ...(state === undefined ? {} : { environmentVariables: { OSSNAP_STATE: state } }) },
    triggers: new Map(),
  });
const serverless = (change: (text: string) => string = (text) => text) =>
  writeFileSync(path("s.yaml"), change(readFileSync("s.yaml", "utf8")));

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "ossnap-deployment-"));
  plane = await startControlPlane(KEYS);
  mkdirSync(path("fc3"));
  mkdirSync(path(".s"));
  writeFileSync(path("fc3", "package.json"), '{"name":"fc3","version":"0.0.0","main":"index.js"}');
  writeFileSync(path("fc3", "index.js"), STUB);
  // Otherwise the command sends usage data to its vendor.
  writeFileSync(path(".s", "set-config.yml"), "analysis: disable\n");
});
afterAll(async () => {
  await plane.close();
  rmSync(directory, { recursive: true });
});
beforeEach(() => {
  lines = [];
  plane.functions.clear();
  plane.requests.splice(0);
  rmSync(path("calls"), { force: true });
  configure();
  serverless();
});

describe("npm run deploy", () => {
  it("deploys what the plan says, changes nothing the second time, and takes away what s.yaml no longer names", {
    timeout: 120_000,
  }, async () => {
    expect(await planned()).toBe(0);
    expect(lines[0]).toBe(
      "Deployment without a name in cn-hangzhou: 7 to create, 0 to change, 0 unchanged but for the code; 0 triggers to remove",
    );
    expect(output()).toMatch(/^\+ ossnap-advance-jobs {2}512 MB, 0\.5 vCPU, 120 s\n {4}\+ timer trigger every-minute: @every 1m$/m);
    expect(calls()).toEqual([]);

    expect(await deployed()).toBe(0);
    const made = calls().map((line) => JSON.parse(line));
    expect(made.map(({ name }) => name).sort()).toEqual([...FUNCTION_NAMES].sort());
    expect(made.at(-1)).toMatchObject({
      name: "onCopiedBlob",
      code: "./onCopiedBlob",
      keys: { AccountID: "1234567890123456", AccessKeyID: KEYS.accessKeyId, AccessKeySecret: KEYS.accessKeySecret },
    });
    expect(output()).toContain("[secret]");
    expect(output()).toMatch(/s keeps its own log of this, with the variables in clear: rm -r '.*\.s\/logs\/\d+'/);
    for (const value of [...Object.values(SECRETS), encodeURIComponent(SECRETS.WEBHOOK_SECRET), KEYS.accessKeySecret])
      expect(output()).not.toContain(value);
    expect(output()).toContain("https://source.example.com");

    lines = [];
    expect(await planned()).toBe(0);
    expect(lines).toEqual([
      "Deployment without a name in cn-hangzhou: 0 to create, 0 to change, 7 unchanged but for the code; 0 triggers to remove",
      ...["create-snapshots", "prune-snapshots", "copy-blobs", "continue-job", "advance-jobs", "http", "on-copied-blob"].map(
        (name) => `= ossnap-${name}`,
      ),
      expect.stringMatching(/^A month in which nothing happens costs about CNY 0\.\d\d: /),
      expect.stringContaining("docs/scale.md"),
    ]);

    serverless((text) => text.slice(0, text.indexOf("      triggers:\n        # The prefix")));
    lines = [];
    expect(await deployed({ withoutEvents: true })).toBe(0);
    expect(output()).toContain("    - oss trigger moved-movies: s.yaml no longer names it");
    expect(lines.at(-1)).toBe("removed trigger moved-movies of ossnap-on-copied-blob, which s.yaml no longer names");
    expect(plane.functions.get("ossnap-on-copied-blob")?.triggers.size).toBe(0);
  });

  it("reports a refusal of s with its code, hides what is deployed now, and removes no trigger then", { timeout: 60_000 }, async () => {
    plane.functions.set("ossnap-http", {
      function: { functionName: "ossnap-http", environmentVariables: { WEBHOOK_SECRET: "planted-old-value", ...MARK } },
      triggers: new Map([["extra", { triggerName: "extra", triggerType: "timer", triggerConfig: "{}" }]]),
    });
    expect(await deployed({}, { REFUSED: "http" })).not.toBe(0);
    expect(output()).toMatch(/s deploy ended with \d+; the functions above its last message are deployed/);
    expect(output()).toContain("trigger refused: [secret]");
    expect(output()).not.toMatch(/planted-old-value|planted webhook secret/);
    expect(plane.requests).not.toContainEqual(expect.stringMatching(/^DeleteTrigger/));
  });
});

describe("what would be deployed otherwise than meant", () => {
  it.each([
    ["a value that s would change", { WEBHOOK_SECRET: "pa${vars.region}ss" }, /^WEBHOOK_SECRET: a value must not contain \$\{/],
    ["a role of another account", { OSSNAP_HTTP_ROLE_ARN: "acs:ram::9:role/http" }, /the role of ossnap-http is a role of another account/],
    ["no role", { OSSNAP_ROLE_ARN: "acs:ram::1234567890123456:user/bob" }, /is no role: acs:ram::1234567890123456:user\/bob/],
    ["another account", { ACCOUNT_ID: "9999999999999999" }, /is a role of another account than 9999999999999999/],
  ])("is refused before anything is asked: %s", async (_, variables, message) => {
    await expect(deployed({ plan: true }, variables)).rejects.toThrow(message);
    expect(plane.requests).toEqual([]);
  });
});

describe("the plan", () => {
  it("compares with what the real fc3 left behind: figures with both values, variables by name", async () => {
    for (const [name, kept] of keptFromRecording("test/fixtures/fc3/second-deploy.jsonl")) plane.functions.set(name, kept);
    const http = plane.functions.get("ossnap-http");
    Object.assign(http?.function ?? {}, { timeout: 30, environmentVariables: { WEBHOOK_SECRET: "hush", GONE: "planted-gone" } });
    await expect(planned()).rejects.toThrow("ossnap-create-snapshots is deployed already and does not say for which state");
    expect(await planned({ takeOver: true })).toBe(0);
    expect(lines[0]).toMatch(/: 0 to create, 7 to change, 0 unchanged but for the code; 0 triggers to remove$/);
    expect(output()).toMatch(/^~ ossnap-http\n {4}timeout 30 → 60\n {4}description /m);
    expect(output()).toMatch(/^ {4}variables (?:\+\w+\s+)+~WEBHOOK_SECRET -GONE$/m);
    expect(output()).toMatch(/^Deployed by an earlier version, which did not say for which state: ossnap-create-snapshots,$/m);
    // What the same fc3 wrote then and reads now is no change.
    expect(output()).not.toMatch(/role |memorySize|vpcConfig|Async|concurrency| trigger [a-z]/);
    expect(output()).not.toMatch(/hush|planted/);
  });

  it("leaves other deployments alone, and has no name of theirs", async () => {
    there("ossnap-http", "oss-cn-hangzhou/other/prod");
    there("ossnap-more-http", undefined);
    configure((text) => text.replace("version: 1", "version: 1\ndeployment: prod"));
    expect(await planned()).toBe(0);
    expect(lines[0]).toMatch(/^Deployment prod in cn-hangzhou: 7 to create/);
    expect(lines).toContain("Left alone, of other deployments: ossnap-http, ossnap-more-http");
  });
});

describe("functions that the deployer's keys may not read", () => {
  afterEach(() => plane.forbidden.clear());

  it("are named in the plan, for they may work on the same state", async () => {
    there("ossnap-http", MARK.OSSNAP_STATE);
    plane.forbidden.add("ossnap-http");
    configure((text) => text.replace("version: 1", "version: 1\ndeployment: prod"));
    expect(await planned()).toBe(0);
    expect(output().replaceAll(/\n +/g, " ")).toContain(
      "Left alone; these keys may not read whether they work on this deployment's state, too: ossnap-http",
    );
  });
});

describe("bad input", () => {
  const refused = async (run: () => Promise<unknown>, expected: object) => {
    await expect(run()).rejects.toMatchObject(expected);
    expect(plane.requests.filter((one) => !/^(List|Get)/.test(one))).toEqual([]);
    expect(calls()).toEqual([]);
  };

  it("a variable that is not set, of ossnap.yaml and of s.yaml, before anything is asked of the cloud", async () => {
    serverless((text) => text.replace("      WEBHOOK_SECRET:", "      LEFTOVER: ${env('LEFTOVER', '')}\n      WEBHOOK_SECRET:"));
    const unset = { S3_SECRET: "", ACCOUNT_ID: undefined };
    await refused(() => deployed({}, unset), {
      code: "invalid",
      message: [
        "3 variables are not set; set them in the shell, in .env, or in a file of NAME=value (--env-file):",
        `S3_SECRET, which ${path("ossnap.yaml")} needs`,
        `LEFTOVER, which ${path("s.yaml")} needs (or remove its line from ${path("s.yaml")})`,
        `ACCOUNT_ID, which ${path("s.yaml")} needs`,
      ].join("\n"),
    });
    await refused(() => deployed({}, { LEFTOVER: "x", S3_SECRET: "" }), {
      message: expect.stringMatching(/^a variable is not set: S3_SECRET, which .*ossnap\.yaml needs; set it in the shell/),
    });
    expect(plane.requests).toEqual([]);
  });

  it("the account's number, which fc3 needs, unless the role's ARN has it", async () => {
    serverless((text) => text.slice(0, text.indexOf("      triggers:\n        # The prefix")));
    const env = { ACCOUNT_ID: undefined, OSSNAP_ROLE_ARN: "ossnap-functions", OSSNAP_HTTP_ROLE_ARN: "ossnap-http" };
    await refused(() => deployed({ withoutEvents: true }, env), {
      message: expect.stringMatching(/^a variable is not set: ACCOUNT_ID, which /),
    });
    expect(await deployed({ plan: true, withoutEvents: true }, { ACCOUNT_ID: undefined })).toBe(0);
  });

  it("takes variables from a file", async () => {
    writeFileSync(path("prod.env"), "S3_SECRET=planted-of-a-file\n");
    await deployed({ plan: true, envFile: path("prod.env") }, { S3_SECRET: undefined });
    expect(lines[0]).toMatch(/7 to create/);
  });

  it("an address that functions without a VPC cannot reach", () =>
    refused(() => deployed({}, { SOURCE_URL: "http://10.0.0.5:9200" }), {
      code: "invalid",
      message: expect.stringMatching(
        /cannot be deployed\nclusters\.source\.url: a private IP address, which functions without a VPC cannot reach/,
      ),
    }));

  it("a region that does not match", async () => {
    serverless((text) => text.replace("region: cn-hangzhou", "region: cn-beijing"));
    await refused(() => deployed(), {
      code: "invalid",
      message: expect.stringContaining("state.region: lies in another region than the functions"),
    });
  });

  it("bundles of another ossnap.yaml", async () => {
    cpSync(path("ossnap.yaml"), path("before.yaml"));
    configure();
    writeFileSync(path("ossnap.yaml"), readFileSync("ossnap.yaml", "utf8").replace("attempts: 3", "attempts: 4"));
    await refused(() => deployed(), {
      code: "refused",
      message: expect.stringMatching(/createSnapshots: was bundled with another ossnap\.yaml than the present one; run npm run bundle/),
    });
    rmSync(path("dist", "http", "ossnap.json"));
    configure();
    rmSync(path("dist", "http", "index.js"));
    await refused(() => deployed(), { code: "refused", message: expect.stringMatching(/dist\/http: is not bundled/) });
  });

  it("bundles that lack a file which is loaded on demand, or whose configuration was not written to its end", async () => {
    writeFileSync(path("dist", "http", "index.js"), 'exports.later = () => require("./acting-ABC.js"); x("./vendor/oss.js")');
    mkdirSync(path("dist", "http", "vendor"));
    writeFileSync(path("dist", "http", "vendor", "oss.js"), "");
    await refused(() => deployed(), {
      code: "refused",
      message: expect.stringMatching(/dist\/http: lacks acting-ABC\.js, which it loads; run/),
    });
    writeFileSync(path("dist", "http", "acting-ABC.js"), "");
    expect(await planned()).toBe(0);
    rmSync(path("dist", "http", "vendor"), { recursive: true });
    await refused(() => deployed(), { code: "refused", message: expect.stringMatching(/dist\/http: lacks vendor\/oss\.js/) });
    configure();
    writeFileSync(path("dist", "http", "index.js"), "");
    writeFileSync(path("dist", "http", "ossnap.json"), '{"version":');
    await refused(() => deployed(), { code: "refused", message: expect.stringMatching(/ossnap\.json: was not written to its end; run/) });
  });

  it("a certificate's file that only a variable names, which the functions do not have", async () => {
    const certificate = readFileSync("test/fixtures/tls/ca.pem", "utf8");
    configure((text) => text.replace('url: "${SOURCE_URL}"', 'url: "${SOURCE_URL}", ca: "${CA}"'));
    serverless((text) => text.replace("      SOURCE_URL:", "      CA: ${env('CA', '')}\n      SOURCE_URL:"));
    const planFor = (CA: string) => deployed({ plan: true }, { CA });
    await refused(() => planFor("ca.pem"), {
      code: "invalid",
      message: expect.stringMatching(/^clusters\.source\.ca: \$\{CA\} names a file, which the functions do not have; set the variable to/),
    });
    expect(await planFor(certificate)).toBe(0);
  });

  it("bundles with another certificate than the file has now, and a certificate that cannot be read", async () => {
    const withCa = (text: string) => text.replace('url: "${SOURCE_URL}"', 'url: "${SOURCE_URL}", ca: ca.pem');
    const certificate = readFileSync("test/fixtures/tls/ca.pem", "utf8");
    writeFileSync(path("ca.pem"), certificate);
    configure(withCa);
    expect(await planned()).toBe(0);
    writeFileSync(path("ca.pem"), rootCertificates[0] ?? "");
    await refused(() => planned(), {
      code: "refused",
      message: expect.stringMatching(
        /createSnapshots: was bundled with another certificate than the present one of clusters\.source\.ca; run npm run bundle/,
      ),
    });
    rmSync(path("ca.pem"));
    await refused(() => planned({ noBundle: false }), {
      code: "invalid",
      message: expect.stringMatching(/^clusters\.source\.ca: there is no such file: "ca\.pem"/),
    });
  });

  it("a second deployment of the same name", async () => {
    plane.functions.set("ossnap-http", {
      function: { functionName: "ossnap-http", environmentVariables: { OSSNAP_STATE: "oss-cn-hangzhou/other/prod" } },
      triggers: new Map(),
    });
    await refused(() => deployed(), {
      code: "refused",
      message: expect.stringMatching(
        /^ossnap-http is deployed already, for the state oss-cn-hangzhou\/other\/prod, and .* has the state oss-cn-hangzhou\/ossnap-state\/prod: give this deployment a name of its own/,
      ),
    });
    expect(await planned({ takeOver: true })).toBe(0);
  });

  it.each([
    ["that got a name", "version: 1\ndeployment: prod", ["ossnap-copy-blobs", "ossnap-http"], "--unnamed"],
    ["that lost its name", "version: 1", ["ossnap-prod-http"], "--named prod"],
    ["that was renamed", "version: 1\ndeployment: prod", ["ossnap-old-advance-jobs"], "--named old"],
  ])("a deployment %s while the functions of before work on its state", async (_what, start, names, words) => {
    for (const name of names) there(name, MARK.OSSNAP_STATE);
    configure((text) => text.replace("version: 1", start));
    const error = {
      code: "refused",
      message: expect.stringMatching(
        new RegExp(
          `^functions of another name work on the state .*\\(${names.join(", ")}\\): nothing was deployed.*\n {2}npm run undeploy -- .*${words} --yes$`,
        ),
      ),
    };
    for (const plan of [true, false]) await refused(() => deployed({ plan }), error);
    expect(output()).toContain(`Left alone, and at work on this deployment's state under another name: ${names[0]}`);
    expect(await planned({ beside: true })).toBe(0);
  });

  it("a name for what a plain s deploy left, which does not say on which state it works", async () => {
    there("ossnap-http");
    configure((text) => text.replace("version: 1", "version: 1\ndeployment: prod"));
    await refused(() => deployed(), {
      code: "refused",
      message: expect.stringMatching(/do not say on which they work .*\n {2}npm run undeploy -- .*--unnamed --take-over --yes$/),
    });
  });

  it("keys that are missing or wrong", async () => {
    await refused(() => deployed({}, { ALIBABA_CLOUD_ACCESS_KEY_ID: undefined }), {
      code: "denied",
      message: expect.stringMatching(/^deploying needs/),
    });
    await refused(() => deployed({}, { ALIBABA_CLOUD_ACCESS_KEY_SECRET: "wrong" }), {
      code: "denied",
      message: expect.stringMatching(/^the list of functions: Function Compute answered 403 SignatureNotMatch/),
    });
  });
});

describe("npm run undeploy", () => {
  const removed = (yes: boolean) =>
    // Variables are of no interest to a removal.
    undeploy(
      { ...common(), yes },
      { ...environment(), S3_SECRET: undefined, OSSNAP_ROLE_ARN: undefined, OSSNAP_HTTP_ROLE_ARN: undefined, TARGET_URL: undefined },
    );

  it("shows what would go, and removes exactly that with --yes", { timeout: 60_000 }, async () => {
    for (const name of ["ossnap-http", "ossnap-copy-blobs", "ossnap-other-http"])
      plane.functions.set(name, {
        function: { functionName: name, environmentVariables: MARK },
        triggers: new Map([["http", { triggerName: "http", triggerType: "http", triggerConfig: "{}" }]]),
      });
    expect(await removed(false)).toBe(0);
    expect(output()).toMatch(
      /^Would remove 2 functions in cn-hangzhou:\n- ossnap-copy-blobs, http trigger http\n- ossnap-http, http trigger http\n/,
    );
    expect(lines.at(-1)).toMatch(/^Nothing was removed/);
    expect(plane.functions.size).toBe(3);
    expect(await removed(true)).toBe(0);
    expect([...plane.functions.keys()]).toEqual(["ossnap-other-http"]);
    lines = [];
    expect(await removed(true)).toBe(0);
    expect(lines).toEqual(["nothing of this deployment is in cn-hangzhou"]);
  });

  it("removes the functions from before the deployment had its name", { timeout: 60_000 }, async () => {
    configure((text) => text.replace("version: 1", "version: 1\ndeployment: prod"));
    for (const name of ["ossnap-http", "ossnap-prod-http", "ossnap-old-http"]) there(name, MARK.OSSNAP_STATE);
    const other = (deployment: string | undefined, yes: boolean) => undeploy({ ...common(), yes, other: { deployment } }, environment());
    expect(await other(undefined, false)).toBe(0);
    expect(lines.at(-1)).toMatch(/^Nothing was removed: npm run undeploy -- --config .* --unnamed --yes removes them$/);
    expect(await other(undefined, true)).toBe(0);
    expect([...plane.functions.keys()]).toEqual(["ossnap-prod-http", "ossnap-old-http"]);
    expect(await other("old", true)).toBe(0);
    expect([...plane.functions.keys()]).toEqual(["ossnap-prod-http"]);
  });

  it("prints the command that removes what was shown, with the files of this deployment", async () => {
    there("ossnap-http", MARK.OSSNAP_STATE);
    const serverlessPath = path("s.yaml");
    const files = `--config ${path("ossnap.yaml")} --serverless ${serverlessPath} --env-file ${path("prod.env")}`;
    writeFileSync(path("prod.env"), "A=1\n");
    await undeploy({ ...common(), envFile: path("prod.env"), yes: false }, environment());
    expect(lines.at(-1)).toBe(`Nothing was removed: npm run undeploy -- ${files} --yes removes them`);
  });

  it.each(["", "a/b; x", "PROD"])("refuses --named %j, which is no name", async (deployment) => {
    await expect(undeploy({ ...common(), yes: true, other: { deployment } }, environment())).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringMatching(/^--named: ".*" is no name of a deployment/),
    });
  });

  it("refuses the functions of another state", async () => {
    const name = functionNameOf("http", undefined);
    plane.functions.set(name, {
      function: { functionName: name, environmentVariables: { OSSNAP_STATE: "elsewhere" } },
      triggers: new Map(),
    });
    await expect(removed(true)).rejects.toMatchObject({
      code: "refused",
      message: expect.stringMatching(/name the ossnap\.yaml of those functions \(--config\), or say --take-over to remove them/),
    });
    expect(plane.functions.size).toBe(1);
  });
});
