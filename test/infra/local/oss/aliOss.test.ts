import { randomBytes } from "node:crypto";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type OSS from "ali-oss";
import { describe, expect, it, vi } from "vitest";
import { crc64 } from "../../../../infra/local/oss/store/crc64.ts";
import { BUCKET, codeOf, KEYS, startTestOss } from "./startTestOss.ts";

const ODD_KEY = "dir/a+b c é&=%#?'<\u{1F600}>!(*)";
const PART_BYTES = 100 * 1024;

/** Methods of ali-oss that its types leave out. */
interface Untyped {
  getObjectMeta(name: string): Promise<{ res: { headers: Record<string, string> } }>;
  getBucketVersioning(bucket: string): Promise<{ versionStatus: string | undefined }>;
}

describe.each([
  { signature: "V4", options: { authorizationV4: true } },
  { signature: "V1", options: { authorizationV4: false } },
  { signature: "V4 with a token", options: { authorizationV4: true, stsToken: "a+token/=", refreshSTSTokenInterval: 1e9 } },
  { signature: "V1 with the bucket in the path", options: { authorizationV4: false, sldEnable: true }, host: "localhost" },
])("ali-oss, $signature", ({ options: signing, host = "127.0.0.1" }) => {
  const keys = "stsToken" in signing ? { ...KEYS, securityToken: signing.stsToken } : KEYS;
  const start = async () => {
    const oss = await startTestOss({ credentials: [keys] });
    return { ...oss, client: () => oss.client({ ...signing, endpoint: `http://${host}:${oss.port}` }) };
  };

  it("puts and gets an object under an unusual key, as a file readable by other users", async () => {
    const oss = await start();
    const client = oss.client();
    const body = Buffer.from("hello world");
    const { res } = await client.put(ODD_KEY, body);
    expect(res.headers).toMatchObject({ etag: '"5EB63BBBE01EEED093CB22BB8F5ACDC3"', "x-oss-hash-crc64ecma": "5981764153023615706" });
    expect((await client.get(ODD_KEY)).content).toEqual(body);
    const path = join(oss.root, BUCKET, ODD_KEY);
    expect(await readFile(path)).toEqual(body);
    expect([(await stat(path)).mode & 0o777, (await stat(join(path, ".."))).mode & 0o777]).toEqual([0o644, 0o755]);
  });

  it("streams with and without a length, and heads with metadata", async () => {
    const client = (await start()).client();
    const body = randomBytes(300_000);
    await client.putStream("chunked", Readable.from([body.subarray(0, 1000), body.subarray(1000)]));
    await client.putStream("sized", Readable.from([body]), {
      contentLength: body.length,
      meta: { origin: "here" },
    } as unknown as OSS.PutStreamOptions);
    const { stream } = await client.getStream("chunked");
    expect((await buffer(stream)).equals(body)).toBe(true);
    const head = await client.head("sized");
    expect(head.meta).toEqual({ origin: "here" });
    expect(head.res.headers).toMatchObject({ "content-length": "300000", "x-oss-hash-crc64ecma": String(crc64(body)) });
    const meta = await (client as unknown as Untyped).getObjectMeta("sized");
    expect(meta.res.headers).toMatchObject({ "content-length": "300000", "x-oss-hash-crc64ecma": String(crc64(body)) });
  });

  it("gets a range with the CRC of the whole object, and the whole object for a range past its end", async () => {
    const client = (await start()).client();
    await client.put("k", Buffer.from("0123456789"));
    const inside = await client.get("k", { headers: { Range: "bytes=2-4" } });
    expect(inside.content.toString()).toBe("234");
    expect(inside.res.headers).toMatchObject({
      "content-range": "bytes 2-4/10",
      "x-oss-hash-crc64ecma": String(crc64(Buffer.from("0123456789"))),
    });
    expect((await client.get("k", { headers: { Range: "bytes=8-20" } })).content.toString()).toBe("0123456789");
    const standard = await client.get("k", { headers: { Range: "bytes=8-20", "x-oss-range-behavior": "standard" } });
    expect(standard.content.toString()).toBe("89");
  });

  it("lists in pages in both versions, with prefixes and unusual keys", async () => {
    const client = (await start()).client();
    const names = ["a", "b c", "dir/1", "dir/2", "é&<", "\u{1F600}"];
    for (const name of names) await client.put(name, Buffer.from(name));
    const listed: string[] = [];
    let token: string | undefined;
    do {
      const query = { "max-keys": "2", "encoding-type": "url", ...(token === undefined ? {} : { "continuation-token": token }) };
      const page = await client.listV2(query as unknown as OSS.ListV2ObjectsQuery);
      listed.push(...(page.objects ?? []).map((object) => decodeURIComponent(object.name)));
      token = page.nextContinuationToken ?? undefined;
    } while (token !== undefined);
    expect(listed).toEqual(names);
    const tree = await client.listV2({ delimiter: "/", "start-after": "b c" } as unknown as OSS.ListV2ObjectsQuery);
    expect([tree.prefixes, tree.objects?.map((object) => object.name)]).toEqual([["dir/"], ["é&<", "\u{1F600}"]]);
    const first = await client.list({ "max-keys": 4 }, {});
    expect([first.objects.map((object) => object.name), first.nextMarker, first.isTruncated]).toEqual([names.slice(0, 4), "dir/2", true]);
    expect(first.objects[0]).toMatchObject({ type: "Normal", size: 1, owner: { id: "1234567890123456" } });
    expect(first.objects[0]?.lastModified).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
  });

  it("deletes one, many and absent keys", async () => {
    const client = (await start()).client();
    const names = ["a&b", "<c>", "dir/d e"];
    for (const name of names) await client.put(name, Buffer.from("x"));
    const { deleted } = await client.deleteMulti([...names, "never there"], { quiet: false });
    expect((deleted as unknown as { Key: string }[]).map((one) => one.Key)).toEqual([...names, "never there"]);
    expect((await client.listV2({} as OSS.ListV2ObjectsQuery)).keyCount).toBe(0);
    expect((await client.delete("never there")).res.status).toBe(204);
    await client.put("again", Buffer.from("x"));
    expect((await client.deleteMulti(["again"], { quiet: true })).deleted).toEqual([]);
  });

  it("uploads in parts, copies parts, lists and aborts; nothing is visible before completion", async () => {
    const client = (await start()).client();
    const body = randomBytes(2 * PART_BYTES + 10);
    const { uploadId } = await client.initMultipartUpload("big one");
    const first = await client.uploadPart("big one", uploadId, 1, Readable.from([body.subarray(0, PART_BYTES)]) as never, 0, PART_BYTES);
    const rest = body.subarray(PART_BYTES);
    const second = await client.uploadPart("big one", uploadId, 7, Readable.from([rest]) as never, 0, rest.length);
    expect(await codeOf(client.head("big one"))).toBe("NoSuchKey");
    const parts = await client.listParts("big one", uploadId);
    expect((parts.parts as unknown as { PartNumber: string; Size: string }[]).map((part) => [part.PartNumber, part.Size])).toEqual([
      ["1", String(PART_BYTES)],
      ["7", String(PART_BYTES + 10)],
    ]);
    const done = await client.completeMultipartUpload("big one", uploadId, [
      { number: 1, etag: (first as unknown as { etag: string }).etag },
      { number: 7, etag: (second as unknown as { etag: string }).etag },
    ]);
    expect(done.res.headers).toMatchObject({
      "x-oss-hash-crc64ecma": String(crc64(body)),
      etag: expect.stringMatching(/^"[0-9A-F]{32}-2"$/),
    });
    expect((await client.get("big one")).content.equals(body)).toBe(true);

    const copy = await client.initMultipartUpload("copy");
    const source = { sourceKey: "big one", sourceBucketName: BUCKET };
    const copied = await client.uploadPartCopy("copy", copy.uploadId, 1, `0-${PART_BYTES - 1}`, source, {});
    expect((await client.listUploads({})).uploads).toHaveLength(1);
    await client.completeMultipartUpload("copy", copy.uploadId, [{ number: 1, etag: (copied as unknown as { etag: string }).etag }]);
    expect((await client.get("copy")).content.equals(body.subarray(0, PART_BYTES))).toBe(true);

    const given = await client.initMultipartUpload("given up");
    await client.abortMultipartUpload("given up", given.uploadId);
    expect(await codeOf(client.abortMultipartUpload("given up", given.uploadId))).toBe("NoSuchUpload");
  });

  it("copies on the server with its metadata", async () => {
    const client = (await start()).client();
    await client.put("from & é", Buffer.from("body"), { meta: { uid: 7, pid: 8 } });
    await client.copy("to", "from & é");
    expect((await client.get("to")).content.toString()).toBe("body");
    expect((await client.head("to")).meta).toEqual({ uid: "7", pid: "8" });
    expect(await codeOf(client.copy("to", "absent"))).toBe("NoSuchKey");
  });

  it("returns information about the bucket", async () => {
    const client = (await start()).client();
    expect((await client.getBucketInfo(BUCKET)).bucket).toMatchObject({ Name: BUCKET, Location: "oss-cn-hangzhou" });
    expect((await client.getBucketACL(BUCKET)).acl).toBe("private");
    expect((await client.getACL("absent").catch((error) => error)).code).toBe("NoSuchKey");
    expect(await (client as unknown as Untyped).getBucketVersioning(BUCKET)).toMatchObject({ versionStatus: undefined });
    await client.putBucket("another-bucket");
    const { buckets } = (await client.listBuckets({})) as unknown as { buckets: { name: string }[] };
    expect(buckets.map((bucket) => bucket.name)).toEqual(["another-bucket", BUCKET]);
  });
});

