import { Readable } from "node:stream";
import OSS from "ali-oss";
import { describe, expect, it } from "vitest";
import { BUCKET, codeOf, startTestOss } from "./startTestOss.ts";

/** ali-oss's types lack many of its methods. */
type Untyped = Record<string, (...args: unknown[]) => Promise<unknown>>;
type Call = (client: Untyped) => Promise<unknown>;

async function ask(client: Untyped, method: string, ...args: unknown[]): Promise<unknown> {
  const own = client[method];
  if (own === undefined) throw new Error(`ali-oss has no method ${method}`);
  return own.apply(client, args);
}

const PART_BYTES = 100 * 1024;

async function uploading(client: Untyped): Promise<{ uploadId: string; etag: string }> {
  const { uploadId } = (await ask(client, "initMultipartUpload", "big")) as { uploadId: string };
  const body = Buffer.alloc(PART_BYTES, 1);
  const part = (await ask(client, "uploadPart", "big", uploadId, 1, Readable.from([body]), 0, PART_BYTES)) as { etag: string };
  return { uploadId, etag: part.etag };
}

async function fetched(url: unknown): Promise<void> {
  const answer = await fetch(String(await url));
  if (!answer.ok) throw Object.assign(new Error(await answer.text()), { code: `status ${answer.status}` });
}

/** Every object and multipart method that sends a request, as OSS answers it. "k" exists and holds ten bytes. */
const ANSWERED: Record<string, Call> = {
  abortMultipartUpload: async (client) => ask(client, "abortMultipartUpload", "big", (await uploading(client)).uploadId),
  asyncSignatureUrl: async (client) => fetched(ask(client, "asyncSignatureUrl", "k")),
  completeMultipartUpload: async (client) => {
    const { uploadId, etag } = await uploading(client);
    await ask(client, "completeMultipartUpload", "big", uploadId, [{ number: 1, etag }]);
    await ask(client, "head", "big");
  },
  copy: async (client) => ask(client, "copy", "k2", "k"),
  delete: async (client) => ask(client, "delete", "k"),
  deleteMulti: async (client) => ask(client, "deleteMulti", ["k"]),
  get: async (client) => ask(client, "get", "k"),
  getACL: async (client) => ask(client, "getACL", "k"),
  getObjectMeta: async (client) => ask(client, "getObjectMeta", "k"),
  getStream: async (client) => {
    const { stream } = (await ask(client, "getStream", "k")) as { stream: Readable };
    await stream.toArray();
  },
  head: async (client) => ask(client, "head", "k"),
  initMultipartUpload: async (client) => ask(client, "initMultipartUpload", "big"),
  list: async (client) => ask(client, "list", { "max-keys": 1 }, {}),
  listParts: async (client) => ask(client, "listParts", "big", (await uploading(client)).uploadId),
  listUploads: async (client) => ask(client, "listUploads", { "max-uploads": 10 }),
  listV2: async (client) => ask(client, "listV2", {}),
  multipartUpload: async (client) => ask(client, "multipartUpload", "big", Buffer.alloc(3 * PART_BYTES), { partSize: PART_BYTES }),
  multipartUploadCopy: async (client) => {
    await ask(client, "put", "large", Buffer.alloc(3 * PART_BYTES));
    await ask(client, "multipartUploadCopy", "big", { sourceKey: "large", sourceBucketName: BUCKET }, { partSize: PART_BYTES });
  },
  put: async (client) => ask(client, "put", "k", Buffer.from("x")),
  putMeta: async (client) => ask(client, "putMeta", "k", { uid: "1" }),
  putStream: async (client) => ask(client, "putStream", "k", Readable.from([Buffer.from("x")])),
  signatureUrl: async (client) => fetched(ask(client, "signatureUrl", "k")),
  signatureUrlV4: async (client) => fetched(ask(client, "signatureUrlV4", "GET", 60, undefined, "k")),
  uploadPart: uploading,
  uploadPartCopy: async (client) => {
    const { uploadId } = await uploading(client);
    await ask(client, "uploadPartCopy", "big", uploadId, 2, "0-9", { sourceKey: "k", sourceBucketName: BUCKET });
  },
};

const LATER = { url: "http://127.0.0.1:1/x", object: "fetched", host: "h", storageClass: "Standard" };

/** What OSS answers and the stand-in does not: it says so, and changes nothing. */
const NOT_IMPLEMENTED: Record<string, Call> = {
  append: async (client) => ask(client, "append", "k", Buffer.from("x")),
  deleteObjectTagging: async (client) => ask(client, "deleteObjectTagging", "k"),
  getAsyncFetch: async (client) => ask(client, "getAsyncFetch", "task"),
  getBucketVersions: async (client) => ask(client, "getBucketVersions", {}),
  getObjectTagging: async (client) => ask(client, "getObjectTagging", "k"),
  getSymlink: async (client) => ask(client, "getSymlink", "k"),
  listObjectVersions: async (client) => ask(client, "listObjectVersions", {}),
  postAsyncFetch: async (client) => ask(client, "postAsyncFetch", "fetched", LATER.url),
  // It takes every status for a success.
  processObjectSave: async (client) => {
    const { res } = (await ask(client, "processObjectSave", "k", "k2", "image/resize,w_1")) as { res: { status: number } };
    throw Object.assign(new Error(), { code: res.status === 501 ? "NotImplemented" : `status ${res.status}` });
  },
  putACL: async (client) => ask(client, "putACL", "k", "public-read"),
  putObjectTagging: async (client) => ask(client, "putObjectTagging", "k", { a: "b" }),
  putSymlink: async (client) => ask(client, "putSymlink", "link", "k", {}),
  restore: async (client) => ask(client, "restore", "k"),
};

/** Computed by ali-oss without a request. */
const LOCAL = ["calculatePostSignature", "generateObjectUrl", "getObjectUrl", "signPostObjectPolicyV4"];

async function open(): Promise<Untyped> {
  const oss = await startTestOss();
  const client = oss.client({ endpoint: `http://localhost:${oss.port}`, sldEnable: true, authorizationV4: false });
  await client.put("k", Buffer.from("0123456789"));
  return client as unknown as Untyped;
}

describe("ali-oss's object and multipart methods", () => {
  it.each(Object.entries(ANSWERED))("%s is answered", async (_, call) => {
    const client = await open();
    expect(await codeOf(call(client))).toBe("no error");
  });

  it.each(Object.entries(NOT_IMPLEMENTED))("%s is answered with 501", async (_, call) => {
    const client = await open();
    expect(await codeOf(call(client))).toBe("NotImplemented");
    expect(await ask(client, "get", "k")).toMatchObject({ content: Buffer.from("0123456789") });
  });

  it("processes no image, and serves no version, where a plain object would be another answer", async () => {
    const client = await open();
    expect(await codeOf(ask(client, "get", "k", { process: "image/resize,w_1" }))).toBe("NotImplemented");
    expect(await codeOf(ask(client, "get", "k", { versionId: "1" }))).toBe("NotImplemented");
  });

  it("are all among these", () => {
    const bucketOrOther = /[Bb]ucket|Channel|Vod|Rtmp|^_|Cancel|^cancel|signature$|^authorization|^request|parseXML|check|setSLD|userAgent/;
    const listed = [...Object.keys(ANSWERED), ...Object.keys(NOT_IMPLEMENTED), ...LOCAL];
    const names = Object.keys(Object.getPrototypeOf(new OSS({ accessKeyId: "a", accessKeySecret: "b" }))).filter(
      (name) => !bucketOrOther.test(name) || listed.includes(name),
    );
    expect(names.filter((name) => !listed.includes(name))).toEqual([]);
  });
});
