import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type KmsApi, startKmsApi } from "../../../infra/local/aliyun/kmsApi.ts";
import { type KmsOptions, kmsSecrets } from "../../../shared/adapters/aliyun/kms.ts";

const KEYS = { accessKeyId: "key-of-the-test", accessKeySecret: "secret-of-the-test", securityToken: "token-of-the-test" };
const VALUE = "planted $ecret +/=";
const SECRETS = { "prod/es.source": VALUE, empty: "", picture: new Uint8Array([1, 2, 3]) };

let api: KmsApi;
beforeAll(async () => {
  api = await startKmsApi({ secrets: SECRETS, port: 0, credentials: KEYS });
});
afterAll(() => api.close());

const secretsOf = (options: Partial<KmsOptions> = {}) =>
  kmsSecrets({
    region: "cn-hangzhou",
    endpoint: `127.0.0.1:${api.port}`,
    protocol: "HTTP",
    ...KEYS,
    remainingMs: () => 60_000,
    sleep: async () => undefined,
    random: () => 0.5,
    ...options,
  });

describe("kmsSecrets", () => {
  it("reads the text of a secret, whatever characters its name and value have, with one signed request", async () => {
    api.requests.splice(0);
    expect(await secretsOf().read("prod/es.source")).toBe(VALUE);
    expect(api.requests).toEqual(["prod/es.source"]);
  });

  it("repeats what is throttled", async () => {
    api.requests.splice(0);
    api.failNext(503, "ServiceUnavailable", 2);
    expect(await secretsOf().read("prod/es.source")).toBe(VALUE);
    expect(api.requests).toHaveLength(3);
  });

  it.each([
    ["nowhere", { code: "absent", message: expect.stringMatching(/^secret nowhere of KMS: there is none of that name in cn-hangzhou/) }],
    ["empty", { code: "invalid", message: expect.stringMatching(/^secret empty of KMS: its value is empty/) }],
    ["picture", { code: "invalid", message: expect.stringMatching(/^secret picture of KMS: its value is binary/) }],
  ])("names the secret %s in its error", async (name, expected) => {
    await expect(secretsOf().read(name)).rejects.toMatchObject(expected);
  });

  it("is denied with a wrong key, without the value, and without repetition", async () => {
    api.requests.splice(0);
    const denied = secretsOf({ accessKeySecret: "another" }).read("prod/es.source");
    await expect(denied).rejects.toMatchObject({ code: "denied", message: expect.stringContaining("secret prod/es.source of KMS") });
    expect(api.requests).toEqual([]);
  });

  it.each([
    [403, "RequestTimeTooSkewed"],
    [400, "InvalidTimeStamp.Expired"],
    [400, "IllegalTimestamp"],
  ])("is denied for this machine's clock, not for its key: %i %s", async (status, code) => {
    api.requests.splice(0);
    api.failNext(status, code);
    await expect(secretsOf().read("prod/es.source")).rejects.toMatchObject({
      code: "denied",
      message: expect.stringMatching(/; this machine's clock is wrong: set it \(NTP\); the keys may be right$/),
    });
  });

  it("is denied without the right", async () => {
    api.failNext(403, "Forbidden.NoPermission");
    await expect(secretsOf().read("prod/es.source")).rejects.toMatchObject({
      code: "denied",
      message: expect.stringMatching(/Key Management Service answered 403 Forbidden\.NoPermission/),
    });
  });

  it("is refused for a text that is no region, which would become part of a host's name", () => {
    expect(() => secretsOf({ region: "evil.example/" })).toThrow(/not a region/);
  });
});
