import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FUNCTION_NAMES } from "../../../infra/deploy/functionLimits.ts";
import { type ControlPlane, type Seen, startControlPlane } from "../../../infra/local/fc/control/startControlPlane.ts";
import { readDeployment } from "../../../infra/local/host/deployment.ts";

/** The real command `s` of the lock file; the component behind it sends what fc3 was recorded to send. */
const COMMAND = join(dirname(createRequire(import.meta.url).resolve("@serverless-devs/s/package.json")), "bin", "s");
const ACCOUNT = { accountId: "1234567890123456", region: "cn-hangzhou" };
const KEYS = { accessKeyId: "LTAItest", accessKeySecret: "secret-of-the-deployer" };
const DEPLOYER = {
  ACCOUNT_ID: ACCOUNT.accountId,
  OSSNAP_ROLE_ARN: "acs:ram::1234567890123456:role/ossnap",
  OSSNAP_HTTP_ROLE_ARN: "acs:ram::1234567890123456:role/ossnap-http",
  SOURCE_URL: "http://127.0.0.1:9",
};
const RUN_TIMEOUT_MS = 120_000;

let directory: string;
let plane: ControlPlane;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "ossnap-twice-"));
  plane = await startControlPlane({ ...ACCOUNT, credentials: KEYS, port: 0 });
  await cp("test/fixtures/fc3/component", join(directory, "fc3"), { recursive: true });
  await mkdir(join(directory, ".s"));
  await writeFile(join(directory, ".s", "set-config.yml"), "analysis: disable\n");
  for (const name of FUNCTION_NAMES) {
    await mkdir(join(directory, "dist", name), { recursive: true });
    await writeFile(join(directory, "dist", name, "index.js"), `exports.handler = async () => "${name}";\n`);
  }
  const shipped = await readFile("s.yaml", "utf8");
  const text = shipped
    .replace(/component: fc3@[\d.]+/g, `component: ${join(directory, "fc3")}`)
    .replace(/run: npm run -s .*/g, "run: exit 0");
  await writeFile(join(directory, "s.yaml"), text.replace("access: default\n", ""));
});

afterAll(async () => {
  await plane.close();
  await rm(directory, { recursive: true, force: true });
});

/** `s deploy -y` or `s remove -y` with its input closed: a question would end it. Returns what the control plane saw. */
async function run(verb: "deploy" | "remove"): Promise<{ code: number; output: string; seen: Seen[] }> {
  const from = plane.seen.length;
  const keys = { KEY_ID: KEYS.accessKeyId, KEY_SECRET: KEYS.accessKeySecret, CONTROL_PLANE: plane.url };
  const env = { NODE_ENV: "test", PATH: process.env.PATH, HOME: directory, USERPROFILE: directory, ...keys, ...DEPLOYER };
  const { code, output } = await new Promise<{ code: number; output: string }>((resolve) => {
    const options = { cwd: directory, env, timeout: RUN_TIMEOUT_MS };
    const child = execFile(process.execPath, [COMMAND, verb, "-y", "-t", "s.yaml"], options, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, output: `${stdout}\n${stderr}` }),
    );
    child.stdin?.end();
  });
  return { code, output, seen: plane.seen.slice(from) };
}

/** `PUT UpdateFunction /functions/ossnap-http 200`, of one function, as sent and as recorded. */
const requestLines = (rows: readonly Pick<Seen, "method" | "path" | "action" | "status">[], name: string) =>
  rows
    .filter(({ path }) => path.startsWith(`/2023-03-30/functions/${name}`) || path === "/2023-03-30/functions")
    .map(({ method, path, action, status }) => `${method} ${action} ${path.replace("/2023-03-30", "")} ${status}`);

async function recorded(name: string): Promise<Seen[]> {
  return (await readFile(`test/fixtures/fc3/${name}.jsonl`, "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const stateNow = () =>
  JSON.stringify([...plane.functions].map(([name, one]) => [name, one.config, [...one.triggers], one.asyncInvoke, one.concurrency]));

describe("the real s, against the control plane", () => {
  it("deploys s.yaml twice and removes it: no question, the same state, and in the end nothing", async () => {
    const first = await run("deploy");
    expect([first.code, first.output.match(/\?\s*\(Use arrow|\(y\/n\)/i)], first.output).toEqual([0, null]);
    const { nameOf, specs } = readDeployment(await readFile("s.yaml", "utf8"), { environment: DEPLOYER });
    expect([...plane.functions.keys()].sort()).toEqual(FUNCTION_NAMES.map(nameOf).sort());
    // What is deployed is what the local host runs.
    for (const spec of specs([], { variables: {}, credentialsOf: () => undefined })) {
      const { config, asyncInvoke, concurrency } = plane.functions.get(spec.name) ?? expect.fail(spec.name);
      expect(config).toMatchObject({
        timeout: spec.timeoutSeconds,
        memorySize: spec.memoryMb,
        handler: spec.handler,
        environmentVariables: { SOURCE_URL: "http://127.0.0.1:9" },
      });
      expect(asyncInvoke?.maxAsyncRetryAttempts).toBe(spec.maxAsyncRetryAttempts);
      expect(concurrency?.reservedConcurrency).toBe(spec.reservedConcurrency);
    }
    const created = requestLines(first.seen, "ossnap-create-snapshots").filter((line) => !line.startsWith("POST CreateFunction"));
    expect(created).toEqual(
      requestLines(await recorded("create-one-function"), "ossnap-create-snapshots").filter(
        (line) => !line.startsWith("POST CreateFunction"),
      ),
    );
    expect([...plane.others.roles.keys()]).toEqual(["AliyunOSSEventNotificationRole"]);

    const before = stateNow();
    const second = await run("deploy");
    expect(second.code, second.output).toBe(0);
    expect(stateNow()).toBe(before);
    expect(plane.code.left()).toEqual([]);
    const again = await recorded("second-deploy");
    for (const name of ["ossnap-create-snapshots", "ossnap-copy-blobs", "ossnap-advance-jobs"])
      expect(requestLines(second.seen, name)).toEqual(requestLines(again, name));

    const removed = await run("remove");
    expect(removed.code, removed.output).toBe(0);
    expect(plane.functions.size).toBe(0);
    const removal = await recorded("remove-all");
    expect(requestLines(removed.seen, "ossnap-advance-jobs")).toEqual(requestLines(removal, "ossnap-advance-jobs"));
  }, 400_000);
});
