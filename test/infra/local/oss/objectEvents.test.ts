import { Readable } from "node:stream";
import { describe, expect, it, vi } from "vitest";
import type { EventRule, OssEvent } from "../../../../infra/local/oss/objectEvents.ts";
import { BUCKET, startTestOss } from "./startTestOss.ts";

const EVENTS = ["oss:ObjectCreated:PutObject", "oss:ObjectCreated:CompleteMultipartUpload", "oss:ObjectCreated:CopyObject"];
const RULE = { bucket: BUCKET, prefix: "repo/index", suffix: "", events: EVENTS, functionName: "onCopiedBlob" };

async function startWatched(rules: EventRule[] = [RULE]) {
  const delivered: { rule: EventRule; event: OssEvent }[] = [];
  const oss = await startTestOss({ rules, onEvent: (rule, event) => void delivered.push({ rule, event }) });
  return { oss, delivered, client: oss.client() };
}

describe("events", () => {
  it("have exactly the shape that Function Compute documents", async () => {
    const { client, delivered } = await startWatched();
    await client.put("repo/index-1", Buffer.from("old"));
    await client.put("repo/index-1", Buffer.from("hello world"));
    await vi.waitFor(() => expect(delivered).toHaveLength(2));
    expect(delivered[1]?.rule).toBe(RULE);
    expect(delivered[1]?.event).toEqual({
      events: [
        {
          eventName: "ObjectCreated:PutObject",
          eventSource: "acs:oss",
          eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/),
          eventVersion: "1.0",
          oss: {
            bucket: {
              arn: `acs:oss:cn-hangzhou:1234567890123456:${BUCKET}`,
              name: BUCKET,
              ownerIdentity: "1234567890123456",
              virtualBucket: "",
            },
            object: { deltaSize: 8, eTag: "5EB63BBBE01EEED093CB22BB8F5ACDC3", key: "repo/index-1", size: 11 },
            ossSchemaVersion: "1.0",
            ruleId: expect.stringMatching(/^[0-9a-f]{40}$/),
          },
          region: "cn-hangzhou",
          requestParameters: { sourceIPAddress: "127.0.0.1" },
          responseElements: { requestId: expect.stringMatching(/^[0-9A-F]{24}$/) },
          userIdentity: { principalId: "1234567890123456" },
        },
      ],
    });
  });

  it("name the operation that created the object, and leave out parts, refused writes and other keys", async () => {
    const { client, delivered } = await startWatched();
    await client.put("repo/indices/0/__data", Buffer.from("x"));
    await client.copy("repo/index-2", "repo/indices/0/__data");
    const { uploadId } = await client.initMultipartUpload("repo/index-3");
    const part = await client.uploadPart("repo/index-3", uploadId, 1, Readable.from([Buffer.from("x")]) as never, 0, 1);
    await client.completeMultipartUpload("repo/index-3", uploadId, [{ number: 1, etag: (part as unknown as { etag: string }).etag }]);
    await client.put("repo/index-2", Buffer.from("y"), { headers: { "x-oss-forbid-overwrite": "true" } }).catch(() => undefined);
    await vi.waitFor(() => expect(delivered).toHaveLength(2));
    expect(delivered.map(({ event }) => [event.events[0]?.eventName, event.events[0]?.oss.object.key])).toEqual([
      ["ObjectCreated:CopyObject", "repo/index-2"],
      ["ObjectCreated:CompleteMultipartUpload", "repo/index-3"],
    ]);
  });

  it("reach every matching rule, by suffix and by wildcard", async () => {
    const latest: EventRule = { bucket: BUCKET, prefix: "", suffix: "index.latest", events: ["oss:ObjectCreated:*"] };
    const { client, delivered } = await startWatched([RULE, latest, { ...latest, bucket: "another" }]);
    await client.put("repo/index.latest", Buffer.from("x"));
    await vi.waitFor(() => expect(delivered.map(({ rule }) => rule)).toEqual([RULE, latest]));
  });

  it("can be lost, late or doubled", async () => {
    const { oss, client, delivered } = await startWatched();
    const keys = () => delivered.map(({ event }) => event.events[0]?.oss.object.key);
    oss.faults.add({ kind: "lostEvent", match: { key: "repo/index-lost" } });
    oss.faults.add({ kind: "doubleEvent", match: { key: /double$/ }, times: 1 });
    oss.faults.add({ kind: "lateEvent", match: { key: "repo/index-late" }, params: { ms: 50 } });
    for (const name of ["late", "lost", "double", "plain"]) await client.put(`repo/index-${name}`, Buffer.from("x"));
    await vi.waitFor(() => expect(keys()).toHaveLength(4));
    expect(keys().sort()).toEqual(["repo/index-double", "repo/index-double", "repo/index-late", "repo/index-plain"]);
    expect(oss.faults.fired().map(({ kind, fired }) => [kind, fired])).toEqual([
      ["lostEvent", 1],
      ["doubleEvent", 1],
      ["lateEvent", 1],
    ]);
  });
});
