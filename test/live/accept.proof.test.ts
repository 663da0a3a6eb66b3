import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { accept } from "../../infra/accept/acceptance.ts";
import type { Report } from "../../infra/accept/report.ts";
import { ALIAS, configText, INDEX, variable } from "../../infra/accept/site.ts";
import { type LocalHost, startLocalHost } from "../../infra/local/host/host.ts";
import { readSettings } from "../../shared/runtime/settings.ts";

const PORT_BASE = "21450";
/** A tick at a time; between two, an event has time to be first. */
const TICK_MS = 3_000;

let directory: string;
let host: LocalHost;
let report: Report;
const lines: string[] = [];
const seen: { indices: string[]; repositories: string[] } = { indices: [], repositories: [] };

/** The local host's own clusters and stores in place of a cloud. */
function localConfig(): string {
  const oss = { store: "oss", endpoint: variable("OSS_ENDPOINT"), region: "cn-hangzhou" };
  const s3 = { store: "s3", bucket: "movies", basePath: "", endpoint: variable("S3_ENDPOINT"), region: "us-east-1" };
  return configText({
    state: { bucket: "ossnap-state", prefix: "accept/", endpoint: variable("OSS_ENDPOINT"), region: "cn-hangzhou" },
    clusters: { source: { url: variable("SOURCE_URL") }, target: { url: variable("TARGET_URL") } },
    written: {
      register: { type: "fs", settings: { location: variable("SOURCE_LOCATION") } },
      blobs: { ...s3, accessKeyId: variable("S3_KEY"), secretAccessKey: variable("S3_SECRET") },
    },
    copied: {
      blobs: { ...oss, bucket: "moved", basePath: "movies" },
      register: { type: "fs", settings: { location: variable("TARGET_LOCATION") } },
    },
  });
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "ossnap-accept-"));
  const configFile = join(directory, "ossnap.yaml");
  await writeFile(configFile, localConfig());
  host = await startLocalHost({ environment: { ...process.env, OSSNAP_PORT_BASE: PORT_BASE }, configFile });
  const { plan } = host;
  // The local host gives its state an identity, which the acceptance takes for somebody else's.
  await rm(join(plan.directories.ossRoot, "ossnap-state"), { recursive: true });
  await mkdir(join(plan.directories.ossRoot, "ossnap-state"));
  const ticking = new AbortController();
  let ticks = Promise.resolve();
  const tick = async () => {
    while (!ticking.signal.aborted) {
      await host.tick();
      await setTimeout(TICK_MS);
    }
  };
  const environment = { ...plan.environment, OSSNAP_CONFIG: configFile };
  report = await accept({
    settings: readSettings(configFile, { ...environment, OSSNAP_FC_ENDPOINT: `http://127.0.0.1:${plan.ports.fcApi}` }),
    context: {
      requestId: "accept",
      function: { name: "accept", timeout: 600 },
      region: plan.region,
      accountId: plan.accountId,
      credentials: plan.oss,
    },
    keys: plan.oss,
    token: plan.tokens.operator,
    platform: {
      async deploy() {
        ticks = tick();
        return { url: host.httpUrl };
      },
      async undeploy() {
        ticking.abort();
        await ticks;
        const names = async (path: string) => Object.keys((await (await fetch(`${host.target.url}/${path}`)).json()) as object);
        seen.indices = await names(`_alias/${ALIAS}`);
        seen.repositories = await names("_snapshot");
      },
    },
    patienceMs: 240_000,
    keep: false,
    write: (line) => lines.push(line),
  });
}, 900_000);
afterAll(async () => {
  await host?.close();
  if (directory) await rm(directory, { recursive: true, force: true });
});

it("everything that the cloud is asked for holds on the stand-ins", () => {
  expect(report.findings.map(({ check, outcome, seen: text }) => [check, outcome, text])).toEqual(
    report.findings.map(({ check, seen: text }) => [check, "ok", text]),
  );
  const of = (name: string) => report.findings.find(({ check }) => check === name)?.seen;
  expect(report.findings).toHaveLength(13);
  expect(of("HTTP signature")).toBe("unsigned 400, another secret 403, no token 401, wrong token 401, signed 200");
  expect(of("task ids")).toBe("an id is taken once: 202, then 409");
  expect(of("repository")).toBe("type fs: same, verified by 1 node; type oss was not tried");
  expect(of("OSS event")).toContain("was started by the event of a root blob");
  expect(lines).toHaveLength(report.findings.length);
});

it("takes everything away again that it made", async () => {
  expect(seen.indices).toHaveLength(1);
  expect(seen.repositories).toEqual(["ossnap-accept-copied"]);
  for (const { url } of [host.source, host.target]) {
    expect((await fetch(`${url}/${INDEX}`)).status).toBe(404);
    expect((await fetch(`${url}/_alias/${ALIAS}`)).status).toBe(404);
    expect(await (await fetch(`${url}/_snapshot`)).json()).toEqual({});
  }
});

it("shows no secret", () => {
  const text = JSON.stringify([report, lines]);
  for (const secret of [host.plan.oss.accessKeySecret, host.plan.tokens.operator, host.plan.s3.secretAccessKey])
    expect(text).not.toContain(secret);
});
