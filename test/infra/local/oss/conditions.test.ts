import { createHmac } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { beforeEach, describe, expect, it } from "vitest";
import { BUCKET, codeOf, KEYS, startTestOss, type TestOss } from "./startTestOss.ts";

const OTHER = '"00000000000000000000000000000000"';
const [PAST, FUTURE] = ["Thu, 01 Jan 2015 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"];

let oss: TestOss;
let etag: string;

beforeEach(async () => {
  oss = await startTestOss();
  const { res } = await oss.client().put("k", Buffer.from("0123"));
  etag = (res.headers as Record<string, string>).etag as string;
});

/** The status of a read with these headers, whether it succeeds or not. */
async function statusOf(call: Promise<{ res: { status: number } }>): Promise<number | undefined> {
  return call.then(
    ({ res }) => res.status,
    ({ status }: { status?: number }) => status,
  );
}

describe("a read with a condition", () => {
  it.each<[string, (own: string) => Record<string, string>, number]>([
    ["If-Match with its ETag", (own) => ({ "If-Match": own }), 200],
    ["If-Match with several ETags", (own) => ({ "If-Match": `${OTHER}, ${own}` }), 200],
    ["If-Match with another ETag", () => ({ "If-Match": OTHER }), 412],
    ["If-None-Match with its ETag", (own) => ({ "If-None-Match": own }), 304],
    ["If-None-Match with another ETag", () => ({ "If-None-Match": OTHER }), 200],
    ["If-Modified-Since in the past", () => ({ "If-Modified-Since": PAST }), 200],
    ["If-Modified-Since in the future", () => ({ "If-Modified-Since": FUTURE }), 304],
    ["If-Unmodified-Since in the past", () => ({ "If-Unmodified-Since": PAST }), 412],
    ["If-Unmodified-Since in the future", () => ({ "If-Unmodified-Since": FUTURE }), 200],
    ["a time that is none", () => ({ "If-Modified-Since": "soon" }), 200],
  ])("is answered by OSS's status: %s", async (_, headersOf, status) => {
    const headers = headersOf(etag);
    expect(await statusOf(oss.client().get("k", { headers }))).toBe(status);
    expect(await statusOf(oss.client().head("k", { headers }))).toBe(status);
  });

  it("applies to the source of a copy as well", async () => {
    const copy = (headers: Record<string, string>) => codeOf(oss.client().copy("copy", "k", { headers }));
    expect(await copy({ "x-oss-copy-source-if-match": OTHER })).toBe("PreconditionFailed");
    expect(await codeOf(oss.client().head("copy"))).toBe("NoSuchKey");
    expect(await copy({ "x-oss-copy-source-if-match": etag })).toBe("no error");
  });
});

describe("a write with a condition", () => {
  it.each(["If-Match", "If-None-Match"])("is rejected as OSS rejects it: %s", async (name) => {
    expect(await codeOf(oss.client().put("new", Buffer.from("x"), { headers: { [name]: "*" } }))).toBe("NotImplemented");
    expect(await codeOf(oss.client().head("new"))).toBe("NoSuchKey");
  });
});

describe("metadata", () => {
  /** As Alibaba's other libraries send it: the bytes of the text, which the signature covers as text. ali-oss refuses to. */
  async function put(note: string, bytes: Buffer): Promise<number | undefined> {
    const date = new Date().toUTCString();
    const text = ["PUT", "", "", date, `x-oss-meta-note:${note}`, `/${BUCKET}/described`].join("\n");
    const signature = createHmac("sha1", KEYS.secretAccessKey).update(text).digest("base64");
    const headers = { Date: date, Authorization: `OSS ${KEYS.accessKeyId}:${signature}`, "x-oss-meta-note": bytes.toString("latin1") };
    // Node writes headers as Latin-1 only where the body is no text.
    const sent = request(`${oss.url}/${BUCKET}/described`, { method: "PUT", headers }).end(Buffer.from("x"));
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    answer.resume();
    return answer.statusCode;
  }

  it.each([
    ["UTF-8", "日本語 😀", Buffer.from("日本語 😀")],
    ["Latin-1", "gr\u00fcn", Buffer.from("gr\u00fcn", "latin1")],
  ])("is returned as the bytes that were sent, in %s", async (_, note, bytes) => {
    expect(await put(note, bytes)).toBe(200);
    for (const key of ["described", "copied"]) {
      const { res } = await oss.client().head(key === "copied" ? await copied() : key);
      expect(Buffer.from((res.headers as Record<string, string>)["x-oss-meta-note"] ?? "", "latin1")).toEqual(bytes);
    }
  });

  async function copied(): Promise<string> {
    await oss.client().copy("copied", "described");
    return "copied";
  }
});
