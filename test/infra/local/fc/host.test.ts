import { afterEach, describe, expect, it } from "vitest";
import type { FunctionHostOptions } from "../../../../infra/local/fc/host.ts";
import type { InvocationResult } from "../../../../infra/local/fc/instance.ts";
import { startTestHost, type TestHost } from "./testHost.ts";

let open: TestHost | undefined;

afterEach(async () => {
  await open?.close();
  open = undefined;
});

function hostOf(sources: Parameters<typeof startTestHost>[0], options: Partial<FunctionHostOptions> = {}): TestHost {
  open = startTestHost(sources, options);
  return open;
}

function jsonOf(result: InvocationResult): Record<string, unknown> {
  if (!result.ok) throw new Error(`${result.errorType}: ${result.errorMessage}`);
  return JSON.parse(result.value.toString());
}

describe("function host, synchronous invocations", () => {
  it("passes the event as a Buffer and the context in Function Compute's shape", async () => {
    const { host } = hostOf({
      echo: { code: "return { isBuffer: Buffer.isBuffer(event), text: event.toString(), context, logger: typeof context.logger.warn }" },
    });
    const result = await host.invoke("echo", { hello: "fc" });
    expect(jsonOf(result)).toEqual({
      isBuffer: true,
      text: '{"hello":"fc"}',
      logger: "function",
      context: {
        requestId: result.requestId,
        credentials: { accessKeyId: "LTAItest", accessKeySecret: "secret-of-the-test", securityToken: "token-of-the-test" },
        function: { name: "echo", handler: "index.handler", memory: 256, timeout: 20 },
        service: { logProject: "", logStore: "", qualifier: "LATEST", versionId: "" },
        region: "cn-hangzhou",
        accountId: "1234567890123456",
        tracing: { openTracingSpanContext: "", openTracingSpanBaggages: {}, jaegerEndpoint: "" },
        logger: {},
      },
    });
    expect(result.requestId).toMatch(/^1-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{12}$/);
  });

  it("provides a clean environment: the given variables, the platform's, and only PATH and TZ of this machine", async () => {
    const { host } = hostOf({ env: { code: "return process.env" } }, { env: { OSSNAP_STATE: "oss://state", FC_REGION: "elsewhere" } });
    const { FC_INSTANCE_ID, FC_FUNC_CODE_PATH, PATH, TZ, ...env } = jsonOf(await host.invoke("env", ""));
    expect(env).toEqual({
      OSSNAP_STATE: "oss://state",
      ALIBABA_CLOUD_ACCESS_KEY_ID: "LTAItest",
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: "secret-of-the-test",
      ALIBABA_CLOUD_SECURITY_TOKEN: "token-of-the-test",
      FC_ACCOUNT_ID: "1234567890123456",
      FC_FUNCTION_HANDLER: "index.handler",
      FC_FUNCTION_MEMORY_SIZE: "256",
      FC_FUNCTION_NAME: "env",
      FC_REGION: "cn-hangzhou",
      FC_CUSTOM_LISTEN_PORT: "9000",
      FC_QUALIFIER: "LATEST",
    });
    expect([FC_INSTANCE_ID, FC_FUNC_CODE_PATH]).toEqual([expect.stringMatching(/^c-/), expect.stringContaining("fc-host-")]);
  });

  it.each([
    ["bytes as they are", "return Buffer.from([0, 255, 7])", Buffer.from([0, 255, 7])],
    ["a string as it is", "return 'plain'", Buffer.from("plain")],
    ["an object as JSON", "return { a: [1] }", Buffer.from('{"a":[1]}')],
    ["what a callback was given", "module:exports.handler = (event, context, callback) => callback(null, 'called')", Buffer.from("called")],
  ])("answers with %s", async (_what, code, value) => {
    const { host } = hostOf({ answer: { code } });
    expect(await host.invoke("answer", "")).toMatchObject({ ok: true, value });
  });

  it("reports a thrown error with its class, message and stack, and keeps the instance warm", async () => {
    const { host, lines } = hostOf({ bad: { code: "throw new TypeError('no such policy')" } });
    const first = await host.invoke("bad", "");
    expect(first).toMatchObject({ ok: false, kind: "handler", errorType: "TypeError", errorMessage: "no such policy" });
    expect(first).toHaveProperty("stack", expect.stringContaining("bad.js"));
    await host.invoke("bad", "");
    expect(host.counters("bad")).toMatchObject({ coldStarts: 1, invocations: 2, failed: 2 });
    expect(lines.join("\n")).toContain(`${first.requestId} [error] TypeError: no such policy`);
  });

  it("kills an instance that runs out of time, even in a busy loop, and starts a fresh one", async () => {
    const { host } = hostOf({
      slow: { code: "if (event.toString() === 'spin') for (;;); return globalThis.n = (globalThis.n ?? 0) + 1", timeoutSeconds: 1 },
    });
    await host.invoke("slow", "");
    const result = await host.invoke("slow", "spin");
    expect(result).toMatchObject({ ok: false, kind: "timeout", errorMessage: "Function timed out after 1 seconds" });
    expect(jsonOf(await host.invoke("slow", ""))).toBe(1);
    expect(host.counters("slow")).toMatchObject({ coldStarts: 2, timedOut: 1, succeeded: 2 });
  });

  it("reports an instance that exits, and continues with another", async () => {
    const { host } = hostOf({ leave: { code: "if (event.toString() === 'leave') process.exit(1); return 'stayed'" } });
    expect(await host.invoke("leave", "leave")).toMatchObject({
      ok: false,
      kind: "exit",
      errorMessage: expect.stringContaining("Process exited unexpectedly"),
    });
    expect(await host.invoke("leave", "")).toMatchObject({ ok: true });
  });

  it("kills an instance in the middle of its work on request", async () => {
    const { host } = hostOf({
      work: { code: "await new Promise((resolve) => setTimeout(resolve, event.length * 10_000)); return 'done'" },
    });
    host.faults.killAfter("work", 5);
    expect(await host.invoke("work", "long")).toMatchObject({ ok: false, kind: "exit" });
    expect(host.faults.pending()).toEqual([]);
    expect(host.counters("work")).toMatchObject({ killed: 1, exited: 1 });
    expect(await host.invoke("work", "")).toMatchObject({ ok: true });
  });

  it("fails every request to a bundle that cannot be loaded, with the reason", async () => {
    const { host } = hostOf({ broken: { code: "module:require('./not-there.js')" }, empty: { code: "module:exports.other = 1" } });
    expect(await host.invoke("broken", "")).toMatchObject({ ok: false, errorMessage: expect.stringContaining("not-there.js") });
    expect(await host.invoke("empty", "")).toMatchObject({
      ok: false,
      errorMessage: expect.stringContaining("Handler 'handler' is missing"),
    });
  });

  it("reuses a warm instance, starts another while it is busy, and never exceeds the reserved concurrency", async () => {
    const code = "await new Promise((resolve) => setTimeout(resolve, 500)); return process.env.FC_INSTANCE_ID";
    const { host } = hostOf({ one: { code, reservedConcurrency: 1 }, many: { code, reservedConcurrency: 2 } });
    const instancesOf = async (name: string) => {
      const results = await Promise.all([1, 2, 3].map(() => host.invoke(name, "")));
      return new Set(results.map((result) => (result.ok ? result.value.toString() : "failed"))).size;
    };
    expect([await instancesOf("one"), await instancesOf("many")]).toEqual([1, 2]);
  });

  it("logs console, context.logger and stdout lines with time, request id and level", async () => {
    const { host, lines } = hostOf({
      talk: { code: "console.log('a %d', 1); context.logger.warn('b'); process.stdout.write('c\\n'); return ''" },
    });
    const { requestId } = await host.invoke("talk", "");
    const texts = () => lines.map((line) => line.replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /, ""));
    await expect
      .poll(() => texts().sort(), { timeout: 10_000 })
      .toEqual([`${requestId} [info] a 1`, `${requestId} [info] c`, `${requestId} [warn] b`]);
  });

  it("gives each function its own variables, and refuses more than 4 KB of them without showing a value", async () => {
    const { host } = hostOf({ env: { code: "return process.env.OWN", environmentVariables: { OWN: "of env" } } });
    expect(await host.invoke("env", "")).toMatchObject({ ok: true, value: Buffer.from("of env") });
    const large = { SMALL: "x", LARGE: "s".repeat(4092) };
    expect(() => hostOf({ env: { code: "", environmentVariables: large } })).toThrow(
      "function env: environmentVariables come to 4103 bytes, names and values together, and the maximum is 4096; the largest is LARGE with 4097 bytes",
    );
    expect(() => host.setEnv(large)).toThrow("all functions: environmentVariables come to 4103 bytes");
  });

  it("applies a new environment to the next request", async () => {
    const { host } = hostOf({ env: { code: "return process.env.PORT ?? 'none'" } });
    const before = await host.invoke("env", "");
    host.setEnv({ PORT: "9411" });
    const after = await host.invoke("env", "");
    expect([before, after].map((result) => result.ok && result.value.toString())).toEqual(["none", "9411"]);
  });

  it("rejects what the platform would reject, by name", async () => {
    const { host } = hostOf({ some: { code: "return ''" } });
    await expect(host.invoke("other", "")).rejects.toMatchObject({
      code: "absent",
      message: expect.stringContaining("'other' does not exist; there is: some"),
    });
    await expect(host.invokeAsync("some", "x".repeat(128 * 1024 + 1))).rejects.toMatchObject({
      code: "invalid",
      reason: { code: "payload.tooLarge" },
    });
    expect(() => hostOf({ bad: { code: "", timeoutSeconds: 0 } })).toThrow("function bad: timeoutSeconds is 0, it must be above 0");
    expect(() => hostOf({ gone: { code: "", bundle: "/not/there.js" } })).toThrow(
      "bundle /not/there.js does not exist: build the bundles first",
    );
  });
});
