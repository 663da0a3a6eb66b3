import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { AppError } from "../../shared/model/errors.ts";
import type { FcContext } from "../../shared/runtime/context.ts";
import { copiedBlobs, copyTask, policyTimer, tick } from "../../shared/runtime/events.ts";
import { door } from "../../shared/runtime/handler.ts";
import { jsonLogger } from "../../shared/runtime/logger.ts";
import { redactor } from "../../shared/runtime/redact.ts";
import { EXAMPLE_ENVIRONMENT, EXAMPLE_TEXT } from "./config/example.ts";

const CONTEXT: FcContext = {
  requestId: "request-7",
  function: { name: "test", timeout: 60 },
  credentials: { accessKeyId: "id", accessKeySecret: "planted-role-secret", securityToken: "planted-role-token" },
};
const TIMER = { triggerTime: "2026-11-21T01:30:00Z", triggerName: "nightly", payload: '{"policy":"nightly"}' };
const SECRET = "planted-password";

let directory: string;
let lines: string[] = [];
const invoke = (schema: Parameters<typeof door>[1], event: string, verb: Parameters<typeof door>[2] = async (checked) => checked) =>
  door("test", schema, verb)(Buffer.from(event), CONTEXT);

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "ossnap-handler-"));
  const path = join(directory, "ossnap.yaml");
  writeFileSync(path, EXAMPLE_TEXT);
  for (const [name, value] of Object.entries({ ...EXAMPLE_ENVIRONMENT, SOURCE_PASSWORD: SECRET, OSSNAP_CONFIG: path }))
    vi.stubEnv(name, value);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});
afterEach(() => {
  lines = [];
  vi.restoreAllMocks();
});
const listen = () => vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));

describe("function pipeline", () => {
  it("passes the event parsed by its schema to the verb", async () => {
    const event = { triggerTime: new Date(TIMER.triggerTime), triggerName: "nightly" };
    expect(await invoke(policyTimer, JSON.stringify(TIMER))).toEqual({ ...event, policy: "nightly" });
    expect(await invoke(policyTimer, JSON.stringify({ ...TIMER, payload: "" }))).toEqual(event);
    expect(await invoke(tick, "{}")).toEqual({});
  });

  it.each(["", "{", "not json"])("rejects the event %j, logs it once and reports what is wrong", async (event) => {
    listen();
    await expect(invoke(policyTimer, event)).rejects.toMatchObject({ code: "invalid", message: expect.stringMatching(/^test: /) });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      level: "error",
      message: "invocation failed",
      function: "test",
      requestId: "request-7",
      code: "invalid",
    });
  });

  it.each([
    ["triggerTime", policyTimer, { ...TIMER, triggerTime: "yesterday" }],
    ["payload", policyTimer, { ...TIMER, payload: "nightly" }],
    ["payload", policyTimer, { ...TIMER, payload: '{"policy":"a","more":1}' }],
    ["events", copiedBlobs, { events: [] }],
    [
      "events[0].oss.object.key",
      copiedBlobs,
      { events: [{ eventName: "ObjectCreated:PutObject", oss: { bucket: { name: "b" }, object: {} } }] },
    ],
    ["attempt", copyTask, { job: "a", batch: "b", attempt: 0 }],
    ["job", copyTask, { batch: "b", attempt: 1 }],
  ])("names the path %s of the fault", async (path, schema, event) => {
    listen();
    await expect(invoke(schema, JSON.stringify(event))).rejects.toThrow(`test: ${path}`);
  });

  it("passes on only created blobs", async () => {
    const event = (eventName: string, key: string) => ({ eventName, oss: { bucket: { name: "b" }, object: { key } } });
    const events = [
      event("ObjectCreated:PutObject", "a"),
      event("ObjectRemoved:DeleteObject", "b"),
      event("ObjectCreated:CompleteMultipartUpload", "c"),
    ];
    expect(await invoke(copiedBlobs, JSON.stringify({ events }))).toEqual([
      { bucket: "b", key: "a" },
      { bucket: "b", key: "c" },
    ]);
  });

  it("invariant 10: shows no secret of the configuration or the role, in the log or in what it throws", async () => {
    listen();
    const cause = new Error("sent planted-role-token");
    const failing = invoke(tick, "{}", async (_event, { logger }) => {
      logger.info("trying", { password: SECRET, nested: { key: "planted-role-secret" } });
      throw new AppError("denied", `user elastic with ${SECRET} is refused`, { cause });
    });
    await expect(failing).rejects.toMatchObject({ name: "OssnapError", code: "denied", message: "user elastic with [secret] is refused" });
    expect(lines).toHaveLength(2);
    expect(lines.filter((line) => line.includes("planted"))).toEqual([]);
    expect(lines[1]).toContain("sent [secret]");
  });

  it("throws no stack and no cause to the platform", async () => {
    listen();
    const error = await invoke(tick, "{}", async () => Promise.reject(new TypeError("boom"))).catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ name: "OssnapError", code: "permanent", message: "boom" });
    expect((error as Error).cause).toBeUndefined();
  });
});