describe("writes", () => {
  it("let exactly one of twenty concurrent puts win when overwriting is forbidden", async () => {
    const client = (await startTestOss()).client();
    const headers = { "x-oss-forbid-overwrite": "true" };
    const bodies = Array.from({ length: 20 }, (_, writer) => Buffer.from(`writer ${writer}`));
    const codes = await Promise.all(bodies.map((body) => codeOf(client.put("lease/1", body, { headers }))));
    expect(codes.filter((code) => code === "FileAlreadyExists")).toHaveLength(19);
    expect((await client.get("lease/1")).content).toEqual(bodies[codes.indexOf("no error")]);
  });

  it("overwrite anyway in a versioned bucket, which reports that it is versioned", async () => {
    const client = (await startTestOss({ versionedBuckets: [BUCKET] })).client();
    const headers = { "x-oss-forbid-overwrite": "true" };
    await client.put("lease/1", Buffer.from("first"), { headers });
    const { res } = await client.put("lease/1", Buffer.from("second"), { headers });
    expect(res.headers).toHaveProperty("x-oss-version-id");
    expect((await client.get("lease/1")).content.toString()).toBe("second");
    expect(await (client as unknown as Untyped).getBucketVersioning(BUCKET)).toMatchObject({ versionStatus: "Enabled" });
    expect((await client.getBucketInfo(BUCKET)).bucket.Versioning).toBe("Enabled");
  });

  it("also refuse to overwrite by copy and by multipart upload", async () => {
    const client = (await startTestOss()).client();
    await client.put("taken", Buffer.from("x"));
    const headers = { "x-oss-forbid-overwrite": "true" };
    expect(await codeOf(client.copy("taken", "taken", { headers: { ...headers } }))).toBe("FileAlreadyExists");
    expect(await codeOf(client.initMultipartUpload("taken", { headers }))).toBe("FileAlreadyExists");
  });

  it("reject a body that does not match its Content-MD5, and store nothing", async () => {
    const client = (await startTestOss()).client();
    const headers = { "Content-MD5": Buffer.alloc(16).toString("base64") };
    expect(await codeOf(client.put("k", Buffer.from("x"), { headers }))).toBe("InvalidDigest");
    expect(await codeOf(client.head("k"))).toBe("NoSuchKey");
  });

  it("leave nothing behind when the body is interrupted", async () => {
    const oss = await startTestOss();
    async function* breaksOff() {
      yield Buffer.alloc(100_000);
      await vi.waitFor(() => expect(oss.requests.counts()).toEqual({ PutObject: 1 }));
      throw new Error("the source died");
    }
    const options = { contentLength: 200_000 } as unknown as OSS.PutStreamOptions;
    await expect(oss.client().putStream("k", Readable.from(breaksOff()), options)).rejects.toThrow();
    expect(await codeOf(oss.client().head("k"))).toBe("NoSuchKey");
    await vi.waitFor(async () => expect(await readdir(join(oss.root, ".oss", "incoming"))).toEqual([]));
  });

  it("keep a multipart upload open when its parts are wrong", async () => {
    const client = (await startTestOss()).client();
    const { uploadId } = await client.initMultipartUpload("k");
    const part = async (number: number) => {
      const uploaded = await client.uploadPart("k", uploadId, number, Readable.from([Buffer.from("tiny")]) as never, 0, 4);
      return { number, etag: (uploaded as unknown as { etag: string }).etag };
    };
    const parts = [await part(1), await part(2)];
    expect(await codeOf(client.completeMultipartUpload("k", uploadId, parts))).toBe("EntityTooSmall");
    expect(await codeOf(client.completeMultipartUpload("k", uploadId, [{ number: 1, etag: '"0"' }]))).toBe("InvalidPart");
    await client.completeMultipartUpload("k", uploadId, parts.slice(0, 1));
    expect((await client.get("k")).content.toString()).toBe("tiny");
  });

  it("never escape the bucket's directory", async () => {
    const oss = await startTestOss();
    for (const key of ["a//b", "dir/"]) {
      expect(await codeOf(oss.client().put(key, Buffer.from("x")))).toBe("InvalidObjectName");
    }
    expect(await codeOf(oss.client().copy("k", "../../etc/passwd"))).toBe("InvalidObjectName");
    await oss.client().put("file", Buffer.from("x"));
    expect(await codeOf(oss.client().put("file/below", Buffer.from("x")))).toBe("InvalidObjectName");
    expect(await codeOf(oss.client().get("file/below"))).toBe("NoSuchKey");
  });

  it("distinguish a missing bucket from a missing key", async () => {
    const oss = await startTestOss();
    expect(await codeOf(oss.client().get("absent"))).toBe("NoSuchKey");
    const elsewhere = oss.client({ bucket: "no-such-bucket" });
    expect(await codeOf(elsewhere.get("absent"))).toBe("NoSuchBucket");
    expect(await codeOf(elsewhere.put("k", Buffer.from("x")))).toBe("NoSuchBucket");
    expect(await codeOf(elsewhere.listV2({} as OSS.ListV2ObjectsQuery))).toBe("NoSuchBucket");
  });

  it("reflect files that other programs wrote, even over an existing object", async () => {
    const oss = await startTestOss();
    const path = join(oss.root, BUCKET, "index-0");
    await oss.client().put("index-0", Buffer.from("ours"), { meta: { uid: 1, pid: 1 } });
    await writeFile(path, "hello world");
    const { res, meta } = await oss.client().head("index-0");
    expect(res.headers).toMatchObject({ etag: '"5EB63BBBE01EEED093CB22BB8F5ACDC3"', "x-oss-hash-crc64ecma": "5981764153023615706" });
    expect(meta).toBeNull();
  });

  it("keep metadata and multipart ETags across a restart", async () => {
    const oss = await startTestOss();
    await oss.client().put("k", Buffer.from("x"), { meta: { uid: 1, pid: 2 } });
    const { startOss } = await import("../../../../infra/local/oss/startOss.ts");
    await oss.close();
    const again = await startOss({ root: oss.root, port: 0, region: "cn-hangzhou", credentials: [KEYS] });
    const head = await oss.client({ endpoint: again.url }).head("k");
    expect(head.meta).toEqual({ uid: "1", pid: "2" });
    await again.close();
  });
});
