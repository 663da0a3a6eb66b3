import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { Agent, createServer, get, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readingIntoSharedMemory } from "../../../shared/adapters/wire/sharedReading.ts";
import { wholeBody } from "../../../shared/adapters/wire/wholeBody.ts";

const file = (name: string) => readFileSync(fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url)), "utf8");

describe("TLS connections that read into the same memory", () => {
  const blob = randomBytes(3_000_000);
  let server: Server;
  beforeAll(async () => {
    server = createServer({ key: file("server.key"), cert: file("server.pem") + file("ca.pem") }, (_request, response) => {
      response.writeHead(200, { "content-length": String(blob.length) }).end(blob);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it("give each blob its own bytes", async () => {
    const agent = readingIntoSharedMemory(new Agent({ keepAlive: true, ca: file("ca.pem"), maxSockets: 4 }));
    const { port } = server.address() as AddressInfo;
    const read = () =>
      new Promise<Uint8Array>((resolve, reject) => {
        get({ agent, hostname: "127.0.0.1", port }, (body) => {
          wholeBody({ body, sizeBytes: blob.length, idleTimeoutMs: 5_000, subject: "blob" }).then(resolve, reject);
        }).on("error", reject);
      });
    const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
    for (const bytes of await Promise.all(Array.from({ length: 12 }, read))) expect(hash(bytes)).toBe(hash(blob));
    agent.destroy();
  });
});
