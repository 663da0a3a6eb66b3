import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startFcApi } from "../../../infra/local/fc/doors/apiStandIn.ts";
import type { Door } from "../../../infra/local/fc/doors/httpDoor.ts";
import { type FcTasksOptions, fcTasks } from "../../../shared/adapters/aliyun/tasks.ts";
import { ACCOUNT, startTestHost, type TestHost } from "../../infra/local/fc/testHost.ts";

const COPY = "ossnap-copy-blobs";
const OPTIONS: FcTasksOptions = { accountId: ACCOUNT.accountId, region: ACCOUNT.region, ...ACCOUNT.credentials, protocol: "HTTP" };

describe("fcTasks with the local Function Compute", () => {
  let test: TestHost;
  let api: Door;

  beforeAll(async () => {
    test = startTestHost({
      [COPY]: { code: "if (JSON.parse(event).fail) throw new Error('cut'); return event", asyncTask: true, maxAsyncRetryAttempts: 0 },
      other: { code: "return ''" },
    });
    api = await startFcApi({ host: test.host, port: 0, credentials: ACCOUNT.credentials });
  });

  afterAll(async () => {
    await api.close();
    await test.close();
  });

  const tasksOf = (options: Partial<FcTasksOptions> = {}) => fcTasks({ ...OPTIONS, endpoint: `127.0.0.1:${api.port}`, ...options });

  it("starts a task and follows it to its final state", async () => {
    const tasks = tasksOf();
    await tasks.start(COPY, "good-0-1", { batch: 0, text: "é" });
    await tasks.start(COPY, "bad-0-1", { fail: true });
    await test.host.idle();
    expect([await tasks.state(COPY, "good-0-1"), await tasks.state(COPY, "bad-0-1")]).toEqual(["succeeded", "failed"]);
  });

  it("reports running while the event waits, and starts nothing when the id is reused", async () => {
    const tasks = tasksOf();
    test.host.faults.delay(COPY, 500);
    await tasks.start(COPY, "twice-0-1", {});
    expect(await tasks.state(COPY, "twice-0-1")).toBe("running");
    const before = test.host.counters(COPY).enqueued;
    await tasks.start(COPY, "twice-0-1", {});
    await test.host.idle();
    expect(test.host.counters(COPY).enqueued).toBe(before);
    expect(await tasks.state(COPY, "twice-0-1")).toBe("succeeded");
  });

  it("reports unknown for a task that was never started or was lost", async () => {
    const tasks = tasksOf();
    test.host.faults.lose(COPY);
    await tasks.start(COPY, "lost-0-1", {});
    expect([await tasks.state(COPY, "lost-0-1"), await tasks.state(COPY, "never")]).toEqual(["unknown", "unknown"]);
  });

  it("distinguishes a missing function from a missing task", async () => {
    await expect(tasksOf().start("nobody", "t1", {})).rejects.toMatchObject({
      code: "absent",
      message: expect.stringContaining("404 FunctionNotFound"),
    });
    await expect(tasksOf().state("nobody", "t1")).rejects.toMatchObject({ code: "absent" });
  });

  it("is denied with a wrong secret, and the error contains no secret", async () => {
    const wrong = tasksOf({ accessKeySecret: "planted-secret" }).start(COPY, "t1", {});
    const error = await wrong.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "denied",
      message: expect.stringMatching(/task t1 of function ossnap-copy-blobs was not started: .*403 SignatureNotMatch/),
    });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/planted-secret|token-of-the-test/);
  });

  it.each([
    ["a function name", "no/slash", "t1", {}, "function name"],
    ["a task id", COPY, "1-starts-with-a-digit", {}, "task id"],
    ["a payload that is not JSON", COPY, "t1", undefined, "JSON value"],
    ["a payload of 128 KB", COPY, "t1", { text: "x".repeat(128 * 1024) }, "must be below 131072"],
  ])("rejects %s before anything is sent", async (_what, functionName, taskId, payload, message) => {
    await expect(tasksOf({ endpoint: "127.0.0.1:1" }).start(functionName, taskId, payload)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining(message),
    });
  });

  it("is transient if nothing is listening", async () => {
    await expect(tasksOf({ endpoint: "127.0.0.1:1" }).state(COPY, "t1")).rejects.toMatchObject({ code: "transient" });
  });
});

