import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { elasticsearchCluster } from "../../../shared/adapters/elasticsearch/cluster.ts";
import { networkFault } from "../../../shared/adapters/network/networkFault.ts";
import { ossBlobStore } from "../../../shared/adapters/oss/blobStore.ts";
import { s3BlobStore } from "../../../shared/adapters/s3/blobStore.ts";

const PAGE = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center><hr>nginx</body></html>";

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A server that answers everything with a web page, or not at all. */
async function pageServer(status: number | "cut" | "silent"): Promise<string> {
  const server = createServer((request, answer) => {
    request.resume();
    if (status === "cut") request.socket.destroy();
    else if (status !== "silent") answer.writeHead(status, { "content-type": "text/html", date: new Date().toUTCString() }).end(PAGE);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Every message of the adapters about one address. */
async function messagesAt(endpoint: string): Promise<string[]> {
  const options = {
    bucket: "bucket",
    basePath: "",
    endpoint,
    region: "cn-hangzhou",
    accessKeyId: "AK",
    secretAccessKey: "SK",
    requestTimeoutMs: 500,
  };
  const stores = [ossBlobStore({ ...options, securityToken: undefined }), s3BlobStore(options)];
  const cluster = elasticsearchCluster({ name: "one", url: endpoint, requestTimeoutMs: 500 });
  const calls = [
    ...stores.flatMap((store) => [() => store.get("index-1"), () => store.put("x", Buffer.from("a")), () => firstOf(store.list("index"))]),
    () => cluster.info(),
    () => cluster.listRepositories(),
  ];
  const messages: string[] = [];
  for (const call of calls) await call().then(undefined, (error: unknown) => messages.push((error as Error).message));
  return messages;
}

async function firstOf(list: AsyncIterable<unknown>): Promise<unknown> {
  for await (const one of list) return one;
  return undefined;
}

/** What belongs to OpenSSL, urllib, the SDKs and parsers, and to pages of proxies. */
const FOREIGN =
  /SSL routines|EPROTO|error:0|urllib|keepalive socket|headers: \{|smithy|aws-sdk|\$response|Line: \d|Unexpected close tag|Invalid input|<html|github\.com|\n/i;

describe("messages about an address where something else answers, or nothing", () => {
  it.each(["page 502", "page 403", "page 404", "page 200", "page 307", "cut", "silent", "plain text where TLS is expected", "nothing"])(
    "are ours: %s",
    async (what) => {
      const status = what === "cut" || what === "silent" ? what : Number(what.split(" ")[1]) || 200;
      const url = what === "nothing" ? "http://127.0.0.1:1" : await pageServer(status);
      const messages = await messagesAt(what.startsWith("plain") ? url.replace("http:", "https:") : url);
      expect(messages.length).toBeGreaterThanOrEqual(5);
      for (const message of messages) {
        expect(message).not.toMatch(FOREIGN);
        expect(message.length).toBeLessThan(260);
      }
    },
    20_000,
  );
});

describe("a fault of the network", () => {
  it.each([
    ["connect ECONNREFUSED 127.0.0.1:1, GET http://127.0.0.1:1/x -1 (connected: false)\nheaders: {}", "connection refused", false],
    ["getaddrinfo ENOTFOUND bucket.nowhere", "host name not found", false],
    ["unable to verify the first certificate", "its certificate is not signed by a CA that is known here", true],
    ["certificate has expired", "its certificate has expired", true],
    [
      "Hostname/IP does not match certificate's altnames: Host: a. is not in the cert's altnames",
      "its certificate is for another host name",
      true,
    ],
    [
      "write EPROTO 805C:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/openssl/record.c:350:\n",
      "no TLS is spoken there: write http://, or another port",
      true,
    ],
    ["write EPROTO 805C:error:14094410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure", "the TLS handshake failed", false],
    ["Response timeout for 1000ms, please increase the timeout, see https://github.com/ali-sdk/ali-oss", "the time ran out", false],
    ["@smithy/node-http-handler - [ERROR] a request has exceeded the configured 1000 ms requestTimeout.", "the time ran out", false],
    ["socket hang up, GET http://127.0.0.1/ -1", "connection cut", false],
    ["Parse Error: Header overflow", "the header of its answer is too large", false],
    ["Parse Error: Expected HTTP/", "its answer is not HTTP: is the port right?", false],
    ["", "connection failed", false],
    ["something new, GET http://host/?Signature=x -1 (connected: true)", "something new", false],
  ])("%s", (said, text, isLasting) => {
    expect(networkFault(said)).toEqual({ text, isLasting });
  });
});
