import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { send } from "../../../../infra/cli/at/send.ts";

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** One request to a server that answers so. */
async function sent(answer: (response: ServerResponse) => unknown, { timeoutMs = 60_000, bytesMax = 1_000_000, method = "GET" } = {}) {
  const server = createServer((_request, response) => void answer(response));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/jobs`);
  const body = method === "GET" ? undefined : "{}";
  return send({ method, url, headers: {}, body }, { timeoutMs, bytesMax }).catch((error: unknown) => error);
}

describe("a request to the HTTP function", () => {
  it("is answered, also compressed", async () => {
    const gzipped = await sent((response) => response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync('{"data":[]}')));
    expect(gzipped).toMatchObject({ status: 200, text: '{"data":[]}' });
  });

  it.each<[string, (response: ServerResponse) => unknown, RegExp]>([
    ["no answer at all", () => undefined, /the HTTP function did not answer: the time was up \(0\.3 s\); is its address right/],
    [
      "a body that never ends",
      (response) => response.writeHead(200).write('{"da'),
      /the answer of the HTTP function was cut off: the time was up/,
    ],
    [
      "a body that comes a byte at a time",
      async (response) => {
        response.writeHead(200);
        while (!response.destroyed) {
          response.write(" ");
          await setTimeout(20);
        }
      },
      /the answer of the HTTP function was cut off: the time was up/,
    ],
  ])("has a time, which holds to the last byte: %s", async (_what, answer, message) => {
    expect(await sent(answer, { timeoutMs: 300 })).toMatchObject({ code: "transient", message: expect.stringMatching(message) });
  });

  it("is not answered by more than a function can send, inflated as well", async () => {
    const large = gzipSync(Buffer.alloc(2_000_000));
    expect(await sent((response) => response.writeHead(200, { "content-encoding": "gzip" }).end(large))).toMatchObject({
      code: "permanent",
      message: expect.stringMatching(/answered more than 1000000 bytes/),
    });
  });

  it.each([
    ["https://elsewhere.example/x?token=t", / a redirect to https:\/\/elsewhere\.example, which is not followed; name the address/],
    ["/login", / a redirect to another path, which is not followed/],
  ])("is not sent again after a redirect to %s, and says so", async (location, message) => {
    for (const method of ["GET", "POST"]) {
      const outcome = (await sent((response) => response.writeHead(302, { location }).end(), { method })) as Error;
      expect(outcome).toMatchObject({ code: "permanent", message: expect.stringMatching(message) });
      expect(outcome.message.includes("may have been done")).toBe(method === "POST");
      expect(outcome.message).not.toContain("token=t");
    }
  });
});
