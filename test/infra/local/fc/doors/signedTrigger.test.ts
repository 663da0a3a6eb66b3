import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Keys, triggerHeaders } from "../../../../../infra/cli/at/triggerSignature.ts";
import { type Door, startHttpTrigger } from "../../../../../infra/local/fc/doors/httpDoor.ts";
import { ACCOUNT, startTestHost, type TestHost } from "../testHost.ts";

const KEYS = ACCOUNT.credentials;
const BARE = { accessKeyId: KEYS.accessKeyId, accessKeySecret: KEYS.accessKeySecret };

let test: TestHost;
let door: Door;
let bare: Door;

beforeAll(async () => {
  test = startTestHost({ http: { code: "return { statusCode: 200, body: JSON.parse(event).rawPath }" } });
  const trigger = { host: test.host, functionName: "http", port: 0, methods: ["GET", "POST"] };
  door = await startHttpTrigger({ ...trigger, signedWith: KEYS });
  bare = await startHttpTrigger({ ...trigger, signedWith: BARE });
});

afterAll(async () => {
  await door.close();
  await bare.close();
  await test.close();
});

interface Sent {
  method?: string;
  keys?: Keys;
  now?: Date;
  /** Takes the place of the signed headers' own values. */
  headers?: Record<string, string>;
  /** The path that is sent, if it is not the one that was signed. */
  instead?: string;
  at?: Door;
  body?: string;
}

async function send(path: string, { method = "GET", keys = KEYS, now = new Date(), headers = {}, instead, at = door, body }: Sent = {}) {
  const signed = triggerHeaders(method, new URL(path, at.url), keys, now);
  const init = { method, headers: { ...signed, ...headers }, ...(body === undefined ? {} : { body }) };
  const answer = await fetch(new URL(instead ?? path, at.url), init);
  const text = await answer.text();
  return answer.status === 200 ? text : [answer.status, (JSON.parse(text) as { ErrorCode: string }).ErrorCode];
}

describe("an HTTP trigger with authType: function", () => {
  it("asks for the right to invoke the function", async () => {
    const resource = (name: string) => `acs:fc:${ACCOUNT.region}:${ACCOUNT.accountId}:functions/${name}`;
    const keysFor = (name: string) => ({
      ...{ accessKeyId: `KEY-${name}`, accessKeySecret: "secret" },
      policies: [{ Statement: [{ Effect: "Allow" as const, Action: ["fc:InvokeFunction"], Resource: [resource(name)] }] }],
    });
    const keys = [keysFor("http"), keysFor("copy-blobs")];
    const limited = await startHttpTrigger({ host: test.host, functionName: "http", port: 0, signedWith: keys });
    try {
      const answers = await Promise.all(keys.map((one) => send("/jobs", { keys: one, at: limited })));
      expect(answers).toEqual(["/jobs", [403, "AccessDenied"]]);
    } finally {
      await limited.close();
    }
  });

  it("accepts what the documentation's examples sign, with and without a security token", async () => {
    expect(await send("/jobs")).toBe("/jobs");
    expect(await send("/jobs", { at: bare, keys: BARE })).toBe("/jobs");
    expect(await send("/pins/a%2Fb%20c/x?odd=!*'()&b=%C3%A9&b=2&empty", { method: "POST", body: "{}" })).toBe("/pins/a%2Fb%20c/x");
  });

  it("refuses an encoding that is wrong before it looks at the signature", async () => {
    for (const path of ["/jobs/%ff", "/jobs?kind=%ff"]) expect(await send(path)).toEqual([400, "InvalidArgument"]);
  });

  it("signs as Alibaba's own openapi-util 0.3 does (getAuthorization with an empty payload)", () => {
    const url = new URL("https://x.cn-hangzhou.fcapp.run/pins/a%2Fb/nightly?policy=a b&limit=5&odd=!*");
    const keys = { accessKeyId: "LTAItest", accessKeySecret: "secret", securityToken: "token" };
    expect(triggerHeaders("POST", url, keys, new Date("2026-11-30T12:00:00.999Z"))).toEqual({
      "x-acs-date": "2026-11-30T12:00:00Z",
      "x-acs-security-token": "token",
      authorization:
        "ACS3-HMAC-SHA256 Credential=LTAItest,SignedHeaders=x-acs-date;x-acs-security-token,Signature=80b7911d4849f8c6c4b64c5e854e7338b3350ee613811aadfd150572e67e8a02",
    });
  });

  it.each<[string, Sent, unknown]>([
    ["no signature", { headers: { authorization: "" } }, [400, "MissingRequiredHeader"]],
    ["a bearer token in its place", { headers: { authorization: "Bearer t0ken" } }, [400, "MissingRequiredHeader"]],
    ["another key", { keys: { ...KEYS, accessKeyId: "LTAIother" } }, [403, "InvalidAccessKeyID"]],
    ["another secret", { keys: { ...KEYS, accessKeySecret: "wrong" } }, [403, "SignatureNotMatch"]],
    ["another security token", { keys: { ...KEYS, securityToken: "old" } }, [403, "InvalidSecurityToken"]],
    ["no security token", { keys: BARE }, [403, "InvalidSecurityToken"]],
    ["a date of an hour ago", { now: new Date(Date.now() - 3_600_000) }, [403, "RequestTimeTooSkewed"]],
    ["another path than the signed one", { instead: "/pause" }, [403, "SignatureNotMatch"]],
    ["another query than the signed one", { instead: "/jobs?limit=5" }, [403, "SignatureNotMatch"]],
    ["an x-acs- header that is not signed", { headers: { "x-acs-more": "1" } }, [400, "MissingRequiredHeader"]],
    ["a hash of another body", { headers: { "x-acs-content-sha256": sha256("other") } }, [400, "MissingRequiredHeader"]],
    ["a method that the trigger does not have", { method: "DELETE" }, [405, "MethodNotAllowed"]],
  ])("refuses %s before a function runs", async (_what, sent, refused) => {
    const before = test.host.counters("http").invocations;
    expect(await send("/jobs", sent)).toEqual(refused);
    expect(test.host.counters("http").invocations).toBe(before);
  });
});

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
