import { buffer } from "node:stream/consumers";
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { describe, expect, it, onTestFinished } from "vitest";
import { BUCKET, KEYS, startTestOss, type TestOss } from "./startTestOss.ts";

function s3Client(oss: TestOss, secretAccessKey = KEYS.secretAccessKey): S3Client {
  const credentials = { accessKeyId: KEYS.accessKeyId, secretAccessKey };
  const client = new S3Client({ endpoint: oss.url, region: "oss-cn-hangzhou", forcePathStyle: true, maxAttempts: 1, credentials });
  onTestFinished(() => client.destroy());
  return client;
}

describe("an S3 client", () => {
  it("lists, heads and gets objects in OSS", async () => {
    const oss = await startTestOss();
    const body = Buffer.from("0123456789");
    for (const key of ["dir/a+b c é&=%", "dir/z", "top"]) await oss.client().put(key, body, { meta: { uid: 1, pid: 2 } });
    const s3 = s3Client(oss);
    const first = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, MaxKeys: 2 }));
    expect(first.Contents?.map((object) => [object.Key, object.Size])).toEqual([
      ["dir/a+b c é&=%", 10],
      ["dir/z", 10],
    ]);
    const rest = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, ContinuationToken: first.NextContinuationToken }));
    expect([rest.Contents?.map((object) => object.Key), rest.IsTruncated]).toEqual([["top"], false]);
    const tree = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Delimiter: "/", Prefix: "" }));
    expect(tree.CommonPrefixes).toEqual([{ Prefix: "dir/" }]);
    const target = { Bucket: BUCKET, Key: "dir/a+b c é&=%" };
    const head = await s3.send(new HeadObjectCommand(target));
    expect([head.ContentLength, head.Metadata]).toEqual([10, { uid: "1", pid: "2" }]);
    const range = await s3.send(new GetObjectCommand({ ...target, Range: "bytes=8-20" }));
    expect((await buffer(range.Body as NodeJS.ReadableStream)).toString()).toBe("89");
  });

  it("gets named errors: a wrong secret, a missing key, a missing bucket, any write", async () => {
    const oss = await startTestOss();
    const nameOf = (call: Promise<unknown>): Promise<string> =>
      call.then(
        () => "no error",
        (error: Error) => error.name,
      );
    const get = (bucket: string) => new GetObjectCommand({ Bucket: bucket, Key: "absent" });
    expect(await nameOf(s3Client(oss, "wrong").send(get(BUCKET)))).toBe("SignatureDoesNotMatch");
    expect(await nameOf(s3Client(oss).send(get(BUCKET)))).toBe("NoSuchKey");
    expect(await nameOf(s3Client(oss).send(get("no-such-bucket")))).toBe("NoSuchBucket");
    expect(await nameOf(s3Client(oss).send(new PutObjectCommand({ Bucket: BUCKET, Key: "k", Body: "x" })))).toBe("NotImplemented");
  });
});
