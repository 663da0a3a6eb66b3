import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ossBlobStore } from "../../../shared/adapters/oss/blobStore.ts";
import { s3BlobStore } from "../../../shared/adapters/s3/blobStore.ts";
import { wireOssBlobStore } from "../../../shared/adapters/wire/oss.ts";
import { wireS3BlobStore } from "../../../shared/adapters/wire/s3.ts";
import type { BlobStore } from "../../../shared/model/blobStore.ts";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { keysOf } from "../../contract/blobStoreSubject.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const DATE = new Date("2026-11-21T04:30:00Z").toUTCString();
const MEGABYTE = 1024 * 1024;

const send =
  (body: string | Buffer, headers: Record<string, string> = {}): Answer =>
  (_request, response) =>
    response.writeHead(200, { "content-type": "application/xml", date: DATE, ...headers }).end(body);

/** Sends one piece again and again, as long as the client reads. */
const withoutEnd =
  (piece: Buffer, headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response.writeHead(200, { date: DATE, ...headers });
    const more = () => {
      while (!response.destroyed && response.write(piece));
    };
    response.on("drain", more);
    more();
  };

const contents = (key: string, size = 10) =>
  `<Contents><Key>${key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>"x"</ETag><Size>${size}</Size><Type>Normal</Type></Contents>`;
const page = (keys: string, token?: string) => {
  const next = token === undefined ? "" : `<NextContinuationToken>${token}</NextContinuationToken>`;
  const head = `<Name>bucket</Name><Prefix></Prefix><MaxKeys>1000</MaxKeys><KeyCount>1</KeyCount><IsTruncated>${token !== undefined}</IsTruncated>`;
  return `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult>${head}${next}${keys}</ListBucketResult>`;
};
const isListing = ({ url = "" }: IncomingMessage) => url.includes("list-type");

const keys = { accessKeyId: "AKHOSTILE", secretAccessKey: "secret-of-the-hostile-test" };
const at = { bucket: "bucket", basePath: "base", requestTimeoutMs: 5_000, ...keys };
const STORES: readonly [service: string, how: string, (endpoint: string) => BlobStore][] = [
  ["OSS", "ali-oss", (endpoint) => ossBlobStore({ ...at, region: "cn-hangzhou", endpoint })],
  ["OSS", "requests of our own", (endpoint) => wireOssBlobStore({ ...at, region: "cn-hangzhou", endpoint })],
  ["S3", "the AWS SDK", (endpoint) => s3BlobStore({ ...at, region: "us-east-1", endpoint })],
  ["S3", "requests of our own", (endpoint) => wireS3BlobStore({ ...at, region: "us-east-1", endpoint })],
];

describe.each(STORES)("%s that answers something else to %s", (name, _how, open) => {
  let server: Server;
  let answer: Answer;
  let requests = 0;
  let store: BlobStore;
  beforeEach(async () => {
    requests = 0;
    server = createServer((request, response) => {
      requests += 1;
      response.on("error", () => undefined);
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    store = open(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it.each([
    ["a web page", "<html><body>login</body></html>"],
    ["nothing", ""],
    ["another document", '<?xml version="1.0"?><ListAllMyBucketsResult><Owner/></ListAllMyBucketsResult>'],
    ["a page of a listing that is inflated", gzipSync(page(contents("base/index-0")))],
  ])("is no empty bucket when a listing is %s", async (_, body) => {
    answer = send(body, Buffer.isBuffer(body) ? { "content-encoding": "gzip" } : {});
    const message = expect.stringMatching(new RegExp(`(is no listing of|that is not of) ${name}`));
    await expect(keysOf(store, "")).rejects.toMatchObject({ code: "transient", message });
  });

  it("does not collect a listing without end", async () => {
    answer = withoutEnd(Buffer.from(contents(`base/${"y".repeat(800)}`).repeat(100)));
    const before = process.memoryUsage().rss;
    await expect(keysOf(store, "")).rejects.toMatchObject({ code: "transient", message: expect.stringMatching(/more than .*(MB|bytes)/) });
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * MEGABYTE);
  });

  it("does not follow truncated pages that lead nowhere", async () => {
    answer = send(page("", "same"));
    await expect(keysOf(store, "")).rejects.toMatchObject({ message: expect.stringContaining("names the same next page twice") });
    expect(requests).toBe(2);
    answer = (request, response) => send(page(contents("base/index-0"), `t${requests}`))(request, response);
    await expect(keysOf(store, "")).rejects.toMatchObject({ message: expect.stringContaining("21 pages in a row without a new key") });
    expect(requests).toBe(2 + 22);
  });

  it("goes on over pages without a key, as long as they are few", async () => {
    answer = (request, response) => send(requests < 15 ? page("", `t${requests}`) : page(contents("base/index-0")))(request, response);
    expect(await keysOf(store, "")).toEqual(["index-0"]);
  });

  it.each([
    ["ignores the range", {}],
    ["says that it heeds the range", { "content-range": "bytes 0-10/11" }],
  ])("does not read the body without end of a root that is listed with 10 bytes (%s)", async (_, headers) => {
    const body = withoutEnd(Buffer.alloc(65_536, 32), { "content-type": "application/octet-stream", ...headers });
    answer = (request, response) => {
      if (isListing(request)) return send(page(contents("base/index-0")))(request, response);
      const { writeHead } = response;
      response.writeHead = ((_status: number, given: Record<string, string>) =>
        writeHead.call(response, "content-range" in headers ? 206 : 200, given)) as typeof writeHead;
      return body(request, response);
    };
    const before = process.memoryUsage().rss;
    // OSS announces the size of each blob, so that a body without one is no blob of it.
    await expect(openRepository(store)).rejects.toMatchObject({ code: expect.stringMatching(/transient|conflict/) });
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * MEGABYTE);
  });

  it("has no time in its listing that no date has", async () => {
    answer = send(page(contents("base/index-0").replace("2026-01-01T00:00:00.000Z", "+99999-01-01T00:00:00.000Z")));
    const listed = async () => {
      for await (const { lastModified } of store.list("")) return lastModified?.toISOString();
      return "none";
    };
    expect(await listed().catch(({ code }: { code: string }) => code)).toBeOneOf([undefined, "permanent", "transient"]);
  });
});
