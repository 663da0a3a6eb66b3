import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OssServer, startOss } from "../../infra/local/oss/startOss.ts";
import { slotOf } from "../../shared/model/slot.ts";
import { loadConfig } from "../../shared/runtime/config/loadConfig.ts";
import type { FcContext } from "../../shared/runtime/context.ts";
import { initialise } from "../../shared/runtime/initialise.ts";
import { jsonLogger } from "../../shared/runtime/logger.ts";
import { redactor } from "../../shared/runtime/redact.ts";
import { type RuntimeSettings, secretsOf } from "../../shared/runtime/settings.ts";
import { openWorld } from "../../shared/runtime/wire.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { askBackup } from "../../shared/verbs/backup/ask.ts";
import { SOURCE_LOOK_MINUTES } from "../../shared/verbs/copy/look.ts";

const KEYS = { accessKeyId: "LOCALKEY", secretAccessKey: "a-planted-secret-value" };
const PASSWORD = "a-planted-password";
const API_KEY = "id:a-planted-api-key";
const ENCODED_KEY = Buffer.from(API_KEY).toString("base64");
const CONTEXT: FcContext = {
  requestId: "request-7",
  function: { name: "advanceJobs", timeout: 120 },
  region: "cn-hangzhou",
  accountId: "1234567890123456",
  credentials: { accessKeyId: KEYS.accessKeyId, accessKeySecret: KEYS.secretAccessKey },
};
let root: string;
let oss: OssServer;
let lines: string[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "ossnap-tick-"));
  for (const bucket of ["state", "source", "one", "two"]) await mkdir(join(root, bucket));
  for (const bucket of ["source", "one", "two"]) await writeFile(join(root, bucket, "index-0"), '{"snapshots":[],"indices":{}}');
  oss = await startOss({ root, port: 0, region: "cn-hangzhou", credentials: [KEYS] });
  await initialise(settings(), CONTEXT);
});

afterAll(async () => {
  await oss.close();
  await rm(root, { recursive: true, force: true });
});

/** A cluster with nothing listening, two watches, and a copy that follows a policy. */
function settings(): RuntimeSettings {
  const place = (bucket: string) => ({ store: "oss", bucket, endpoint: oss.url, region: "cn-hangzhou" });
  const watch = (bucket: string) => ({
    blobs: place(bucket),
    cluster: "any",
    register: { name: bucket, type: "fs", settings: { location: `/srv/${bucket}` } },
    restore: { indices: ["movies"] },
  });
  const config = {
    version: 1,
    state: { bucket: "state", prefix: "prod/", endpoint: oss.url, region: "cn-hangzhou" },
    clusters: {
      any: { url: "http://127.0.0.1:1", username: "elastic", password: PASSWORD },
      keyed: { url: "http://127.0.0.1:2", apiKey: API_KEY },
    },
    repositories: { nightly: { cluster: "any", register: { type: "fs", settings: { location: "/srv/source" } }, blobs: place("source") } },
    backups: { nightly: { repository: "nightly", indices: ["movies"], schedule: { cron: "0 30 1 * * *" }, keep: { last: 3 } } },
    copies: { move: { from: "nightly", to: { ...place("one"), basePath: "copied" }, after: "nightly" } },
    watches: { one: watch("one"), two: watch("two") },
  };
  const loaded = loadConfig(JSON.stringify(config), {});
  const secrets = [...secretsOf(loaded), KEYS.secretAccessKey];
  return {
    config: loaded,
    fcEndpoint: undefined,
    copyFunction: "copy",
    continueFunction: "go-on",
    credentials: undefined,
    secrets,
  };
}

async function open() {
  const known = settings();
  const logger = jsonLogger({ function: "advanceJobs", requestId: CONTEXT.requestId }, redactor(known.secrets), (line) => lines.push(line));
  return openWorld(known, { functionName: "advanceJobs", context: CONTEXT, startedMs: Date.now(), logger });
}

/** Ticks at a minute in which no copy checks its source. */
async function tick() {
  const world = await open();
  const now = () => {
    const at = world.clock.now();
    if (at.getUTCMinutes() % SOURCE_LOOK_MINUTES === 0) at.setUTCMinutes(at.getUTCMinutes() + 1);
    return at;
  };
  return advanceJobs({ ...world, clock: { now } });
}

describe("warnings about the configuration", () => {
  it("are in reach of every verb", async () => {
    const warnings = [{ path: "x", line: 1, value: null, wrong: "odd", fix: "mend it", reason: { code: "config.odd", params: {} } }];
    const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const invocation = { functionName: "http", context: CONTEXT, startedMs: Date.now(), logger };
    expect((await openWorld({ ...settings(), warnings }, invocation)).warnings).toEqual(warnings);
  });
});

describe("idle tick of a warm instance", () => {
  it("makes one request plus one per watch", async () => {
    await tick();
    await tick();
    oss.requests.reset();
    expect(await tick()).toEqual({ advanced: [], failed: [] });
    expect(oss.requests.counts()).toEqual({ ListObjectsV2: 1 + 2 });
  });
});

describe("log lines of a step", () => {
  it("carry request id and job, whichever module writes them, and none of the planted secrets", async () => {
    const world = await open();
    const slot = slotOf(world.clock.now());
    await askBackup(world, { policy: "nightly", slot, asked: { by: "timer", who: "timer" } });
    lines = [];
    oss.faults.add({
      kind: "status",
      match: { operation: "ListObjectsV2" },
      params: { status: 503, code: `Busy-${PASSWORD}-${API_KEY}-${ENCODED_KEY}` },
      times: 1,
    });
    oss.faults.add({ kind: "status", match: { operation: "GetObject" }, params: { status: 503 }, times: 1 });
    const { advanced } = await tick();
    expect(advanced).toMatchObject([{ job: `backup-nightly-${slot}`, outcome: "waiting" }]);
    const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(parsed.filter(({ requestId }) => requestId !== "request-7")).toEqual([]);
    expect(parsed.find(({ message }) => message === "gather failed")).toMatchObject({ job: `backup-nightly-${slot}` });
    expect(parsed.filter(({ message }) => message === "request failed")).toMatchObject([
      { level: "warn", method: "list", error: expect.stringContaining("Busy-[secret]-[secret]-[secret]") },
      { level: "warn", method: "get", code: "transient", job: `backup-nightly-${slot}` },
    ]);
    expect(lines.filter((line) => line.includes("planted"))).toEqual([]);
  });
});
