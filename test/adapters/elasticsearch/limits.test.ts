import { createServer, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import v8 from "node:v8";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
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

describe("an answer that is larger than its kind of call allows", () => {
  const sent = (text: string) => answering((response) => response.writeHead(200, json).end(text), 20_000);

  it("is refused above 1 MB for a version", async () => {
    const version = await sent(JSON.stringify({ version: { number: "7.10.2" }, x: "x".repeat(2 * MEGABYTE) }));
    await expect(version.info()).rejects.toMatchObject({ code: "permanent", message: expect.stringMatching(/cannot be read.*1048576/) });
  });

  it("is refused above 16 MB for a list of repositories", async () => {
    const repositories = await sent(JSON.stringify({ backups: { type: "fs", settings: { x: "x".repeat(17 * MEGABYTE) } } }));
    await expect(repositories.listRepositories()).rejects.toMatchObject({ code: "permanent" });
  });

  it("is refused when its values would take too much memory, before they are built", async () => {
    const limit = vi.spyOn(v8, "getHeapStatistics").mockReturnValue({ heap_size_limit: 350 * MEGABYTE } as v8.HeapInfo);
    const snapshots = await sent(`{"snapshots":[],"x":[${"{},".repeat(7_000_000)}{}]}`);
    await expect(snapshots.listSnapshots("backups")).rejects.toMatchObject({
      code: "permanent",
      message: expect.stringContaining("its values would take more than 140 MB of memory"),
    });
    limit.mockRestore();
  });

  it("is read when it is a long list of snapshots", async () => {
    const one = { snapshot: "night", uuid: "u", state: "SUCCESS", indices: Array.from({ length: 50 }, (_, number) => `logs-${number}`) };
    const snapshots = await sent(JSON.stringify({ snapshots: Array.from({ length: 30_000 }, () => one) }));
    expect(await snapshots.listSnapshots("backups")).toHaveLength(30_000);
  });

  it("lists a snapshot in an unknown state as incompatible, beside the others", async () => {
    const states = ["SUCCESS", "SOMETHING_NEW"];
    const snapshots = await sent(JSON.stringify({ snapshots: states.map((state) => ({ snapshot: state, uuid: state, state })) }));
    expect((await snapshots.listSnapshots("backups")).map(({ state }) => state)).toEqual(["SUCCESS", "INCOMPATIBLE"]);
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
      message: expect.stringContaining("inflates to more than 1048576 bytes"),
    });
  });

  it("that is no gzip is an answer that cannot be read", async () => {
    const cluster = await answering((response) => response.writeHead(200, { ...json, "content-encoding": "gzip" }).end("no gzip"));
    await expect(cluster.info()).rejects.toMatchObject({ code: "permanent", message: expect.stringContaining("no gzip or deflate") });
  });
});
