import { describe, expect, it } from "vitest";
import { jsonLogger } from "../../shared/runtime/logger.ts";
import { composedRedactor, openTexts, redactedJson, redactor } from "../../shared/runtime/redact.ts";
import { connect, connectPlace } from "../../shared/runtime/wire.ts";
import { testConfig } from "../world/world.ts";

function logged(secret: string, message: string, fields: Record<string, unknown>): string {
  const lines: string[] = [];
  jsonLogger({ function: "f", requestId: secret }, redactor([secret]), (line) => lines.push(line)).warn(message, fields);
  return lines[0] ?? "";
}

describe("log line with a secret that is a number or a word", () => {
  it("stays JSON with its members, its numbers and what it is found by", () => {
    const fields = { durationMs: 123456, job: "backup-123456", error: "sent 123456", causes: [{ said: "123456" }] };
    expect(JSON.parse(logged("123456", "request failed", fields))).toEqual({
      level: "warn",
      message: "request failed",
      function: "f",
      requestId: "123456",
      durationMs: 123456,
      job: "backup-123456",
      error: "sent [secret]",
      causes: [{ said: "[secret]" }],
    });
    expect(JSON.parse(logged("message", "message of message", { message: "x", error: "message" }))).toMatchObject({
      message: "message of message",
      error: "[secret]",
    });
  });

  it("spells out controls, separators and marks that hide or turn a text", () => {
    const name = "snap\u001b[2K\u009b31m\u202egnp\u200b\u2028";
    const line = logged("unused", "x", { name });
    expect(line).toContain("snap\\u001b[2K\\u009b31m\\u202egnp\\u200b\\u2028");
    expect(JSON.parse(line)).toMatchObject({ name });
  });
});

describe("redaction of answers", () => {
  const config = testConfig(({ clusters, watches }) => {
    Object.assign(clusters.source ?? {}, { url: "http://minio-host:9000", password: "Orders-2026" });
    Object.assign(watches.moved?.register.settings ?? {}, { secret_access_key: "Orders-2027" });
  });

  it.each(["nightly", "orders", "minio-host", "fx-orders", "movies", "snapshot", "true", "123456", "SUCCESS", "IN_PROGRESS"])(
    "leaves what ossnap.yaml names, ordinary words and numbers: %s",
    (secret) => {
      const redact = composedRedactor([secret], openTexts(config));
      const text = "nightly: orders fx-orders movies-1 at http://minio-host:9000, snapshot true 123456 SUCCESS IN_PROGRESS";
      expect(redact(text)).toBe(text);
    },
  );

  it.each(["Orders-2026", "Orders-2027", "hunter2", "correct horse battery"])("hides all other secrets: %s", (secret) => {
    expect(composedRedactor([secret], openTexts(config))(`signed with ${secret}`)).toBe("signed with [secret]");
  });

  it("changes strings of JSON alone", () => {
    const secrets = ["snapshot", "hunter2"];
    const json = JSON.stringify({
      snapshots: 1,
      hunter2: "hunter2",
      name: "snapshot",
      reason: { code: "x.y", params: { message: "by snapshot" } },
    });
    expect(JSON.parse(redactedJson(json, redactor(secrets), composedRedactor(secrets, [])))).toEqual({
      snapshots: 1,
      hunter2: "[secret]",
      name: "snapshot",
      reason: { code: "x.y", params: { message: "by [secret]" } },
    });
  });
});

describe("connections of an invocation", () => {
  const context = { requestId: "r", function: { name: "f", timeout: 60 }, accountId: "1", region: "cn-hangzhou" };
  const messageOf = async (call: () => Promise<unknown>) => call().then(String, (error: Error) => error.message);

  it("redact the errors of clusters, stores and tasks", async () => {
    const config = testConfig(({ clusters }) => {
      clusters.planted = { url: "http://127.0.0.1:1" };
    });
    const place = { store: "directory", bucket: "/nowhere/planted", basePath: "" } as const;
    const { cluster, blobs, tasks } = connect(
      {
        config,
        fcEndpoint: { host: "127.0.0.1:1", protocol: "HTTP" },
        copyFunction: "copy",
        continueFunction: "continue",
        credentials: { accessKeyId: "id", secretAccessKey: "key", securityToken: undefined },
        secrets: ["planted"],
      },
      context,
    );
    const list = async () => {
      for await (const { key } of blobs(place).list("")) return key;
      return "";
    };
    const messages = [
      await messageOf(() => cluster("planted").info()),
      await messageOf(list),
      await messageOf(() => tasks.start("planted", "planted-1", {})),
    ];
    for (const message of messages) expect(message).toMatch(/^(?=.*\[secret\])(?!.*planted)/s);
  });

  it("redact the errors of a place without a configuration", async () => {
    const keys = { accessKeyId: "id", secretAccessKey: "planted-bucket" };
    const place = {
      store: "s3",
      bucket: "planted-bucket",
      basePath: "",
      region: "us-east-1",
      endpoint: "http://127.0.0.1:1",
      ...keys,
    } as const;
    const message = await messageOf(() => connectPlace(place, context).put("x", Buffer.from("x"), { ifAbsent: true }));
    expect(message).toMatch(/^s3:\/\/\[secret\]/);
  });
});
