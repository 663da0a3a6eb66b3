import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type S3BlobStoreOptions, s3BlobStore } from "../../../shared/adapters/s3/blobStore.ts";
import { wireS3BlobStore } from "../../../shared/adapters/wire/s3.ts";
import { bytesOf, keysOf } from "../../contract/blobStoreSubject.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const KEYS = { accessKeyId: "AKFAULTS", secretAccessKey: "secret-of-the-fault-test", securityToken: "token-of-the-fault-test" };

/** Responds like S3, in XML. */
function answerXml(status: number, xml: string, headers: Record<string, string> = {}): Answer {
  return (request, response) => {
    request.resume();
    response.writeHead(status, { "Content-Type": "application/xml", ...headers });
    response.end(request.method === "HEAD" ? undefined : `<?xml version="1.0" encoding="UTF-8"?>${xml}`);
  };
}

function answerError(status: number, code: string, headers: Record<string, string> = {}): Answer {
  return answerXml(status, `<Error><Code>${code}</Code><Message>said by the server</Message></Error>`, headers);
}

const STORES = [
  ["the AWS SDK", s3BlobStore],
  ["requests of our own", wireS3BlobStore],
] as const;

describe.each(STORES)("S3 through %s, on a failing server", (_how, openStore) => {
  let server: Server;
  let answer: Answer = answerError(500, "InternalError");
  let seen: IncomingMessage[] = [];
  let options: S3BlobStoreOptions;
  beforeEach(async () => {
    seen = [];
    server = createServer((request, response) => {
      seen.push(request);
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    options = { bucket: "bucket", basePath: "base", region: "us-east-1", endpoint, requestTimeoutMs: 400, idleTimeoutMs: 200, ...KEYS };
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it("signs with the token of temporary keys", async () => {
    answer = answerXml(200, "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>", { Date: new Date().toUTCString() });
    const list = async (change: Partial<S3BlobStoreOptions>) => {
      seen = [];
      for await (const _ of openStore({ ...options, ...change }).list(""));
      return seen[0]?.headers ?? {};
    };
    const headers = await list({});
    expect(headers["x-amz-security-token"]).toBe(KEYS.securityToken);
    expect(headers.authorization).toMatch(/SignedHeaders=[^,]*x-amz-security-token/);
    expect(await list({ securityToken: undefined })).not.toHaveProperty("x-amz-security-token");
  });

  it("treats a cut body as transient", async () => {
    answer = (_request, response) => {
      response.writeHead(200, { "Content-Length": "1000" });
      response.write("x".repeat(500), () => response.destroy());
    };
    await expect(openStore(options).get("blob")).rejects.toMatchObject({ code: "transient" });
  });

  it("gives up on a body that stalls", async () => {
    answer = (_request, response) => {
      response.writeHead(200, { "Content-Length": "1000" });
      response.write("x".repeat(500));
    };
    const message = expect.stringContaining("stalled for 0.2 s");
    await expect(openStore(options).get("blob")).rejects.toMatchObject({ code: "transient", message });
  });

  it("gives up on a response that does not arrive, and on a listing that stalls", async () => {
    answer = () => undefined;
    await expect(openStore(options).head("blob")).rejects.toMatchObject({ code: "transient" });
    answer = (_request, response) => {
      response.writeHead(200, { "Content-Type": "application/xml" });
      response.write("<ListBucketResult>");
    };
    await expect(keysOf(openStore(options), "")).rejects.toMatchObject({ code: "transient" });
  });

  it("reports the retry delay of a throttled request, and does not retry by itself", async () => {
    answer = answerError(503, "SlowDown", { "Retry-After": "7" });
    await expect(openStore(options).put("blob", bytesOf("x"))).rejects.toMatchObject({ code: "transient", retryAfterMs: 7000 });
    expect(seen).toHaveLength(1);
  });

  it("treats a refused connection as transient", async () => {
    const store = openStore({ ...options, endpoint: "http://127.0.0.1:1" });
    await expect(store.head("blob")).rejects.toMatchObject({ code: "transient" });
  });

  it.each([
    [400, "InvalidArgument", "invalid"],
    [400, "RequestTimeout", "transient"],
    [400, "BadDigest", "transient"],
    [403, "AccessDenied", "denied"],
    [403, "RequestTimeTooSkewed", "denied"],
    [404, "NoSuchBucket", "absent"],
    [409, "ConditionalRequestConflict", "conflict"],
    [412, "PreconditionFailed", "conflict"],
    [500, "InternalError", "transient"],
    [501, "NotImplemented", "invalid"],
  ])("maps HTTP %i %s to %s", async (status, code, expected) => {
    answer = answerError(status, code);
    const error = await openStore(options)
      .put("blob", bytesOf("x"))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: expected, message: expect.stringContaining(code) });
    expect((error as Error).message.includes("clock is wrong")).toBe(code === "RequestTimeTooSkewed");
    for (const secret of [KEYS.secretAccessKey, KEYS.securityToken])
      expect(JSON.stringify([error, String(error), (error as Error).cause])).not.toContain(secret);
  });

  it("asks the store to verify the body and to put only if absent", async () => {
    answer = answerXml(200, "", { Date: "Sat, 21 Nov 2026 04:00:00 GMT" });
    const { at } = await openStore(options).put("blob", bytesOf("x"), { ifAbsent: true });
    expect(at).toEqual(new Date("2026-11-21T04:00:00Z"));
    expect(seen[0]?.url).toContain("/bucket/base/blob");
    expect(seen[0]?.headers).toMatchObject({ "if-none-match": "*", "content-md5": "ndTkYSaMgDT1yFZOFVxnpg==" });
  });

  /** Takes an upload in parts and shows the result under another ETag than it answers; `stored` is what is read back. */
  function takesParts({ answered, shown, stored }: { answered: string; shown: string; stored: Buffer }): Answer {
    return (request, response) => {
      const { method, url = "" } = request;
      if (method === "POST" && url.includes("uploads"))
        return answerXml(200, "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>")(request, response);
      if (method === "POST")
        return answerXml(200, `<CompleteMultipartUploadResult><ETag>"${answered}"</ETag></CompleteMultipartUploadResult>`)(
          request,
          response,
        );
      request.resume();
      if (method === "PUT") return void response.writeHead(200, { etag: '"part"' }).end();
      response.writeHead(200, { etag: `"${shown}"`, "content-length": stored.length });
      response.end(method === "HEAD" ? undefined : stored);
    };
  }
  const BLOB = Buffer.from("one blob in three parts");
  const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest();
  const composite = () => {
    const parts = [BLOB.subarray(0, 10), BLOB.subarray(10, 20), BLOB.subarray(20)];
    return `${md5(Buffer.concat(parts.map(md5))).toString("hex")}-3`;
  };
  const putParts = () =>
    openStore({ ...options, partSizeBytes: 10 }).putFrom("blob", BLOB.length, async ({ start, end }) => BLOB.subarray(start, end));

  it.each([
    ["answers it", "opaque", () => "opaque", 0],
    ["lists the MD5 of all bytes", "opaque", () => md5(BLOB).toString("hex"), 0],
    ["lists the MD5 of the parts", "opaque", composite, 0],
    ["lists another one for the same bytes, which are read back", "opaque", () => "other", 1],
  ])("knows the ETag of a blob in parts where the store %s", async (_how, answered, shown, reads) => {
    answer = takesParts({ answered, shown: shown(), stored: BLOB });
    expect(await putParts()).toEqual({ etag: shown() });
    expect(seen.filter(({ method }) => method === "GET")).toHaveLength(reads);
  });

  it("does not take what another write left for a blob in parts that it wrote", async () => {
    const foreign = Buffer.from("another blob, same size");
    answer = takesParts({ answered: "opaque", shown: md5(foreign).toString("hex"), stored: foreign });
    await expect(putParts()).rejects.toMatchObject({ code: "transient", message: expect.stringContaining("another write arrived") });
  });

  it("names the keys that a delete left, and is denied when the store denies one", async () => {
    const left = (code: string) =>
      `<DeleteResult><Deleted><Key>base/a</Key></Deleted><Error><Key>base/b</Key><Code>${code}</Code></Error></DeleteResult>`;
    answer = answerXml(200, left("InternalError"));
    const store = openStore(options);
    await expect(store.delete(["a", "b", "c"])).rejects.toMatchObject({
      code: "transient",
      message: expect.stringMatching(/2 of 3 .*base\/b \(InternalError\), base\/c/),
    });
    answer = answerXml(200, left("AccessDenied"));
    await expect(store.delete(["a", "b"])).rejects.toMatchObject({ code: "denied" });
  });

  it("rejects a truncated listing without a continuation token", async () => {
    answer = answerXml(
      200,
      "<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>base/a</Key><Size>1</Size></Contents></ListBucketResult>",
    );
    await expect(keysOf(openStore(options), "")).rejects.toMatchObject({ code: "transient" });
  });

  it("cuts the range out of a response with the whole blob", async () => {
    answer = (_request, response) => {
      response.writeHead(200, { "Content-Length": "10" });
      response.end("0123456789");
    };
    expect(Buffer.from((await openStore(options).get("blob", { start: 3, end: 5 })) ?? []).toString()).toBe("34");
  });
});