describe("redactor", () => {
  it("also finds secrets percent-encoded and inside JSON, the longest first, and short ones only where they stand alone", () => {
    const redact = redactor(['p/q+"r"=', "p/q+", "abc", undefined, "secret-within", "secret-within-another"]);
    expect(redact(JSON.stringify({ url: `http://h/?k=${encodeURIComponent('p/q+"r"=')}`, text: 'p/q+"r"=' }))).toBe(
      '{"url":"http://h/?k=[secret]","text":"[secret]"}',
    );
    expect(redact("abcd secret-within-another")).toBe("abcd [secret]");
    expect(redact('"abc" abc. xabc')).toBe('"[secret]" [secret]. xabc');
  });
});

describe("log line", () => {
  it("keeps its own message when a field has the same name", () => {
    const written: string[] = [];
    jsonLogger(
      {},
      (text) => text,
      (line) => written.push(line),
    ).error("what happened", { message: "detail", level: "x" });
    expect(JSON.parse(written[0] ?? "")).toEqual({ level: "error", message: "what happened" });
  });

  it("is one line of JSON with the invocation's fields", () => {
    const written: string[] = [];
    const logger = jsonLogger(
      { function: "f" },
      (text) => text,
      (line) => written.push(line),
    );
    logger.warn("two\nlines", { job: "j" });
    expect(written).toEqual(['{"level":"warn","message":"two\\nlines","function":"f","job":"j"}']);
  });
});

describe("warnings of the configuration", () => {
  it("are logged once per instance, without the values", async () => {
    const path = join(directory, "warned.yaml");
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the expression is ossnap.yaml's own.
    writeFileSync(path, EXAMPLE_TEXT.replace("${SOURCE_PASSWORD}", "planted-in-the-file"));
    vi.stubEnv("OSSNAP_CONFIG", path);
    vi.resetModules();
    const fresh = (await import("../../shared/runtime/handler.ts")).door;
    listen();
    for (let call = 0; call < 3; call += 1) await fresh("test", tick, async () => "done")(Buffer.from("{}"), CONTEXT);
    const warned = lines.filter((line) => line.includes("configuration warning"));
    expect(warned.filter((line) => line.includes("written in the file"))).toHaveLength(1);
    expect(warned.join("")).not.toContain("planted-in-the-file");
  });
});

describe("the log of a function that uses Amazon S3", () => {
  it("has no paragraph of the AWS SDK about newer versions of Node", async () => {
    const { s3Client } = await import("../../shared/adapters/s3/client.ts");
    const said: string[] = [];
    const hear = ({ message }: Error) => void said.push(message);
    process.on("warning", hear);
    s3Client({ bucket: "movies", basePath: "", region: "us-east-1", accessKeyId: "a", secretAccessKey: "b" } as never);
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", hear);
    expect(said).toEqual([]);
  });
});
