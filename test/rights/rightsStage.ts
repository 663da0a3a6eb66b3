import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openApi } from "../../infra/cli/at/client.ts";
import { startFcApi } from "../../infra/local/fc/doors/apiStandIn.ts";
import { type Door, startHttpTrigger } from "../../infra/local/fc/doors/httpDoor.ts";
import type { OssCredentials } from "../../infra/local/oss/http/authenticate.ts";
import { type OssServer, startOss } from "../../infra/local/oss/startOss.ts";
import type { RamDocument } from "../../shared/plan/rights/documents.ts";
import { type Rights, rightsOf } from "../../shared/plan/rights/rights.ts";
import { loadConfig } from "../../shared/runtime/config/loadConfig.ts";
import type { FcContext } from "../../shared/runtime/context.ts";
import type { HttpAnswer } from "../../shared/runtime/http/problem.ts";
import { answer } from "../../shared/runtime/http/router.ts";
import { initialise } from "../../shared/runtime/initialise.ts";
import { jsonLogger } from "../../shared/runtime/logger.ts";
import type { RuntimeSettings } from "../../shared/runtime/settings.ts";
import { openWorld } from "../../shared/runtime/wire.ts";
import { ACCOUNT, startTestHost, type TestHost } from "../infra/local/fc/testHost.ts";

export type Role = "workers" | "http" | "terminal";
const ROLES: readonly Role[] = ["workers", "http", "terminal"];
const FUNCTIONS = { copy: "ossnap-copy-blobs", goOn: "ossnap-continue-job", http: "ossnap-http", all: "ossnap-*" };
const TOKEN = "0123456789abcdef0123456789abcdef";
const FIXTURE = new URL("../fixtures/es-6.7.0/repo", import.meta.url).pathname;

/** Real clients before stand-ins of OSS and Function Compute that enforce the policies of each role. */
export interface RightsStage {
  rights: Rights;
  oss: OssServer;
  /** What the role's keys may do from now on; `undefined` for everything. */
  enforce(role: Role, document: RamDocument | undefined): void;
  /** Log lines and errors since the last reset. */
  said: string[];
  world(role: Role): ReturnType<typeof openWorld>;
  /** A request of an operator to the HTTP function. */
  request(method: "GET" | "POST" | "DELETE", path: string, body?: unknown, key?: string): Promise<HttpAnswer>;
  initialise(role: Role): Promise<unknown>;
  /** Empty buckets but for the source; the state has its identity. */
  reset(): Promise<void>;
  /** As if a copier had been there. */
  fillMoved(): Promise<void>;
  /** The source has a newer root, with one snapshot less. */
  moveSourceOn(): Promise<void>;
  settings: RuntimeSettings;
  contextOf(role: Role): FcContext;
  /** A call of the HTTP function's trigger, as `--at fc` makes it. */
  call(role: Role): Promise<unknown>;
  close(): Promise<void>;
}

