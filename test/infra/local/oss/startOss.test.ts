import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { type OssServer, startOss } from "../../../../infra/local/oss/startOss.ts";
import { BUCKET, codeOf, KEYS, startTestOss } from "./startTestOss.ts";

describe("startOss", () => {
  it("names the port that is in use", async () => {
    const oss = await startTestOss();
    const root = await mkdtemp(join(tmpdir(), "oss-test-"));
    const second = startOss({ root, port: oss.port, region: "cn-hangzhou", credentials: [KEYS] });
    await expect(second).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining(`port ${oss.port} (OSS stand-in) is in use`),
    });
    await rm(root, { recursive: true });
  });

  it("counts requests by operation until reset", async () => {
    const oss = await startTestOss();
    await oss.client().put("k", Buffer.from("x"));
    await codeOf(oss.client().get("absent"));
    await oss.client().get("k");
    expect(oss.requests.counts()).toEqual({ PutObject: 1, GetObject: 2 });
    oss.requests.reset();
    expect(oss.requests.counts()).toEqual({});
  });

  it("rejects a wrong secret, an unknown key, a wrong region and a wrong token, each with the error code of OSS", async () => {
    const sts = { accessKeyId: "STS.1", secretAccessKey: "sts-secret", securityToken: "right" };
    const oss = await startTestOss({ credentials: [KEYS, sts] });
    const attempt = (options: Record<string, unknown>) => codeOf(oss.client(options).put("k", Buffer.from("x")));
    for (const authorizationV4 of [true, false]) {
      expect(await attempt({ authorizationV4, accessKeySecret: "wrong" })).toBe("SignatureDoesNotMatch");
      expect(await attempt({ authorizationV4, accessKeyId: "nobody" })).toBe("InvalidAccessKeyId");
      const withSts = { authorizationV4, accessKeyId: sts.accessKeyId, accessKeySecret: sts.secretAccessKey, refreshSTSTokenInterval: 1e9 };
      expect(await attempt(withSts)).toBe("InvalidAccessKeyId");
      expect(await attempt({ ...withSts, stsToken: "wrong" })).toBe("InvalidSecurityToken");
      expect(await attempt({ ...withSts, stsToken: "right" })).toBe("no error");
    }
    expect(await attempt({ region: "oss-cn-beijing" })).toBe("InvalidArgument");
  });

  it("rejects a clock that is off by more than 15 minutes in either direction", async () => {
    const oss = await startTestOss();
    const attempt = (amendTimeSkewed: number, authorizationV4: boolean) =>
      codeOf(oss.client({ amendTimeSkewed, authorizationV4 }).put("k", Buffer.from("x")));
    for (const authorizationV4 of [true, false]) {
      expect(await attempt(16 * 60_000, authorizationV4)).toBe("RequestTimeTooSkewed");
      expect(await attempt(-16 * 60_000, authorizationV4)).toBe("RequestTimeTooSkewed");
      expect(await attempt(14 * 60_000, authorizationV4)).toBe("no error");
    }
  });

  it("answers anonymous requests with an error document without a namespace", async () => {
    const oss = await startTestOss();
    const answer = await fetch(`${oss.url}/${BUCKET}/k`);
    const requestId = answer.headers.get("x-oss-request-id");
    expect([answer.status, requestId]).toEqual([403, expect.stringMatching(/^[0-9A-F]{24}$/)]);
    expect(answer.headers.get("date")).not.toBeNull();
    expect(await answer.text()).toMatch(
      new RegExp(
        `^<\\?xml[^>]*>\\n<Error><Code>AccessDenied</Code><Message>[^<]+</Message><RequestId>${requestId}</RequestId><HostId>[^<]+</HostId></Error>$`,
      ),
    );
  });

  it("accepts signed URLs of both versions until they expire", async () => {
    const oss = await startTestOss();
    const client = oss.client({ sldEnable: true, endpoint: `http://localhost:${oss.port}` });
    await client.put("a b", Buffer.from("signed"));
    const address = await client.signatureUrlV4("GET", 60, {}, "a b");
    expect(await (await fetch(address)).text()).toBe("signed");
    expect((await fetch(address.replace(/x-oss-signature=../, "x-oss-signature=zz"))).status).toBe(403);
    const byName = oss.client({ endpoint: `http://localhost:${oss.port}`, authorizationV4: false });
    expect(await get(oss, byName.signatureUrl("a b", { expires: 60 }))).toEqual({ status: 200, body: "signed" });
    expect(await get(oss, byName.signatureUrl("a b", { expires: -60 }))).toEqual({ status: 403, body: expect.stringContaining("expired") });
  });

  it("does not treat an unsupported sub-resource as a plain write", async () => {
    const oss = await startTestOss();
    await oss.client().put("k", Buffer.from("kept"));
    expect(await codeOf(oss.client().putACL("k", "private"))).toBe("NotImplemented");
    expect((await oss.client().get("k")).content.toString()).toBe("kept");
  });
});

/** Requests BUCKET.localhost, a name that not every machine resolves. */
function get(oss: OssServer, address: string): Promise<{ status: number | undefined; body: string }> {
  const { host, pathname, search } = new URL(address);
  return new Promise((resolve, reject) => {
    const call = request({ host: "127.0.0.1", port: oss.port, path: pathname + search, headers: { host } }, async (response) => {
      resolve({ status: response.statusCode, body: await text(response) });
    });
    call.on("error", reject);
    call.end();
  });
}
