import { describe, expect, it } from "vitest";
import { unansweredText } from "../../../shared/adapters/blobs/classify.ts";
import { ossError } from "../../../shared/adapters/oss/errors.ts";
import { s3Error } from "../../../shared/adapters/s3/errors.ts";
import type { ErrorCode } from "../../../shared/model/errors.ts";

/** An error as ali-oss throws it for a response. */
const oss = (status: number, code?: string, headers = {}) =>
  ossError(Object.assign(new Error("said so"), { status, code, headers }), "oss://bucket/key: get");
/** An error as the AWS SDK throws it. */
const s3 = (status: number, name = "UnknownError", headers = {}) =>
  s3Error(Object.assign(new Error("said so"), { name, $metadata: { httpStatusCode: status }, $response: { headers } }), "s3://bucket/key");

describe("an object store response", () => {
  it("without a body is described by its status alone", () => {
    const bare = (said: string, more: object) => Object.assign(new Error(said), more);
    expect(ossError(bare("unknow request error, status: 403", { status: 403 }), "oss://b/k: get").message).toBe("oss://b/k: get: HTTP 403");
    const answer = { name: "403", $metadata: { httpStatusCode: 403 } };
    expect(s3Error(bare("UnknownError", answer), "s3://b/k").message).toBe("s3://b/k: HTTP 403");
  });

  it.each<[number, string | undefined, ErrorCode]>([
    // Throttled.
    [503, "SlowDown", "transient"],
    [503, "QpsLimitExceeded", "transient"],
    [503, "DownloadTrafficRateLimitExceeded", "transient"],
    [400, "ThrottlingException", "transient"],
    [429, undefined, "transient"],
    // A server or network failure.
    [500, "InternalError", "transient"],
    [502, undefined, "transient"],
    [503, undefined, "transient"],
    [504, undefined, "transient"],
    [400, "RequestTimeout", "transient"],
    [400, "IncompleteBody", "transient"],
    [404, "NoSuchUpload", "transient"],
    // Another writer was first.
    [409, "FileAlreadyExists", "conflict"],
    [412, "PreconditionFailed", "conflict"],
    [409, "ConditionalRequestConflict", "conflict"],
    // An operator must act.
    [403, "AccessDenied", "denied"],
    [403, "InvalidAccessKeyId", "denied"],
    [403, "SignatureDoesNotMatch", "denied"],
    [403, "SecurityTokenExpired", "denied"],
    [400, "ExpiredToken", "denied"],
    [401, undefined, "denied"],
    [404, "NoSuchBucket", "absent"],
    // A retry cannot help.
    [400, "InvalidArgument", "invalid"],
    [403, "InvalidObjectState", "invalid"],
    [501, "NotImplemented", "invalid"],
    [301, "PermanentRedirect", "invalid"],
  ])("of %i %s is %s on OSS and on S3", (status, code, expected) => {
    expect(oss(status, code).code).toBe(expected);
    expect(s3(status, code).code).toBe(expected);
  });

  it("of a refusal tells that this machine's clock differs, whatever the store says or leaves out", () => {
    const date = (minutes: number) => ({ date: new Date(Date.now() + minutes * 60_000).toUTCString() });
    for (const [status, code] of [
      [403, "RequestTimeTooSkewed"],
      [403, "SignatureDoesNotMatch"],
      [403, undefined],
    ] as const)
      for (const error of [oss(status, code, date(20)), s3(status, code, date(20))])
        expect([error.code, error.message]).toEqual([
          "denied",
          expect.stringMatching(/; this machine's clock is 20 min behind the service's: set it/),
        ]);
    expect(oss(403, undefined, date(-20)).message).toContain("20 min ahead of");
    expect(oss(403, "RequestTimeTooSkewed").message).toContain("this machine's clock is wrong");
    expect(s3(403, "RequestTimeTooSkewed", date(-6)).message).toContain("6 min ahead of");
    for (const error of [
      oss(403, "AccessDenied", date(1)),
      oss(404, "NoSuchKey", date(20)),
      s3(500, "InternalError", date(20)),
      // Within what the stores tolerate the keys, or their rights, are wrong; a key that does not exist is so at any time.
      ...[oss, s3].flatMap((store) => [
        store(403, "AccessDenied", date(10)),
        store(403, "SignatureDoesNotMatch", date(-12)),
        store(403, "InvalidAccessKeyId", date(60)),
      ]),
    ])
      expect(error.message).not.toContain("clock");
  });

  it("carries the retry delay from either header", () => {
    expect(oss(503, "QpsLimitExceeded", { "x-oss-qos-delay-time": "250" }).retryAfterMs).toBe(250);
    expect(oss(503, "SlowDown", { "retry-after": "2" }).retryAfterMs).toBe(2000);
    expect(s3(503, "SlowDown", { "retry-after": "2" }).retryAfterMs).toBe(2000);
  });
});

