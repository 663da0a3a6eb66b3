import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FUNCTION_NAMES } from "../../../infra/deploy/functionLimits.ts";
import { verifyFc } from "../../../infra/deploy/verifyFc.ts";

/** The real command `s` of the lock file; only the component behind it is a stub that records its calls. */
const COMMAND = join(dirname(createRequire(import.meta.url).resolve("@serverless-devs/s/package.json")), "bin", "s");
const STUB = `const { appendFileSync } = require("node:fs");
module.exports = class { async deploy({ resource }) { appendFileSync(process.env.CALLS, resource.name + "\\n"); return {}; } };
`;
const SCHEMA = JSON.stringify({ type: "object", required: ["functionName"], properties: { runtime: { enum: ["nodejs20"] } } });
const BUNDLES = "run: npm run -s bundle";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "ossnap-s-"));
  await mkdir(join(directory, "fc3"));
  await mkdir(join(directory, ".s"));
  await writeFile(join(directory, "fc3", "package.json"), '{"name":"fc3","version":"0.0.0","main":"index.js"}');
  await writeFile(join(directory, "fc3", "index.js"), STUB);
  await writeFile(join(directory, ".s", "set-config.yml"), "analysis: disable\n");
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Runs `s deploy -y` on the shipped s.yaml without a terminal; `bundles` replaces the command that bundles. */
async function deploy(bundles: string): Promise<{ code: number; calls: string[] }> {
  const shipped = await readFile("s.yaml", "utf8");
  expect(shipped).toContain(BUNDLES);
  const text = shipped
    .replaceAll("component: fc3@0.1.22", `component: ${join(directory, "fc3")}`)
    .replace(BUNDLES, `run: ${bundles}`)
    .replace("run: npm run -s check:serverless -- --plain", 'run: echo checked >> "$CALLS"')
    // Credentials, which a stub does not need.
    .replace("access: default\n", "");
  await writeFile(join(directory, "s.yaml"), text);
  const calls = join(directory, "calls");
  await writeFile(calls, "");
  const names = { ACCOUNT_ID: "1", OSSNAP_ROLE_ARN: "acs:ram::1:role/ossnap", OSSNAP_HTTP_ROLE_ARN: "acs:ram::1:role/ossnap" };
  const env = { NODE_ENV: "test", PATH: process.env.PATH, HOME: directory, USERPROFILE: directory, CALLS: calls, ...names };
  const code = await new Promise<number>((resolve) => {
    const child = execFile(process.execPath, [COMMAND, "deploy", "-y", "-t", "s.yaml"], { cwd: directory, env, timeout: 60_000 }, () =>
      resolve(child.exitCode ?? -1),
    );
    child.stdin?.end();
  });
  return { code, calls: (await readFile(calls, "utf8")).split("\n").filter(Boolean) };
}

describe("the real s deploy", () => {
  it("bundles before the first function, and deploys the one with the OSS triggers last", async () => {
    const { code, calls } = await deploy('echo bundled >> "$CALLS"');
    expect(code).toBe(0);
    expect(calls.slice(0, 2)).toEqual(["bundled", "checked"]);
    expect(calls.at(-1)).toBe("onCopiedBlob");
    expect(calls.slice(2).sort()).toEqual([...FUNCTION_NAMES].sort());
  }, 90_000);

  it("deploys nothing when the bundles fail", async () => {
    const { code, calls } = await deploy("exit 3");
    expect(code).not.toBe(0);
    expect(calls).toEqual([]);
  }, 90_000);
});

describe("the real s verify", () => {
  it("accepts the shipped s.yaml and names the resource of a fault, offline and without fetching anything", async () => {
    const shipped = await readFile("s.yaml", "utf8");
    expect((await verifyFc(shipped, SCHEMA)).every(({ faults }) => faults.length === 0)).toBe(true);
    const faulty = await verifyFc(shipped.replace("      functionName: ossnap-http\n", ""), SCHEMA);
    expect(faulty.filter(({ faults }) => faults.length > 0).map(({ resource }) => resource)).toEqual(["http"]);
  }, 180_000);
});

describe("files with secrets", () => {
  it("are not committed: .env, which s reads beside s.yaml, and .s, where it logs variables in clear", async () => {
    const ignored = (await readFile(".gitignore", "utf8")).split("\n");
    expect(ignored).toEqual(expect.arrayContaining([".env", ".s/"]));
  });

  it("deploys by the exact version of the lock file", async () => {
    const { devDependencies, scripts } = JSON.parse(await readFile("package.json", "utf8"));
    expect(devDependencies["@serverless-devs/s"]).toBe("3.1.10");
    expect(scripts).toMatchObject({
      deploy: "tsx infra/deploy/deployment/command.ts deploy",
      undeploy: "tsx infra/deploy/deployment/command.ts undeploy",
    });
  });
});
