import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { describe, expect, it, onTestFinished } from "vitest";
import { BUCKET, codeOf, KEYS, startTestOss, type TestOss } from "./startTestOss.ts";

function s3Client(oss: TestOss, secretAccessKey = KEYS.secretAccessKey): S3Client {
  const credentials = { accessKeyId: KEYS.accessKeyId, secretAccessKey };
  const client = new S3Client({
    endpoint: oss.url,
    region: "oss-cn-hangzhou",
    forcePathStyle: true,
    maxAttempts: 1,
    requestChecksumCalculation: "WHEN_REQUIRED",
    credentials,
  });
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

  it("gets named errors: a wrong secret, a missing key, a missing bucket, a conditional write, a body in chunks", async () => {
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
    const put = { Bucket: BUCKET, Key: "k", Body: "x" };
    expect(await nameOf(s3Client(oss).send(new PutObjectCommand({ ...put, IfNoneMatch: "*" })))).toBe("NotImplemented");
    expect(await nameOf(s3Client(oss).send(new PutObjectCommand({ ...put, IfMatch: '"x"' })))).toBe("NotImplemented");
    const stream = Readable.from([Buffer.from("x")]);
    const chunked = new PutObjectCommand({ ...put, Body: stream, ContentLength: 1, ChecksumAlgorithm: "CRC32" });
    expect(await nameOf(s3Client(oss).send(chunked))).toBe("NotImplemented");
    expect(await nameOf(s3Client(oss).send(get(BUCKET)))).toBe("NoSuchKey");
  });

  it("puts, copies, uploads in parts and deletes, and OSS's own client reads what it wrote", async () => {
    const oss = await startTestOss();
    const s3 = s3Client(oss);
    const at = (key: string) => ({ Bucket: BUCKET, Key: key });
    await s3.send(new PutObjectCommand({ ...at("dir/a b é"), Body: "0123", ContentType: "text/plain", Metadata: { uid: "1" } }));
    await s3.send(new CopyObjectCommand({ ...at("copy"), CopySource: encodeURI(`${BUCKET}/dir/a b é`) }));
    const head = await oss.client().head("copy");
    expect([head.meta, (head.res.headers as Record<string, string>)["content-type"]]).toEqual([{ uid: "1" }, "text/plain"]);
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...at("parts"), Metadata: { by: "s3" } }));
    const sizes = [100 * 1024, 4];
    const Parts = [];
    for (const [index, size] of sizes.entries()) {
      const part = await s3.send(
        new UploadPartCommand({ ...at("parts"), UploadId, PartNumber: index + 1, Body: Buffer.alloc(size, index) }),
      );
      Parts.push({ PartNumber: index + 1, ETag: part.ETag });
    }
    await s3.send(new CompleteMultipartUploadCommand({ ...at("parts"), UploadId, MultipartUpload: { Parts } }));
    expect((await oss.client().get("parts")).content).toHaveLength(100 * 1024 + 4);
    expect((await oss.client().head("parts")).meta).toEqual({ by: "s3" });
    await s3.send(new DeleteObjectCommand(at("copy")));
    expect(await codeOf(oss.client().head("copy"))).toBe("NoSuchKey");
  });
});
