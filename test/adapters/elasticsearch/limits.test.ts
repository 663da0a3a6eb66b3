import { createServer, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { elasticsearchCluster } from "../../../shared/adapters/elasticsearch/cluster.ts";

const MEGABYTE = 1024 * 1024;
let server: Server | undefined;

/** A server that answers every request like this. */
async function answering(answer: (response: ServerResponse) => void, requestTimeoutMs = 400) {
  const opened = createServer((_request, response) => answer(response));
  server = opened;
  await new Promise<void>((resolve) => opened.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(opened.address() as AddressInfo).port}`;
  return elasticsearchCluster({ name: "target", url, requestTimeoutMs });
}

const json = { "content-type": "application/json" };

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
});

describe("a port that speaks no HTTP", () => {
  it("ends the request in time: the client's own promise would never settle", async () => {
    const sockets: Socket[] = [];
    const opened = createTcpServer((socket) => {
      sockets.push(socket);
      socket.on("error", () => undefined);
      socket.write("SSH-2.0-OpenSSH\r\n");
    });
    await new Promise<void>((resolve) => opened.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(opened.address() as AddressInfo).port}`;
    const cluster = elasticsearchCluster({ name: "target", url, requestTimeoutMs: 300 });
    await expect(cluster.info()).rejects.toMatchObject({ code: "transient" });
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => opened.close(resolve));
  });
});

describe("an answer that has begun", () => {
  it("has the same time limit for its body as for its headers", async () => {
    let closed = () => {};
    const isClosed = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const cluster = await answering((response) => {
      response.writeHead(200, json);
      response.write('{"version":');
      response.on("close", () => closed());
    });
    await expect(cluster.info()).rejects.toMatchObject({ code: "transient", message: expect.stringContaining("no answer in time") });
    await isClosed;
  });

  it("has it also when it trickles, a byte at a time", async () => {
    const cluster = await answering((response) => {
      response.writeHead(200, json);
      const timer = setInterval(() => response.write(" "), 20);
      response.on("close", () => clearInterval(timer));
    });
    await expect(cluster.info()).rejects.toMatchObject({ code: "transient", message: expect.stringContaining("no answer in time") });
  });
});

describe("a compressed answer that nobody asked for", () => {
  it("is read", async () => {
    const bytes = gzipSync(JSON.stringify({ backups: { type: "fs", settings: { location: "/srv" } } }));
    const cluster = await answering((response) => response.writeHead(200, { ...json, "content-encoding": "gzip" }).end(bytes));
    expect((await cluster.listRepositories()).map(({ name }) => name)).toEqual(["backups"]);
  });

  it("is inflated up to the limit of any answer only", async () => {
    const bytes = gzipSync(Buffer.alloc(160 * MEGABYTE, " "));
    const cluster = await answering((response) => response.writeHead(200, { ...json, "content-encoding": "gzip" }).end(bytes), 20_000);
    await expect(cluster.info()).rejects.toMatchObject({
      code: "permanent",
      message: expect.stringContaining("inflates to more than 134217728 bytes"),
    });
  });

  it("that is no gzip is an answer that cannot be read", async () => {
    const cluster = await answering((response) => response.writeHead(200, { ...json, "content-encoding": "gzip" }).end("no gzip"));
    await expect(cluster.info()).rejects.toMatchObject({ code: "permanent", message: expect.stringContaining("no gzip or deflate") });
  });
});
