import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Door, startHttpTrigger } from "../../../../../infra/local/fc/doors/httpDoor.ts";
import { startTestHost, type TestHost } from "../testHost.ts";

const CODE = `
  const e = JSON.parse(event.toString());
  if (e.rawPath === '/throw') throw new RangeError('no such thing');
  if (e.rawPath === '/bytes') return { statusCode: 201, headers: { 'Content-Type': 'image/png', 'Set-Cookie': ['a=1', 'b=2'], 'Content-Length': 99 }, isBase64Encoded: true, body: 'AP8H' };
  if (e.rawPath === '/bare') return { documents: 5 };
  if (e.rawPath === '/broken') return { statusCode: 200, headers: { 'bad name': 'x' }, body: '' };
  return { statusCode: 200, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ event: e, contextRequestId: context.requestId }) };`;

let test: TestHost;
let door: Door;

beforeAll(async () => {
  test = startTestHost({ http: { code: CODE } });
  door = await startHttpTrigger({ host: test.host, functionName: "http", port: 0 });
});

afterAll(async () => {
  await door.close();
  await test.close();
});

interface Sent {
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: Buffer | string;
}

/** Sends a raw request, because fetch would rewrite the path and merge the headers. */
function send(
  path: string,
  { method = "GET", headers = {}, body = "" }: Sent = {},
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port: door.port, host: "127.0.0.1", path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

describe("HTTP door", () => {
  it("turns a request into exactly the platform's event", async () => {
    const answer = await send("/snapshots/a%2Fb%20c?policy=nightly&tag=a&tag=b%26c&empty", {
      method: "POST",
      headers: {
        "content-type": "application/json; charset=utf-8",
        "x-ossnap-token": "t0ken",
        "X-REPEATED": ["1", "2"],
        "user-agent": "test/1",
      },
      body: '{"apply":"é"}',
    });
    const { event, contextRequestId } = JSON.parse(answer.body.toString());
    expect(event).toEqual({
      version: "v1",
      rawPath: "/snapshots/a%2Fb%20c",
      body: '{"apply":"é"}',
      isBase64Encoded: false,
      headers: {
        "Content-Type": "application/json; charset=utf-8",
        "X-Ossnap-Token": "t0ken",
        "X-Repeated": "1,2",
        "User-Agent": "test/1",
        Host: `127.0.0.1:${door.port}`,
        Connection: "close",
        "Content-Length": "14",
      },
      queryParameters: { policy: "nightly", tag: "a,b&c", empty: "" },
      requestContext: {
        accountId: "1234567890123456",
        domainName: "local.cn-hangzhou.fcapp.run",
        domainPrefix: "local",
        requestId: contextRequestId,
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        timeEpoch: expect.stringMatching(/^\d{13}$/),
        http: { method: "POST", path: "/snapshots/a/b c", protocol: "HTTP/1.1", sourceIp: "127.0.0.1", userAgent: "test/1" },
      },
    });
    expect(answer.headers["x-fc-request-id"]).toBe(contextRequestId);
  });

  it("passes non-text bytes as base64", async () => {
    const bytes = Buffer.from([0, 255, 1, 254]);
    const answer = await send("/", { method: "PUT", headers: { "Content-Type": "application/octet-stream" }, body: bytes });
    const mislabelled = await send("/", { method: "PUT", headers: { "Content-Type": "text/plain" }, body: bytes });
    for (const { body } of [answer, mislabelled]) {
      expect(JSON.parse(body.toString()).event).toMatchObject({ isBase64Encoded: true, body: bytes.toString("base64") });
    }
  });

  it("returns status, headers and a base64 body, and frames the response itself", async () => {
    const answer = await send("/bytes");
    expect(answer).toMatchObject({ status: 201, body: Buffer.from([0, 255, 7]) });
    expect(answer.headers).toMatchObject({ "content-type": "image/png", "set-cookie": ["a=1", "b=2"], "content-length": "3" });
    expect((await send("/bytes", { method: "HEAD" })).body).toHaveLength(0);
  });

  it("treats a value without statusCode as the body", async () => {
    const answer = await send("/bare");
    expect([answer.status, answer.headers["content-type"], answer.body.toString()]).toEqual([200, "application/json", '{"documents":5}']);
  });

  it("answers a function error with 502 and its type, without a stack", async () => {
    const answer = await send("/throw");
    expect([answer.status, answer.headers["x-fc-error-type"]]).toEqual([502, "UnhandledInvocationError"]);
    const requestId = answer.headers["x-fc-request-id"];
    expect(JSON.parse(answer.body.toString())).toEqual({ RequestId: requestId, ErrorCode: "RangeError", ErrorMessage: "no such thing" });
  });

  it.each(["/%zz", "/jobs/%ff", "/jobs/%", "/jobs?kind=%ff", "/jobs?%c3=1", "/jobs?kind=%e"])(
    "refuses %s, whose encoding is wrong",
    async (path) => {
      const answer = await send(path);
      expect([answer.status, JSON.parse(answer.body.toString())]).toEqual([
        400,
        expect.objectContaining({
          ErrorCode: "InvalidArgument",
          ErrorMessage: expect.stringMatching(/^the (path|query) is not properly encoded/),
        }),
      ]);
    },
  );

  it("survives a response that is not HTTP", async () => {
    expect(await send("/broken")).toMatchObject({ status: 502 });
    expect(await send("/bare")).toMatchObject({ status: 200 });
  });

  it("rejects a body above 32 MB with 413 before any function receives it", async () => {
    const before = test.host.counters("http").invocations;
    const answer = await send("/", { method: "POST", body: Buffer.alloc(32 * 1024 * 1024 + 1, 97) });
    expect([answer.status, JSON.parse(answer.body.toString()).ErrorCode]).toEqual([413, "EntityTooLarge"]);
    expect(test.host.counters("http").invocations).toBe(before);
  });

  it("names a port that is in use, and the fix", async () => {
    await expect(startHttpTrigger({ host: test.host, functionName: "http", port: door.port })).rejects.toMatchObject({
      code: "conflict",
      message: `port ${door.port} (HTTP) is in use: stop what listens there or set OSSNAP_PORT_BASE`,
    });
  });
});
