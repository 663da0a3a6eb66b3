import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OssServer, startOss } from "../../infra/local/oss/startOss.ts";
import { startS3 } from "../../infra/local/servers/s3.ts";
import { loadConfig } from "../../shared/runtime/config/loadConfig.ts";
import type { FcContext } from "../../shared/runtime/context.ts";
import { initialise } from "../../shared/runtime/initialise.ts";
import { jsonLogger } from "../../shared/runtime/logger.ts";
import type { RuntimeSettings } from "../../shared/runtime/settings.ts";
import { openWorld } from "../../shared/runtime/wire.ts";

const KEYS = { accessKeyId: "LOCALKEY", secretAccessKey: "a-planted-secret-value" };
let root: string;
let oss: OssServer;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "ossnap-initialise-"));
  for (const bucket of ["plain", "versioned", "foreign"]) await mkdir(join(root, bucket));
  oss = await startOss({
    root,
    port: 0,
    region: "cn-hangzhou",
    credentials: [KEYS],
    versionedBuckets: ["versioned"],
    foreignBuckets: ["theirs"],
  });
});

afterAll(async () => {
  await oss.close();
  await rm(root, { recursive: true, force: true });
});

const context: FcContext = {
  requestId: "1-test",
  function: { name: "test", timeout: 60 },
  credentials: { accessKeyId: KEYS.accessKeyId, accessKeySecret: KEYS.secretAccessKey },
};

function settingsFor(bucket: string): RuntimeSettings {
  const text = `version: 1\nclusters: { any: { url: "http://127.0.0.1:1" } }\nstate: { bucket: ${bucket}, prefix: prod/, endpoint: "${oss.url}", region: cn-hangzhou }\n`;
  return {
    config: loadConfig(text, {}),
    fcEndpoint: undefined,
    copyFunction: "copy",
    continueFunction: "continue",
    credentials: undefined,
    secrets: [],
  };
}

const world = (bucket: string) =>
  openWorld(settingsFor(bucket), {
    functionName: "test",
    context,
    startedMs: Date.now(),
    logger: jsonLogger(
      {},
      (text) => text,
      () => undefined,
    ),
  });

describe("ossnap init", () => {
  it("says of another account's bucket, before anything is written, what is wrong and what helps", async () => {
    const said = {
      code: "denied",
      message: expect.stringMatching(
        /^oss:\/\/theirs.*AccessDenied \(HTTP 403\): The bucket you access does not belong to you\..*; another account's bucket needs a bucket policy of its owner, one of your own a RAM policy/s,
      ),
    };
    await expect(initialise(settingsFor("theirs"), context)).rejects.toMatchObject(said);
    await expect(world("theirs")).rejects.toMatchObject(said);
  });

  it("writes the identity once, and returns it the second time", async () => {
    const first = await initialise(settingsFor("plain"), context);
    const second = await initialise(settingsFor("plain"), context);
    expect(first.created).toBe(true);
    expect(second).toEqual({ ...first, created: false });
    expect((await world("plain")).identity).toEqual(first.identity);
  });

  it("rejects a versioned bucket, where two writers could both win, and writes nothing", async () => {
    await expect(initialise(settingsFor("versioned"), context)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringMatching(/versioned has versioning: .*use an unversioned bucket/) as string,
    });
    await expect(world("versioned")).rejects.toMatchObject({ code: "absent" });
  });
});

describe("ossnap init of a state that is not on OSS", () => {
  const settingsOf = (state: object): RuntimeSettings => ({
    ...settingsFor("plain"),
    config: loadConfig(JSON.stringify({ version: 1, clusters: { any: { url: "http://127.0.0.1:1" } }, state }), {}),
  });

  it("accepts a directory, and leaves nothing behind but the state", async () => {
    const directory = await mkdtemp(join(root, "directory-"));
    expect(await initialise(settingsOf({ store: "directory", bucket: directory }), context)).toMatchObject({ created: true });
    expect((await readdir(directory)).sort()).toEqual(["live", "state.json"]);
  });

  it("rejects a server of S3 that lets two writers write one key, and writes nothing", async () => {
    await mkdir(join(root, "s3", "state"), { recursive: true });
    // rclone does not enforce If-None-Match.
    const server = await startS3({ root: join(root, "s3"), port: await freePort(), ...KEYS });
    const state = { store: "s3", bucket: "state", region: "us-east-1", endpoint: server.url, ...KEYS };
    const attempt = initialise(settingsOf(state), context).finally(() => server.close());
    await expect(attempt).rejects.toMatchObject({ code: "invalid", reason: { code: "state.writtenTwice" } });
    expect(await readdir(join(root, "s3", "state"))).toEqual([]);
  });
});

describe("a state without its identity", () => {
  it("invariant 9: refuses every function, and names the command that fixes it", async () => {
    await expect(world("foreign")).rejects.toMatchObject({ code: "absent", message: expect.stringContaining("ossnap init") as string });
  });

  it("distinguishes a missing bucket from a missing identity", async () => {
    await expect(world("no-such-bucket")).rejects.toMatchObject({
      code: "absent",
      message: expect.stringContaining("no-such-bucket") as string,
    });
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (typeof address === "object" && address !== null ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}
