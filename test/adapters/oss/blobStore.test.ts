import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type OssServer, startOss } from "../../../infra/local/oss/startOss.ts";
import { type OssBlobStoreOptions, ossBlobStore, ossBucketIsVersioned } from "../../../shared/adapters/oss/blobStore.ts";
import { ossClient } from "../../../shared/adapters/oss/client.ts";
import { wireOssBlobStore } from "../../../shared/adapters/wire/oss.ts";
import { bytesOf, keysOf, patternOf, textOf } from "../../contract/blobStoreSubject.ts";

const KEYS = { accessKeyId: "AKFAULTS", secretAccessKey: "secret-of-the-fault-test" };
const PART_SIZE_BYTES = 102_400;

const STORES = [
  ["ali-oss", ossBlobStore],
  ["requests of our own", wireOssBlobStore],
] as const;

describe.each(STORES)("OSS through %s, on a failing server", (_how, openStore) => {
  let server: OssServer;
  let root = "";
  let options: OssBlobStoreOptions;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "oss-faults-"));
    for (const bucket of ["plain", "versioned"]) await mkdir(join(root, bucket));
    server = await startOss({ root, port: 0, region: "cn-hangzhou", credentials: [KEYS], versionedBuckets: ["versioned"] });
    const timeouts = { requestTimeoutMs: 400, idleTimeoutMs: 200 };
    options = {
      bucket: "plain",
      basePath: "base",
      region: "cn-hangzhou",
      endpoint: server.url,
      partSizeBytes: PART_SIZE_BYTES,
      ...timeouts,
      ...KEYS,
    };
    await openStore(options).put("blob", patternOf(200_000));
  });
  afterEach(() => {
    expect(server.faults.fired().filter(({ fired }) => fired === 0)).toEqual([]);
    server.faults.clear();
  });
  afterAll(async () => {
    await server.close();
    await rm(root, { recursive: true, force: true });
  });

  it("asks once for a key that is not there, and tells a missing bucket from it", async () => {
    const store = openStore(options);
    for (const ask of [
      () => store.head("absent"),
      () => store.get("absent"),
      () => store.open("absent"),
      () => store.get("absent", { start: 3, end: 9 }),
    ]) {
      server.requests.reset();
      expect(await ask()).toBeUndefined();
      expect(Object.values(server.requests.counts()).reduce((sum, count) => sum + count, 0)).toBe(1);
    }
    const elsewhere = openStore({ ...options, bucket: "missing" });
    await expect(elsewhere.head("absent")).rejects.toMatchObject({ code: "absent" });
    await expect(elsewhere.get("absent")).rejects.toMatchObject({ code: "absent" });
  });

  it("treats a cut body as transient, read whole or as a stream", async () => {
    server.faults.add({ kind: "cutBody", match: { operation: "GetObject" }, params: { afterBytes: 70_000 }, times: 2 });
    const store = openStore(options);
    await expect(store.get("blob")).rejects.toMatchObject({ code: "transient" });
    let seenBytes = 0;
    const reading = async () => {
      for await (const piece of (await store.open("blob")) ?? []) seenBytes += piece.byteLength;
    };
    await expect(reading()).rejects.toMatchObject({ code: "transient" });
    expect(seenBytes).toBeLessThan(200_000);
    expect((await store.get("blob"))?.byteLength).toBe(200_000);
  });

  it("gives up on a body that stalls", async () => {
    server.faults.add({ kind: "stallBody", match: { operation: "GetObject" }, params: { afterBytes: 1000 }, times: 1 });
    await expect(openStore(options).get("blob")).rejects.toMatchObject({
      code: "transient",
      message: expect.stringContaining("stalled for 0.2 s"),
    });
  });

  it("names the place when the body of a listing stalls", async () => {
    server.faults.add({ kind: "stallBody", match: { operation: "ListObjectsV2" }, params: { afterBytes: 10 }, times: 1 });
    const listing = async () => {
      for await (const _ of openStore(options).list("")) break;
    };
    await expect(listing()).rejects.toMatchObject({
      code: "transient",
      message: expect.stringMatching(/^oss:\/\/[a-z0-9-]+: the body stalled for /),
    });
  });

  it("survives a body that is cut before it is read", async () => {
    server.faults.add({ kind: "cutBody", match: { operation: "GetObject" }, params: { afterBytes: 10 }, times: 1 });
    const body = await openStore(options).open("blob");
    await new Promise((resolve) => setTimeout(resolve, 50));
    const reading = async () => {
      for await (const _piece of body ?? []);
    };
    await expect(reading()).rejects.toMatchObject({ code: "transient" });
  });

  it("reports the retry delay of a throttled request, for calls with and without a response body", async () => {
    const store = openStore(options);
    const throttled = { code: "transient", retryAfterMs: 1234 };
    server.faults.add({ kind: "slowdown", params: { delayMs: 1234 }, times: 5 });
    await expect(store.put("new", bytesOf("x"))).rejects.toMatchObject(throttled);
    await expect(store.get("blob")).rejects.toMatchObject(throttled);
    await expect(store.head("blob")).rejects.toMatchObject(throttled);
    await expect(keysOf(store, "")).rejects.toMatchObject(throttled);
    await expect(store.delete(["new"])).rejects.toMatchObject(throttled);
  });

  it("treats a response that does not arrive in time as transient", async () => {
    const store = openStore(options);
    server.faults.add({ kind: "latency", params: { ms: 2000 }, times: 3 });
    await expect(store.head("blob")).rejects.toMatchObject({ code: "transient" });
    await expect(store.put("late", bytesOf("x"))).rejects.toMatchObject({ code: "transient" });
    await expect(keysOf(store, "")).rejects.toMatchObject({ code: "transient" });
  });

  it("treats an interrupted listing as transient, never as a shorter one", async () => {
    server.faults.add({ kind: "cutBody", match: { operation: "ListObjectsV2" }, params: { afterBytes: 50 }, times: 1 });
    await expect(keysOf(openStore(options), "")).rejects.toMatchObject({ code: "transient" });
    server.faults.add({ kind: "stallBody", match: { operation: "ListObjectsV2" }, params: { afterBytes: 50 }, times: 1 });
    await expect(keysOf(openStore(options), "")).rejects.toMatchObject({ code: "transient" });
  });

  it("treats 5xx as transient and 4xx as invalid, with the vendor's code in the message", async () => {
    const store = openStore(options);
    server.faults.add({ kind: "status", params: { status: 500, code: "InternalError" }, times: 1 });
    await expect(store.put("x", bytesOf("x"))).rejects.toMatchObject({
      code: "transient",
      message: expect.stringContaining("InternalError"),
    });
    server.faults.add({ kind: "status", params: { status: 400, code: "InvalidArgument" }, times: 1 });
    await expect(store.put("x", bytesOf("x"))).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("InvalidArgument"),
    });
    server.faults.add({ kind: "status", params: { status: 403, code: "RequestTimeTooSkewed" }, times: 1 });
    await expect(store.put("x", bytesOf("x"))).rejects.toMatchObject({
      code: "denied",
      message: expect.stringContaining("clock is wrong"),
    });
  });

  it("aborts an upload when a part fails, and leaves nothing behind", async () => {
    const store = openStore(options);
    server.requests.reset();
    server.faults.add({ kind: "status", match: { operation: "UploadPart" }, params: { status: 503 }, times: 1 });
    const bytes = patternOf(PART_SIZE_BYTES * 2);
    const read = async ({ start, end }: { start: number; end: number }) => bytes.slice(start, end);
    await expect(store.putFrom("parts", bytes.byteLength, read)).rejects.toMatchObject({ code: "transient" });
    expect(server.requests.counts()).toMatchObject({ AbortMultipartUpload: 1 });
    expect(await store.head("parts")).toBeUndefined();
    await store.putFrom("parts", bytes.byteLength, read);
    expect(Buffer.from(bytes).equals(await readFile(join(root, "plain/base/parts")))).toBe(true);
  });

  it("detects a versioned bucket, where ifAbsent has no effect", async () => {
    expect(await ossBucketIsVersioned(options)).toBe(false);
    expect(await ossBucketIsVersioned({ ...options, bucket: "versioned" })).toBe(true);
    await expect(ossBucketIsVersioned({ ...options, bucket: "missing" })).rejects.toMatchObject({ code: "absent" });
    const store = openStore({ ...options, bucket: "versioned" });
    await store.put("claim", bytesOf("first"), { ifAbsent: true });
    await store.put("claim", bytesOf("second"), { ifAbsent: true });
    expect(await textOf(store.get("claim"))).toBe("second");
  });

  it("uses https unless the endpoint specifies http", () => {
    const protocolOf = (endpoint?: string) =>
      (
        ossClient({ bucket: "plain", region: "cn-hangzhou", endpoint, ...KEYS }) as unknown as {
          options: { endpoint: { protocol: string; host: string } };
        }
      ).options.endpoint;
    expect(protocolOf()).toMatchObject({ protocol: "https:", host: "oss-cn-hangzhou.aliyuncs.com" });
    expect(protocolOf("oss-cn-hangzhou-internal.aliyuncs.com")).toMatchObject({ protocol: "https:" });
    expect(protocolOf("http://oss-cn-hangzhou-internal.aliyuncs.com")).toMatchObject({ protocol: "http:" });
  });

  it("rejects an invalid bucket name", () => {
    expect(() => openStore({ ...options, bucket: "Not_A_Bucket" })).toThrow(/oss:\/\/Not_A_Bucket/);
  });
});
