import { describe, expect, it } from "vitest";
import type { ApiCall } from "../../../../infra/cli/at/api.ts";
import { path } from "../../../../infra/cli/at/api.ts";
import { openApi, type Wire } from "../../../../infra/cli/at/client.ts";
import { VERSION } from "../../../../shared/runtime/settings.ts";

const KEYS = { accessKeyId: "LTAItest", accessKeySecret: "secret", securityToken: "sts" };

/** One call to a function that answers so; what was sent, what came of it, and what was noted. */
async function ask(answer: { status?: number; headers?: Record<string, string>; body: unknown }, call: Partial<ApiCall> = {}) {
  const sent: Wire[] = [];
  const notes: string[] = [];
  const terminal = { note: (text: string) => void notes.push(text) };
  const options = { url: new URL("https://x.cn-hangzhou.fcapp.run/"), keys: KEYS, token: "t0ken", terminal };
  const api = openApi(options, async (wire) => {
    sent.push(wire);
    const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body);
    return { status: answer.status ?? 200, headers: new Headers(answer.headers), text };
  });
  const outcome = await api({ method: "GET", path: "/jobs", ...call }).catch((error: unknown) => error);
  return { wire: sent[0], outcome, notes };
}

describe("a call of the HTTP function", () => {
  it("is signed, carries token, key, query and body, and names its version", async () => {
    const call = {
      method: "POST",
      path: path`/backups/${"a/b c"}`,
      query: { limit: 5, kind: undefined },
      body: { because: "é" },
      key: "k",
    } as const;
    const { wire, outcome } = await ask({ body: { id: "backup-1" }, headers: { "idempotent-replayed": "true" } }, call);
    expect(wire).toMatchObject({ method: "POST", body: '{"because":"é"}' });
    expect(wire?.url.href).toBe("https://x.cn-hangzhou.fcapp.run/backups/a%2Fb%20c?limit=5");
    expect(wire?.headers).toMatchObject({
      ...{ "x-ossnap-token": "t0ken", "idempotency-key": "k", "content-type": "application/json", "x-acs-security-token": "sts" },
      "x-ossnap-terminal": VERSION,
      authorization: expect.stringMatching(
        /^ACS3-HMAC-SHA256 Credential=LTAItest,SignedHeaders=x-acs-date;x-acs-security-token,Signature=[0-9a-f]{64}$/,
      ),
    });
    expect(outcome).toEqual({ body: { id: "backup-1" }, isReplayed: true });
  });

  it.each([
    [
      "the verb's own error",
      404,
      {
        detail: "spelled",
        code: "absent",
        error: { code: "invalid", lines: ["no such", "more"], reason: { code: "job.absent", params: { id: "x" } } },
      },
      { code: "invalid", message: "no such\nmore", reason: { code: "job.absent" } },
    ],
    [
      "an unknown token",
      401,
      { code: "unauthenticated", detail: "the token is unknown" },
      { code: "denied", message: "OSSNAP_TOKEN: the token is unknown" },
    ],
    [
      "a viewer's token",
      403,
      { code: "forbidden", detail: "needs an operator" },
      { code: "denied", message: "OSSNAP_TOKEN: needs an operator" },
    ],
    [
      "a refusal with its report",
      422,
      { code: "restore-refused", detail: "1 of 4", preflight: { checks: [] } },
      { code: "refused", body: { preflight: { checks: [] } } },
    ],
    [
      "a route that an older function does not have",
      404,
      { code: "not-found", detail: "there is no route /new" },
      { code: "permanent", message: "https://x.cn-hangzhou.fcapp.run: there is no route /new" },
    ],
    [
      "a wrong signature",
      403,
      { RequestId: "1", Code: "SignatureNotMatch", Message: "differs" },
      {
        code: "denied",
        message:
          "https://x.cn-hangzhou.fcapp.run: Function Compute refused the signature: SignatureNotMatch: differs; check ALIBABA_CLOUD_ACCESS_KEY_ID and its secret",
      },
    ],
    [
      "a function that died",
      502,
      { RequestId: "1", ErrorCode: "UnhandledInvocationError", ErrorMessage: "timed out" },
      { code: "transient", message: "https://x.cn-hangzhou.fcapp.run: Function Compute answered 502 UnhandledInvocationError: timed out" },
    ],
    [
      "another server",
      200,
      "<html>",
      {
        code: "permanent",
        message: "https://x.cn-hangzhou.fcapp.run: answered 200 with what is not JSON: it is not ossnap's HTTP function",
      },
    ],
  ])("that is answered with %s ends as the verb would", async (_what, status, body, error) => {
    expect((await ask({ status, body })).outcome).toMatchObject(error);
  });

  it("notes a pause, and another version of ossnap", async () => {
    const { notes } = await ask({ body: {}, headers: { "x-ossnap-paused": "true", "x-ossnap-version": "0.0.9" } });
    expect(notes).toEqual([
      expect.stringContaining(`run ossnap 0.0.9, and this command is ${VERSION}`),
      expect.stringContaining("ossnap is paused"),
    ]);
  });
});
