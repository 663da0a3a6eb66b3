import http from "node:http";
import { RuntimeOptions } from "@alicloud/tea-util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startFcApi } from "../../../../../infra/local/fc/doors/apiStandIn.ts";
import type { Door } from "../../../../../infra/local/fc/doors/httpDoor.ts";
import { Config, OpenApiClient, OpenApiRequest, Params } from "../../../../../shared/adapters/aliyun/openApiClient.ts";
import { ACCOUNT, startTestHost, type TestHost } from "../testHost.ts";

let test: TestHost;
let api: Door;
let skewMs = 0;

beforeAll(async () => {
  test = startTestHost({
    echo: { code: "const e = JSON.parse(event); if (e.fail) throw new TypeError(e.fail); return { got: e }" },
    "ossnap-copy-blobs": { code: "await new Promise((resolve) => setTimeout(resolve, 60_000))", asyncTask: true },
  });
  api = await startFcApi({ host: test.host, port: 0, credentials: ACCOUNT.credentials, now: () => Date.now() + skewMs });
});

afterAll(async () => {
  await api.close();
  await test.close();
});

interface Asked {
  method?: string;
  pathname: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: unknown;
  keys?: Partial<typeof ACCOUNT.credentials>;
}

/** Alibaba Cloud's own client, used as an adapter would use it. */
async function ask({ method = "GET", pathname, query = {}, headers = {}, body, keys = {} }: Asked) {
  const config = new Config({
    ...ACCOUNT.credentials,
    ...keys,
    protocol: "HTTP",
    endpoint: `127.0.0.1:${api.port}`,
    readTimeout: 10_000,
  });
  const shape = {
    action: "Any",
    version: "2023-03-30",
    protocol: "HTTP",
    authType: "AK",
    style: "ROA",
    reqBodyType: "json",
    bodyType: "string",
  };
  const request = new OpenApiRequest({ query, headers, ...(body === undefined ? {} : { body }) });
  return await new OpenApiClient(config).callApi(new Params({ ...shape, method, pathname }), request, new RuntimeOptions({}));
}

const invocations = "/2023-03-30/functions/echo/invocations";

describe("stand-in for the Function Compute API", () => {
  it("accepts what the real client signs: bodies, unusual query values, security token", async () => {
    const query = { qualifier: "LATEST", odd: "a+b c/é*'()!~%&=" };
    const answer = await ask({ method: "POST", pathname: invocations, query, body: { text: "é" } });
    expect(answer).toMatchObject({ statusCode: 200, body: '{"got":{"text":"é"}}' });
    expect(answer.headers).toHaveProperty("x-fc-request-id");
  });

  it.each([
    ["a wrong secret", { accessKeySecret: "wrong" }, "SignatureNotMatch"],
    ["a foreign key id", { accessKeyId: "LTAIother" }, "InvalidAccessKeyID"],
    ["another security token", { securityToken: "stolen" }, "InvalidSecurityToken"],
  ])("rejects %s with 403", async (_what, keys, code) => {
    await expect(ask({ method: "POST", pathname: invocations, body: {}, keys })).rejects.toMatchObject({ statusCode: 403, code });
  });

  it("rejects a body, query or header that was changed after signing, and a missing signature", async () => {
    const plain = await fetch(api.url + invocations, { method: "POST", body: "{}" });
    expect([plain.status, await plain.json()]).toEqual([
      400,
      expect.objectContaining({ Code: "MissingRequiredHeader", RequestId: expect.any(String) }),
    ]);
    const signed = await signedHeaders();
    const again = (path: string, headers: Record<string, string>, body: string) => fetch(api.url + path, { method: "POST", headers, body });
    expect((await again(invocations, signed, '{"a":1}')).status).toBe(200);
    expect((await again(invocations, signed, '{"a":2}')).status).toBe(403);
    expect((await again(`${invocations}?x=1`, signed, '{"a":1}')).status).toBe(403);
    expect((await again(invocations, { ...signed, "x-acs-action": "Other" }, '{"a":1}')).status).toBe(403);
    expect((await again(invocations, { ...signed, "x-acs-unsigned": "1" }, '{"a":1}')).status).toBe(400);
  });

  it.each([16, -16])("rejects a clock that is %d minutes off", async (minutes) => {
    skewMs = minutes * 60_000;
    const refused = ask({ method: "POST", pathname: invocations, body: {} });
    await expect(refused).rejects.toMatchObject({ statusCode: 403, code: "RequestTimeTooSkewed" });
    skewMs = 0;
  });

  it("answers a function error with 200 and the error type header", async () => {
    const answer = await ask({ method: "POST", pathname: invocations, body: { fail: "no policy" } });
    expect(answer.headers).toMatchObject({ "x-fc-error-type": "UnhandledInvocationError" });
    expect(JSON.parse(String(answer.body))).toMatchObject({ errorType: "TypeError", errorMessage: "no policy" });
  });

  it("queues an asynchronous task, shows it, rejects its id when reused, and stops it", async () => {
    const base = "/2023-03-30/functions/ossnap-copy-blobs";
    const start = () =>
      ask({
        method: "POST",
        pathname: `${base}/invocations`,
        headers: { "x-fc-invocation-type": "Async", "x-fc-async-task-id": "j1-0-1" },
        body: { batch: 0 },
      });
    const accepted = await start();
    expect(accepted).toMatchObject({ statusCode: 202, headers: { "x-fc-async-task-id": "j1-0-1" } });
    await expect(start()).rejects.toMatchObject({ statusCode: 409, code: "AsyncTaskAlreadyExists" });
    const task = JSON.parse(String((await ask({ pathname: `${base}/async-tasks/j1-0-1` })).body));
    expect(task).toMatchObject({
      taskId: "j1-0-1",
      qualifier: "LATEST",
      alreadyRetriedTimes: 0,
      functionArn: expect.stringMatching(/functions\/ossnap-copy-blobs$/),
    });
    expect(["Enqueued", "Running"]).toContain(task.status);
    expect(await ask({ method: "PUT", pathname: `${base}/async-tasks/j1-0-1/stop` })).toMatchObject({ statusCode: 204 });
    expect(JSON.parse(String((await ask({ pathname: `${base}/async-tasks/j1-0-1` })).body))).toMatchObject({ status: "Stopped" });
  });

  it.each([
    ["an unknown task", "GET", "/2023-03-30/functions/ossnap-copy-blobs/async-tasks/never", 404, "AsyncTaskNotFound"],
    ["an unknown function", "GET", "/2023-03-30/functions/nobody/async-tasks/t1", 404, "FunctionNotFound"],
    ["an operation it does not have", "DELETE", "/2023-03-30/functions/echo", 400, "PathNotSupported"],
  ])("rejects %s", async (_what, method, pathname, statusCode, code) => {
    await expect(ask({ method, pathname })).rejects.toMatchObject({ statusCode, code });
  });

  it("rejects an asynchronous payload above 128 KB", async () => {
    const asked = ask({
      method: "POST",
      pathname: invocations,
      headers: { "x-fc-invocation-type": "Async" },
      body: { text: "x".repeat(128 * 1024) },
    });
    await expect(asked).rejects.toMatchObject({ statusCode: 400, code: "EntityTooLarge" });
  });
});

/** Captures the headers that the real client sends with the body {"a":1}. */
async function signedHeaders(): Promise<Record<string, string>> {
  const outgoing = vi.spyOn(http, "request");
  await ask({ method: "POST", pathname: invocations, body: { a: 1 } });
  const options = outgoing.mock.calls[0]?.[0] as unknown as { headers: Record<string, string> };
  outgoing.mockRestore();
  return options.headers;
}
