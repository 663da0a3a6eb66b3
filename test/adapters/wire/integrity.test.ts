import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { crc64Text } from "../../../shared/adapters/wire/crc64.ts";
import { wireOssBlobStore } from "../../../shared/adapters/wire/oss.ts";
import { wireS3BlobStore } from "../../../shared/adapters/wire/s3.ts";

type Answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

const keys = { accessKeyId: "AKINTEGRITY", secretAccessKey: "secret-of-the-integrity-test" };
const BLOB = Buffer.from("the bytes of one blob");
const DAMAGED = Buffer.from("the bytes of One blob");
const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");
const deleted = "<DeleteResult><Deleted><Key>base/blob</Key></Deleted></DeleteResult>";

describe("bytes that change on the way", () => {
  let server: Server;
  let answer: Answer;
  let seen: string[] = [];
  let options: Parameters<typeof wireS3BlobStore>[0];
  beforeEach(async () => {
    seen = [];
    server = createServer(async (request, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      seen.push(`${request.method} ${request.url}`);
      answer(request, response, Buffer.concat(pieces));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    options = { bucket: "bucket", basePath: "base", region: "cn-hangzhou", endpoint, requestTimeoutMs: 2_000, ...keys };
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  /** Answers the bodies in turn, the last one for ever, each with the headers of the blob as it is. */
  const bodies = (headers: Record<string, string>, ...all: Buffer[]): Answer => {
    let count = 0;
    return (_request, response) => {
      const body = all[Math.min(count, all.length - 1)] as Buffer;
      count += 1;
      response.writeHead(200, { "content-length": String(body.length), ...headers }).end(body);
    };
  };
  const etag = { etag: `"${md5(BLOB)}"` };
  const crc = { "x-oss-hash-crc64ecma": crc64Text(BLOB), "x-oss-object-type": "Normal" };

  it.each([
    ["S3's ETag", wireS3BlobStore, etag],
    ["OSS's CRC64", wireOssBlobStore, crc],
  ])("are read again once where they are not those of %s", async (_what, open, headers) => {
    answer = bodies(headers, DAMAGED, BLOB);
    expect(await open(options).get("blob")).toEqual(BLOB);
    expect(seen).toHaveLength(2);
  });

  it("are named when they come damaged twice", async () => {
    answer = bodies(crc, DAMAGED);
    await expect(wireOssBlobStore(options).get("blob")).rejects.toMatchObject({
      code: "permanent",
      message: expect.stringMatching(
        new RegExp(`oss://bucket/base/blob: get: its CRC64 is \\d+, the store says ${crc64Text(BLOB)}, twice`),
      ),
    });
    expect(seen).toHaveLength(2);
  });

  it("are named when a store whose ETags were MD5s shows another one", async () => {
    const store = wireS3BlobStore(options);
    answer = bodies(etag, BLOB);
    expect(await store.get("other")).toEqual(BLOB);
    answer = bodies(etag, DAMAGED);
    await expect(store.get("blob")).rejects.toMatchObject({ code: "permanent", message: expect.stringContaining("its MD5 is") });
  });

  it("are named when two readings differ from the ETag and from each other", async () => {
    answer = bodies(etag, DAMAGED, Buffer.from("the Bytes of one blob"));
    await expect(wireS3BlobStore(options).get("blob")).rejects.toMatchObject({ code: "permanent" });
  });

  it("are believed where a server's ETags only look like an MD5", async () => {
    answer = bodies({ etag: '"00000000000000000000000000000000"' }, BLOB);
    expect(await wireS3BlobStore(options).get("blob")).toEqual(BLOB);
  });

  it.each([{ "x-amz-server-side-encryption": "aws:kms" }, { "x-amz-server-side-encryption-customer-algorithm": "AES256" }])(
    "are not compared with the ETag of an encrypted blob: %j",
    async (encryption) => {
      answer = bodies({ etag: '"00000000000000000000000000000000"', ...encryption }, BLOB);
      expect(await wireS3BlobStore(options).get("blob")).toEqual(BLOB);
      expect(seen).toHaveLength(1);
    },
  );

  it.each([
    ["one PUT", undefined],
    ["parts", 10],
  ])("are removed where OSS stored others from %s, and are refused for good the second time", async (_how, partSizeBytes) => {
    answer = (request, response, body) => {
      const headers = { date: new Date().toUTCString(), etag: '"E"', "x-oss-hash-crc64ecma": crc64Text(DAMAGED) };
      if (request.url?.includes("delete")) return response.writeHead(200).end(deleted);
      if (request.url?.includes("uploads")) return response.writeHead(200).end("<R><UploadId>u</UploadId></R>");
      if (request.method === "PUT") expect(request.headers["content-md5"]).toBe(createHash("md5").update(body).digest("base64"));
      response.writeHead(200, headers).end();
    };
    const store = wireOssBlobStore({ ...options, partSizeBytes });
    const put = () => store.putFrom("blob", BLOB.length, async ({ start, end }) => BLOB.subarray(start, end));
    const wrong = `OSS stored bytes with the CRC64 ${crc64Text(DAMAGED)}, those that were sent have ${crc64Text(BLOB)}`;
    await expect(put()).rejects.toMatchObject({ code: "transient", message: expect.stringContaining(`${wrong}; it was removed`) });
    await expect(put()).rejects.toMatchObject({ code: "permanent", message: expect.stringContaining(`${wrong}, for the second time`) });
    expect(seen.filter((one) => one.includes("delete"))).toHaveLength(2);
  });

  it("are written whole where OSS stored them in parts", async () => {
    const parts: Buffer[] = [];
    answer = (request, response, body) => {
      if (request.url?.includes("uploads")) return response.writeHead(200).end("<R><UploadId>u</UploadId></R>");
      if (request.method === "PUT") parts.push(body);
      const whole = crc64Text(Buffer.concat(parts));
      response.writeHead(200, { date: new Date().toUTCString(), etag: '"E"', "x-oss-hash-crc64ecma": whole }).end();
    };
    const store = wireOssBlobStore({ ...options, partSizeBytes: 10 });
    await store.putFrom("blob", BLOB.length, async ({ start, end }) => BLOB.subarray(start, end));
    expect(Buffer.concat(parts)).toEqual(BLOB);
    expect(parts).toHaveLength(3);
  });

  it("are not taken for stored where a completed upload answers 200 with an error", async () => {
    answer = (request, response) => {
      if (request.url?.includes("uploads")) return response.writeHead(200).end("<R><UploadId>u</UploadId></R>");
      if (request.method !== "POST") return response.writeHead(200, { etag: '"E"' }).end();
      response.writeHead(200).end('<?xml version="1.0"?>\n<Error><Code>InternalError</Code><Message>try again</Message></Error>');
    };
    const store = wireS3BlobStore({ ...options, partSizeBytes: 10 });
    const put = store.putFrom("blob", BLOB.length, async ({ start, end }) => BLOB.subarray(start, end));
    await expect(put).rejects.toMatchObject({ code: "transient", message: expect.stringContaining("InternalError") });
  });
});
