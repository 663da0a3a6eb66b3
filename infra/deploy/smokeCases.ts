import type { FunctionName } from "./functionLimits.ts";

export interface SmokeCase {
  title: string;
  /** A string is passed unchanged, anything else as JSON; always as a Buffer, as on Function Compute. */
  event: unknown;
  /** Matched against `error <code> <message>` or `answer <JSON>`. */
  expect: RegExp;
}

/** Nothing listens at the state's address, so a valid event fails exactly there. */
const NEEDS_STATE = /^error transient .*(state|127\.0\.0\.1|ECONNREFUSED)/s;

const timer = (payload?: unknown) => ({
  triggerTime: "2026-11-20T17:30:00Z",
  triggerName: "nightly",
  payload: payload === undefined ? "" : JSON.stringify(payload),
});

const ossEvent = (object: object) => ({
  events: [
    {
      eventName: "ObjectCreated:PutObject",
      eventSource: "acs:oss",
      eventTime: "2026-11-20T17:40:00.000Z",
      eventVersion: "1.0",
      oss: {
        bucket: { arn: "acs:oss:cn-hangzhou:1:moved", name: "moved", ownerIdentity: "1", virtualBucket: "" },
        object: { deltaSize: 512, eTag: "688A7BF4F233DC9C88A80BF985AB7329", size: 512, ...object },
        ossSchemaVersion: "1.0",
        ruleId: "1",
      },
      region: "cn-hangzhou",
      requestParameters: { sourceIPAddress: "127.0.0.1" },
      responseElements: { requestId: "58F9FF2D3DF792092E12044C" },
      userIdentity: { principalId: "1" },
    },
  ],
});

const httpEvent = {
  version: "v1",
  rawPath: "/",
  headers: { Accept: "application/json" },
  queryParameters: {},
  body: "",
  isBase64Encoded: false,
  requestContext: {
    accountId: "1",
    domainName: "smoke.cn-hangzhou.fcapp.run",
    domainPrefix: "smoke",
    requestId: "1-64f6cd87-smoke",
    time: "2026-11-20T17:30:00Z",
    timeEpoch: "1795195800000",
    http: { method: "GET", path: "/", protocol: "HTTP/1.1", sourceIp: "127.0.0.1", userAgent: "smoke" },
  },
};

/** One valid and one invalid event per function, for the example configuration. */
export const SMOKE_CASES: Readonly<Record<FunctionName, readonly SmokeCase[]>> = {
  createSnapshots: [
    { title: "a timer's event needs the state", event: timer(), expect: NEEDS_STATE },
    {
      title: "an invalid time is reported",
      event: { ...timer({ policy: "nightly" }), triggerTime: "late" },
      expect: /^error invalid .*triggerTime/s,
    },
  ],
  pruneSnapshots: [
    { title: "a timer's event needs the state", event: timer({ policy: "nightly" }), expect: NEEDS_STATE },
    { title: "an unknown payload is reported", event: timer({ polcy: "nightly" }), expect: /^error invalid .*policy/s },
  ],
  onCopiedBlob: [
    { title: "a root blob's event needs the state", event: ossEvent({ key: "movies/index-0" }), expect: NEEDS_STATE },
    { title: "an event without a key is reported", event: ossEvent({}), expect: /^error invalid .*key/s },
  ],
  copyBlobs: [
    { title: "a batch needs the state", event: { job: "copy-aws-to-oss-1", batch: "0-0-abcdef", attempt: 1 }, expect: NEEDS_STATE },
    { title: "an event without anything is reported", event: {}, expect: /^error invalid .*batch/s },
  ],
  continueJob: [
    { title: "a job's turn needs the state", event: { job: "arrival-moved-1" }, expect: NEEDS_STATE },
    { title: "an event without a job is reported", event: {}, expect: /^error invalid .*job/s },
  ],
  advanceJobs: [
    {
      title: "a tick needs the state",
      event: { triggerTime: "2026-11-20T17:30:00Z", triggerName: "every-minute", payload: "" },
      expect: NEEDS_STATE,
    },
    { title: "invalid JSON is reported", event: "{", expect: /^error invalid .*(event|JSON)/s },
  ],
  http: [
    {
      title: "a call without token is refused",
      event: httpEvent,
      expect: /^answer (?=.*"statusCode":401)(?=.*application\/problem\+json)/s,
    },
    {
      title: "a call without a path is answered with the request's id; the log has the fault",
      event: { version: "v1", headers: {} },
      expect: /^answer (?=.*"statusCode":500)(?=.*requestId)/s,
    },
  ],
};