describe("a missing response", () => {
  const ofOss = (message: string, name: string) =>
    ossError(
      Object.assign(new Error(`${message}, GET https://host/x -1 (connected: true)`), { name, status: -1, code: name }),
      "oss://b/x",
    );
  const ofS3 = (message: string, name: string) => s3Error(Object.assign(new Error(message), { name }), "s3://b/x");

  it.each<[string, string, ErrorCode]>([
    ["connect ECONNREFUSED 127.0.0.1:1", "RequestError", "transient"],
    ["connect ECONNRESET 127.0.0.1:1", "TimeoutError", "transient"],
    ["socket hang up", "ResponseError", "transient"],
    ["getaddrinfo ENOTFOUND nope.invalid", "RequestError", "transient"],
    ["getaddrinfo EAI_AGAIN host", "RequestError", "transient"],
    ["Response timeout for 500ms", "ResponseTimeoutError", "transient"],
    ["self-signed certificate", "ResponseError", "permanent"],
    ["certificate has expired", "ResponseError", "permanent"],
    ["unable to verify the first certificate", "ResponseError", "permanent"],
    ["unable to get local issuer certificate", "ResponseError", "permanent"],
    ["Hostname/IP does not match certificate's altnames: Host: a", "ResponseError", "permanent"],
  ])("because of %s (%s) is %s", (message, name, expected) => {
    expect(ofOss(message, name).code).toBe(expected);
    expect(ofS3(message, name).code).toBe(expected);
  });
});

describe("a bucket that does not exist", () => {
  it("is a place that does not exist, whatever was asked of it; a key that does not exist is none", () => {
    const why = (error: { reason?: unknown }) => error.reason;
    expect(why(oss(404, "NoSuchBucket"))).toEqual({ code: "place.absent", params: { place: "oss://bucket" } });
    expect(why(s3(404, "NoSuchBucket"))).toEqual({ code: "place.absent", params: { place: "s3://bucket" } });
    expect([why(oss(404, "NoSuchKey")), why(s3(404, "NoSuchKey"))]).toEqual([undefined, undefined]);
  });
});

describe("a request without an answer", () => {
  it.each([
    [
      "connect ECONNREFUSED 127.0.0.1:9, GET http://127.0.0.1:9/b/k -1 (connected: false)\nheaders: {}",
      "http://127.0.0.1:9: connection refused",
    ],
    ["connect ECONNREFUSED 127.0.0.1:9", "127.0.0.1:9: connection refused"],
    ["getaddrinfo ENOTFOUND no-such.invalid", "no-such.invalid: host name not found"],
    ["Response timeout for 500ms, GET https://b.oss/k -1", "https://b.oss: the time ran out"],
    ["self-signed certificate, GET https://b.oss/k -1", "https://b.oss: its certificate is not signed by a CA that is known here"],
    ["socket hang up, PUT https://b.oss/k -1", "https://b.oss: connection cut"],
  ])("%j names the endpoint, the fault and the fix in words of ours", (said, sentence) => {
    const expected = `no answer from ${sentence}; check the endpoint, the region and the network`;
    expect(unansweredText(said)).toBe(expected);
    const error = Object.assign(new Error(said), { name: "RequestError", status: -1, code: "RequestError" });
    expect(ossError(error, "oss://b/k: get").message).toBe(`oss://b/k: get: ${expected}`);
    expect(s3Error(Object.assign(new Error(said), { name: "Error" }), "s3://b/k: get").message).toBe(`s3://b/k: get: ${expected}`);
  });
});