export async function rightsStage(): Promise<RightsStage> {
  const root = await mkdtemp(join(tmpdir(), "ossnap-rights-"));
  const keys = new Map<Role, OssCredentials & { accessKeySecret: string }>(
    ROLES.map((role) => [role, { accessKeyId: `KEY-${role}`, secretAccessKey: `secret-of-${role}`, accessKeySecret: `secret-of-${role}` }]),
  );
  const host = startTestHost(
    Object.fromEntries([
      ...[FUNCTIONS.copy, FUNCTIONS.goOn].map((name) => [name, { code: "return event", asyncTask: true }]),
      [FUNCTIONS.http, { code: 'return { statusCode: 200, body: "{}" }' }],
    ]),
  );
  // The test moves the batches itself.
  for (const name of [FUNCTIONS.copy, FUNCTIONS.goOn]) host.host.faults.delay(name, 3_600_000, 1_000_000);
  const credentials = [...keys.values()];
  const oss = await startOss({ root, port: 0, region: "cn-hangzhou", credentials });
  const api = await startFcApi({ host: host.host, port: 0, credentials });
  const trigger = await startHttpTrigger({ host: host.host, functionName: FUNCTIONS.http, port: 0, signedWith: credentials });
  const settings = settingsOf(oss.url, api);
  const said: string[] = [];
  const contextOf = (role: Role): FcContext => {
    const { accessKeyId = "", accessKeySecret = "" } = keys.get(role) ?? {};
    return {
      requestId: `request-${role}`,
      function: { name: role, timeout: 120 },
      region: ACCOUNT.region,
      accountId: ACCOUNT.accountId,
      credentials: { accessKeyId, accessKeySecret },
    };
  };
  const logger = jsonLogger(
    { function: "rights", requestId: "r" },
    (text) => text,
    (line) => said.push(line),
  );
  const stage: RightsStage = {
    rights: rightsOf({ config: settings.config, ...ACCOUNT, functions: FUNCTIONS, secrets: [], roles: [] }),
    oss,
    enforce(role, document) {
      Object.assign(keys.get(role) ?? {}, { policies: document && [document] });
    },
    said,
    world: (role) => openWorld(settings, { functionName: role, context: contextOf(role), startedMs: Date.now(), logger }),
    async request(method, path, body, key) {
      const event = {
        headers: {
          "x-ossnap-token": TOKEN,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...(key && { "idempotency-key": key }),
        },
        queryParameters: {},
        body: body === undefined ? "" : JSON.stringify(body),
        isBase64Encoded: false,
        requestContext: { http: { method, path } },
      };
      return answer(event as never, { settings, context: contextOf("http"), logger, world: () => stage.world("http") } as never);
    },
    initialise: (role) => initialise(settings, contextOf(role)),
    async reset() {
      said.length = 0;
      for (const role of ROLES) stage.enforce(role, undefined);
      for (const bucket of ["state", "source", "moved"]) {
        await rm(join(root, bucket), { recursive: true, force: true });
        await mkdir(join(root, bucket));
      }
      await cp(FIXTURE, join(root, "source/repo"), { recursive: true });
    },
    fillMoved: () => cp(FIXTURE, join(root, "moved/copied"), { recursive: true }),
    moveSourceOn: () => newerRoot(join(root, "source/repo")),
    settings,
    contextOf,
    call(role) {
      const { accessKeyId = "", accessKeySecret = "" } = keys.get(role) ?? {};
      const client = openApi({
        url: new URL(trigger.url),
        keys: { accessKeyId, accessKeySecret },
        token: TOKEN,
        terminal: { note: () => undefined },
      });
      return client({ method: "GET", path: "/status" });
    },
    async close() {
      await trigger.close();
      await closeAll({ root, oss, api, host });
    },
  };
  return stage;
}

async function newerRoot(directory: string): Promise<void> {
  const latest = await readFile(join(directory, "index.latest"));
  const generation = Number(latest.readBigInt64BE());
  latest.writeBigInt64BE(BigInt(generation + 1));
  const text = await readFile(join(directory, `index-${generation}`), "utf8");
  const { snapshots, indices } = JSON.parse(text) as { snapshots: { uuid: string }[]; indices: Record<string, { snapshots: string[] }> };
  const gone = snapshots.shift()?.uuid;
  for (const index of Object.values(indices)) index.snapshots = index.snapshots.filter((uuid) => uuid !== gone);
  await writeFile(join(directory, `index-${generation + 1}`), JSON.stringify({ snapshots, indices }));
  await rm(join(directory, `index-${generation}`));
  await writeFile(join(directory, "index.latest"), latest);
}

async function closeAll({ root, oss, api, host }: { root: string; oss: OssServer; api: Door; host: TestHost }): Promise<void> {
  await api.close();
  await host.close();
  await oss.close();
  await rm(root, { recursive: true, force: true });
}

/** A cluster with nothing listening: whatever is read comes from buckets. */
function settingsOf(endpoint: string, api: Door): RuntimeSettings {
  const place = (bucket: string, basePath: string) => ({ store: "oss", bucket, basePath, endpoint, region: "cn-hangzhou" });
  const register = (location: string) => ({ type: "fs", settings: { location } });
  const config = loadConfig(
    JSON.stringify({
      version: 1,
      state: { bucket: "state", prefix: "prod/", endpoint, region: "cn-hangzhou" },
      clusters: { any: { url: "http://127.0.0.1:1" } },
      repositories: { source: { cluster: "any", register: register("/srv/source"), blobs: place("source", "repo") } },
      http: { tokens: [{ name: "li", role: "operator", sha256: createHash("sha256").update(TOKEN).digest("hex") }] },
      copies: { move: { from: "source", to: place("moved", "copied"), snapshots: "all" } },
      watches: {
        moved: {
          blobs: place("moved", "copied"),
          cluster: "any",
          register: { name: "moved", ...register("/srv/moved") },
          restore: { indices: ["*"] },
        },
      },
    }),
    {},
  );
  return {
    config,
    fcEndpoint: { host: `127.0.0.1:${api.port}`, protocol: "HTTP" },
    copyFunction: FUNCTIONS.copy,
    continueFunction: FUNCTIONS.goOn,
    credentials: undefined,
    secrets: [],
  };
}