describe("fcTasks with canned server responses", () => {
  let server: Server;
  let answer: { status: number; body: string | undefined };
  const seen: { method: string | undefined; url: string | undefined; headers: IncomingHttpHeaders; body: string }[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        seen.push({ method: request.method, url: request.url, headers: request.headers, body });
        if (answer.body !== undefined) response.writeHead(answer.status).end(answer.body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });

  afterEach(() => {
    seen.length = 0;
  });

  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  const tasksOf = (options: Partial<FcTasksOptions> = {}) =>
    fcTasks({ ...OPTIONS, endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}`, ...options });

  it("sends exactly one InvokeFunction: asynchronous, with the task id and the payload encoded as JSON once", async () => {
    answer = { status: 202, body: "" };
    await tasksOf().start(COPY, "j1-0-1", { batch: 7 });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ method: "POST", url: `/2023-03-30/functions/${COPY}/invocations`, body: '{"batch":7}' });
    expect(seen[0]?.headers).toMatchObject({
      "x-fc-invocation-type": "Async",
      "x-fc-async-task-id": "j1-0-1",
      "x-acs-version": "2023-03-30",
    });
  });

  it.each([
    ["Enqueued", "running"],
    ["Dequeued", "running"],
    ["Retrying", "running"],
    ["Stopping", "running"],
    ["Succeeded", "succeeded"],
    ["Stopped", "failed"],
    ["Invalid", "failed"],
    ["Expired", "failed"],
  ])("maps the status %s to %s", async (status, state) => {
    answer = { status: 200, body: JSON.stringify({ status }) };
    expect(await tasksOf().state(COPY, "t1")).toBe(state);
  });

  it("rejects an unknown status instead of guessing", async () => {
    answer = { status: 200, body: '{"status":"Paused"}' };
    await expect(tasksOf().state(COPY, "t1")).rejects.toMatchObject({ code: "permanent", message: expect.stringContaining('"Paused"') });
  });

  it.each([
    [400, "InvalidArgument", "invalid"],
    [400, "SignatureDoesNotMatch", "denied"],
    [404, "InvalidAccessKeyId.NotFound", "denied"],
    [400, "Throttling.User", "transient"],
    [429, "ResourceThrottled", "transient"],
    [503, "ServiceUnavailable", "transient"],
    [418, "Teapot", "permanent"],
  ])("maps %d %s to %s, after one attempt", async (status, code, expected) => {
    answer = { status, body: JSON.stringify({ Code: code, Message: "no", RequestId: "r-1" }) };
    await expect(tasksOf().state(COPY, "t1")).rejects.toMatchObject({
      code: expected,
      message: expect.stringContaining(`${status} ${code}, request r-1`),
    });
    expect(seen).toHaveLength(1);
  });

  it("does not mistake another conflict for a running task", async () => {
    answer = { status: 409, body: '{"Code":"StatusConflict","Message":"the function is being updated"}' };
    await expect(tasksOf().start(COPY, "t1", {})).rejects.toMatchObject({ code: "conflict" });
  });

  it("is transient for a response that is not JSON, and for a timeout", async () => {
    answer = { status: 502, body: "<html>bad gateway</html>" };
    await expect(tasksOf().state(COPY, "t1")).rejects.toMatchObject({ code: "transient" });
    answer = { status: 200, body: undefined };
    await expect(tasksOf({ requestTimeoutMs: 50 }).state(COPY, "t1")).rejects.toMatchObject({ code: "transient" });
  });
});
