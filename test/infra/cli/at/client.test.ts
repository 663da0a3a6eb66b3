import { describe, expect, it } from "vitest";
import type { ApiCall } from "../../../../infra/cli/at/api.ts";
import { path } from "../../../../infra/cli/at/api.ts";
import { openApi } from "../../../../infra/cli/at/client.ts";
import type { Wire } from "../../../../infra/cli/at/send.ts";
import { VERSION } from "../../../../shared/runtime/settings.ts";

const JOB = {
  ...{ id: "backup-1", kind: "backup", about: "nightly", state: "open", reason: { code: "job.asked", params: {} } },
  ...{ by: "a person", since: "2026-12-01T00:00:00Z", at: "2026-12-01T00:00:00Z" },
};
const KEYS = { accessKeyId: "LTAItest", accessKeySecret: "secret", securityToken: "sts" };

/** Those that every answer of the function has; an empty one is left out. */
function headersOf(own: Record<string, string> = {}): Headers {
  return new Headers(Object.entries({ "x-ossnap-version": VERSION, ...own }).filter(([, value]) => value !== ""));
}

/** One call to a function that answers so; what was sent, what came of it, and what was noted. */
async function ask(answer: { status?: number; headers?: Record<string, string>; body: unknown }, call: Partial<ApiCall> = {}) {
  const sent: Wire[] = [];
  const notes: string[] = [];
  const terminal = { note: (text: string) => void notes.push(text) };
  const options = { url: new URL("https://x.cn-hangzhou.fcapp.run/"), keys: KEYS, token: "t0ken", terminal };
  const api = openApi(options, async (wire) => {
    sent.push(wire);
    const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body);
    return { status: answer.status ?? 200, headers: headersOf(answer.headers), text };
  });
  const outcome = await api({ method: "GET", path: "/jobs", ...call }).catch((error: unknown) => error);
  return { wire: sent[0], outcome, notes };
}

/** Sent by nobody but the function. */
const NOT_OURS = { "x-ossnap-version": "" };

describe("a call of the HTTP function", () => {
  it("is signed, carries token, key, query and body, and names its version", async () => {
    const call = {
      method: "POST",
      path: path`/backups/${"a/b c"}`,
      query: { limit: 5, kind: undefined },
      body: { because: "é" },
      key: "k",
    } as const;
    const { wire, outcome } = await ask({ status: 202, body: JOB, headers: { "idempotent-replayed": "true" } }, call);
    expect(wire).toMatchObject({ method: "POST", body: '{"because":"é"}' });
    expect(wire?.url.href).toBe("https://x.cn-hangzhou.fcapp.run/backups/a%2Fb%20c?limit=5");
    expect(wire?.headers).toMatchObject({
      ...{ "x-ossnap-token": "t0ken", "idempotency-key": "k", "content-type": "application/json", "x-acs-security-token": "sts" },
      "x-ossnap-terminal": VERSION,
      authorization: expect.stringMatching(
        /^ACS3-HMAC-SHA256 Credential=LTAItest,SignedHeaders=x-acs-date;x-acs-security-token,Signature=[0-9a-f]{64}$/,
      ),
    });
    expect(outcome).toEqual({ body: JOB, isReplayed: true });
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
  ])("that is answered with %s ends as the verb would", async (_what, status, body, error) => {
    expect((await ask({ status, body })).outcome).toMatchObject(error);
  });

  it("notes a pause, and another version of ossnap", async () => {
    const { notes } = await ask({ body: { data: [] }, headers: { "x-ossnap-paused": "true", "x-ossnap-version": "0.0.9" } });
    expect(notes).toEqual([
      expect.stringContaining(`run ossnap 0.0.9, and this command is ${VERSION}`),
      expect.stringContaining("ossnap is paused"),
    ]);
  });

  it.each<[string, number, string | object, Record<string, string>, string, RegExp]>([
    ["a page", 200, "<html>", NOT_OURS, "permanent", /^https:\S+: answered 200 with what is not JSON: it is not ossnap's HTTP function/],
    ["a gateway's page", 503, "<html>", NOT_OURS, "transient", /answered 503 with what is not JSON/],
    ["JSON of another", 200, { ok: true }, NOT_OURS, "permanent", /answered 200 with what is not an answer of ossnap/],
    ["an empty list of another", 200, { data: [] }, NOT_OURS, "permanent", /answered 200 with what is not an answer of ossnap/],
    ["half an answer", 200, '{"data":[{"id":', {}, "transient", /answered 200 with half an answer$/],
    ["a list that is none", 200, { data: {} }, {}, "permanent", /answered 200 with an answer that cannot be read \(data\)$/],
    ["a text", 200, '"ok"', {}, "permanent", /cannot be read \(the answer\)$/],
    ["a row that lacks what is shown", 200, { data: [{ ...JOB, reason: null }] }, {}, "permanent", /cannot be read \(data\.0\.reason\)$/],
    [
      "an older function's",
      200,
      { data: [{}] },
      { "x-ossnap-version": "0.0.9" },
      "permanent",
      /run ossnap 0\.0\.9, and this command is .*; deploy/,
    ],
  ])("refuses %s in one sentence", async (_what, status, body, headers, code, message) => {
    expect((await ask({ status, body, headers })).outcome).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it("says after a request that begins something that it may have been done", async () => {
    const call = { method: "POST", path: "/backups/nightly", body: {} } as const;
    for (const answer of [{ body: "<html>", headers: NOT_OURS }, { body: '{"id":' }, { status: 202, body: { id: "backup-1" } }])
      expect((await ask(answer, call)).outcome).toMatchObject({
        message: expect.stringContaining("what was asked for may have been done: look at `ossnap jobs`"),
      });
  });

  it.each([
    ["behind", 20, "is 20 min behind the service's"],
    ["ahead of", -20, "is 20 min ahead of the service's"],
  ])("says that this machine's clock is %s the service's, in place of a wrong key", async (_what, minutes, said) => {
    const date = new Date(Date.now() + minutes * 60_000).toUTCString();
    for (const Code of ["RequestTimeTooSkewed", "SignatureNotMatch", "AccessDenied"]) {
      const { outcome } = await ask({ status: 403, headers: { date }, body: { RequestId: "1", Code, Message: "no" } });
      expect(outcome).toMatchObject({ code: "denied", message: expect.stringContaining(`this machine's clock ${said}`) });
      expect((outcome as Error).message).not.toContain("ALIBABA_CLOUD_ACCESS_KEY_ID");
    }
  });

  it.each(["..", ".", ""])("has no path with %j, which a URL takes for another route", (name) => {
    expect(() => path`/jobs/${name}/resume`).toThrow(/is no name/);
    expect(path`/jobs/${"a..b"}/resume`).toBe("/jobs/a..b/resume");
  });

  it("that Function Compute throttles may be sent again", async () => {
    const { outcome } = await ask({ status: 429, headers: NOT_OURS, body: { Code: "ResourceExhausted", Message: "too many" } });
    expect(outcome).toMatchObject({ code: "transient", message: expect.stringContaining("answered 429 ResourceExhausted: too many") });
  });
});
