import { createHash, randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { wireS3BlobStore } from "../../../shared/adapters/wire/s3.ts";

const SIZES = [0, 1, 4_096, 65_535, 65_536, 65_537, 300_000, 3_000_000];

/** Blobs by their size; without ETags, so that nothing but the bytes tells whether they are right. */
describe("connections that read into the same memory", () => {
  const blobs = new Map(SIZES.map((size) => [String(size), randomBytes(size)]));
  let server: Server;
  let store: ReturnType<typeof wireS3BlobStore>;
  let connections = 0;
  beforeAll(async () => {
    server = createServer((request, response) => {
      const bytes = blobs.get(request.url?.split("/").at(-1) ?? "") ?? Buffer.alloc(0);
      response.writeHead(200, { "content-length": String(bytes.length) });
      response.end(bytes);
    });
    server.on("connection", () => {
      connections += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    store = wireS3BlobStore({ bucket: "bucket", basePath: "", region: "r", endpoint, accessKeyId: "AK", secretAccessKey: "secret" });
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

  it("give each blob its own bytes, many at once and one after the other on the same connection", async () => {
    const read = async (worker: number) => {
      for (let turn = 0; turn < 12; turn += 1) {
        const key = String(SIZES[(worker + turn) % SIZES.length]);
        const bytes = await store.get(key);
        // Whoever comes later must not find other bytes in it.
        await new Promise((resolve) => setImmediate(resolve));
        expect(hash(bytes ?? Buffer.from("none"))).toBe(hash(blobs.get(key) ?? Buffer.alloc(0)));
      }
    };
    await Promise.all(Array.from({ length: 16 }, (_, worker) => read(worker)));
    expect(connections).toBeLessThanOrEqual(16);
  });

  it("give streams that are read late their own bytes, beside blobs that are read at once", async () => {
    const streams = await Promise.all([1, 2, 3].map(() => store.open("3000000")));
    await Promise.all(Array.from({ length: 8 }, () => store.get("3000000")));
    for (const stream of streams) {
      const pieces: Uint8Array[] = [];
      for await (const piece of stream ?? []) {
        pieces.push(piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(hash(Buffer.concat(pieces))).toBe(hash(blobs.get("3000000") as Buffer));
    }
  });
});
