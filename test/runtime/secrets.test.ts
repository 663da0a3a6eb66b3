// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders are ossnap.yaml's own.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type KmsApi, startKmsApi } from "../../infra/local/aliyun/kmsApi.ts";
import type { FcContext } from "../../shared/runtime/context.ts";
import { tick } from "../../shared/runtime/events.ts";
import { openSettings } from "../../shared/runtime/secrets.ts";
import { EXAMPLE_ENVIRONMENT, exampleWith } from "./config/example.ts";

const KEYS = { accessKeyId: "id", accessKeySecret: "planted-role-secret", securityToken: "planted-role-token" };
const CONTEXT: FcContext = { requestId: "request-7", function: { name: "test", timeout: 60 }, credentials: KEYS, region: "cn-hangzhou" };
const VALUE = "planted-value-of-kms";
const PATH = ["clusters", "source", "password"];

let api: KmsApi;
let directory: string;
const configWith = (value: string, path: readonly (string | number)[] = PATH) => {
  const file = join(directory, "ossnap.yaml");
  writeFileSync(file, exampleWith(path, value));
  return file;
};
const environment = () => ({ ...EXAMPLE_ENVIRONMENT, OSSNAP_KMS_ENDPOINT: api.url });

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "ossnap-secrets-"));
  api = await startKmsApi({ secrets: { "es-source": VALUE }, port: 0, credentials: KEYS });
});
afterAll(async () => {
  await api.close();
  rmSync(directory, { recursive: true });
});
afterEach(() => {
  api.requests.splice(0);
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe("secrets of KMS", () => {
  it("are read with the role's keys and take the place of their names", async () => {
    const settings = await openSettings(configWith("${kms:es-source}"), CONTEXT, environment());
    expect(settings.config.clusters.source?.password).toBe(VALUE);
    expect(settings.secrets).toContain(VALUE);
    expect(api.requests).toEqual(["es-source"]);
  });

  it("are read with the shell's keys, in the state's region", async () => {
    const { credentials: _, region: __, ...context } = CONTEXT;
    const keys = { ALIBABA_CLOUD_ACCESS_KEY_ID: "id", ALIBABA_CLOUD_ACCESS_KEY_SECRET: KEYS.accessKeySecret };
    const env = { ...environment(), ...keys, ALIBABA_CLOUD_SECURITY_TOKEN: KEYS.securityToken };
    expect((await openSettings(configWith("${kms:es-source}"), context, env)).config.clusters.source?.password).toBe(VALUE);
    await expect(openSettings(configWith("${kms:es-source}"), context, environment())).rejects.toMatchObject({
      code: "denied",
      message: expect.stringMatching(/\$\{kms:es-source\}: no keys for KMS; give the function a role/),
    });
  });

  it("are not asked for by a configuration without one", async () => {
    await openSettings(configWith("${SOURCE_PASSWORD}"), CONTEXT, environment());
    expect(api.requests).toEqual([]);
  });

  it("that are missing are named, all in one error, with no value", async () => {
    const path = configWith("${kms:gone}${kms:es-source}${kms:lost}");
    const error = await openSettings(path, CONTEXT, environment()).catch((caught: unknown) => caught as Error);
    expect(error).toMatchObject({ code: "invalid", message: expect.stringMatching(/secret gone of KMS: .*\nsecret lost of KMS: /) });
    expect(JSON.stringify([String(error), (error as Error).stack])).not.toContain(VALUE);
  });

  it("are refused where the value would be shown", async () => {
    await expect(openSettings(configWith("${kms:es-source}", ["state", "bucket"]), CONTEXT, environment())).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringMatching(/state\.bucket .*a secret of KMS in a field that is shown/),
    });
    expect(api.requests).toEqual([]);
  });

  it("are read once per instance, and hidden in what a function logs and answers", async () => {
    const path = configWith("${kms:es-source}");
    for (const [name, value] of Object.entries({ ...environment(), OSSNAP_CONFIG: path })) vi.stubEnv(name, value);
    vi.resetModules();
    const { door } = await import("../../shared/runtime/handler.ts");
    const lines: string[] = [];
    vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
    const failing = door("test", tick, async (_event, { settings }) => {
      throw new Error(`the cluster refused ${settings.config.clusters.source?.password}`);
    });
    for (const _ of [1, 2]) await expect(failing(Buffer.from("{}"), CONTEXT)).rejects.toThrow(/^the cluster refused \[secret\]$/);
    expect(api.requests).toEqual(["es-source"]);
    expect(lines.join("\n")).toContain("the cluster refused");
    expect(lines.join("\n")).not.toContain(VALUE);
  });

  it("are asked for again by the next invocation after a failure", async () => {
    const path = configWith("${kms:es-source}");
    for (const [name, value] of Object.entries({ ...environment(), OSSNAP_CONFIG: path })) vi.stubEnv(name, value);
    vi.resetModules();
    const { door } = await import("../../shared/runtime/handler.ts");
    vi.spyOn(console, "log").mockImplementation(() => undefined);
    const answering = door("test", tick, async (_event, { settings }) => settings.config.clusters.source?.password === VALUE);
    api.failNext(403, "Forbidden.NoPermission");
    await expect(answering(Buffer.from("{}"), CONTEXT)).rejects.toMatchObject({ code: "denied" });
    expect(await answering(Buffer.from("{}"), CONTEXT)).toBe(true);
  });
});
