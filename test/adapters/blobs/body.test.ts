import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { answerWithin, collect, guardedBody } from "../../../shared/adapters/blobs/body.ts";
import { ossBlobStore } from "../../../shared/adapters/oss/blobStore.ts";
import { s3BlobStore } from "../../../shared/adapters/s3/blobStore.ts";
import type { BlobStore } from "../../../shared/model/blobStore.ts";

const KEYS = { accessKeyId: "id", secretAccessKey: "secret" };
const PAUSE_MS = 30;

async function* pieces(count: number, sizeBytes: number): AsyncGenerator<Buffer, void, undefined> {
  for (let piece = 0; piece < count; piece += 1) {
    await sleep(PAUSE_MS);
    yield Buffer.alloc(sizeBytes);
  }
}

const bodyOf = (count: number, sizeBytes: number) =>
  guardedBody({ body: Readable.from(pieces(count, sizeBytes)), sizeBytes: count * sizeBytes, idleTimeoutMs: 200, subject: "blob" });

describe("a body that arrives without a long pause", () => {
  it("is given up when it arrives byte by byte for longer than the pause that is allowed", async () => {
    const message = expect.stringMatching(/^blob: the body arrives too slowly: \d+ bytes in/);
    await expect(collect(bodyOf(1000, 1), "blob")).rejects.toMatchObject({ code: "transient", message });
  });

  it("is read however long it takes as long as it has a minimal rate", async () => {
    expect((await collect(bodyOf(20, 4096), "blob")).byteLength).toBe(20 * 4096);
  });

  it("is not blamed for the time that its consumer takes", async () => {
    let seen = 0;
    for await (const piece of bodyOf(4, 10)) {
      seen += piece.byteLength;
      await sleep(150);
    }
    expect(seen).toBe(40);
  });
});

describe("an answer that does not end", () => {
  it("is given up after five pauses, and later for what was sent", async () => {
    const never = new Promise<never>(() => undefined);
    await expect(answerWithin(never, "call", { idleTimeoutMs: 10 })).rejects.toMatchObject({ code: "transient" });
    const slow = sleep(300, "sent");
    expect(await answerWithin(slow, "call", { idleTimeoutMs: 10, sentBytes: 64 * 1024 })).toBe("sent");
  });

  const stores: Record<string, (endpoint: string) => BlobStore> = {
    s3: (endpoint) => s3BlobStore({ bucket: "bucket", basePath: "", region: "us-east-1", endpoint, requestTimeoutMs: 100, ...KEYS }),
    oss: (endpoint) => ossBlobStore({ bucket: "bucket", basePath: "", region: "cn-hangzhou", endpoint, requestTimeoutMs: 100, ...KEYS }),
  };
  for (const [name, open] of Object.entries(stores))
    it(`is given up as a listing of ${name} that arrives byte by byte`, async () => {
      const server = createServer((_request, response) => {
        response.writeHead(200, { "content-type": "application/xml" });
        const timer = setInterval(() => response.write(" "), 20);
        response.on("close", () => clearInterval(timer));
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const store = open(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      const listed = async () => {
        for await (const _blob of store.list(""));
      };
      await expect(listed()).rejects.toMatchObject({ code: "transient" });
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
});
