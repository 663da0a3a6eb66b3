import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../../../infra/local/servers/ports.ts";
import { type S3Server, startS3 } from "../../../../infra/local/servers/s3.ts";

const INSTALL_TIMEOUT_MS = 300_000;
const secretAccessKey = "SK-planted-secret";

describe("local S3 server", () => {
  let root: string;
  let port: number;
  let server: S3Server;
  const notes: string[] = [];

  beforeAll(async () => {
    root = join(await mkdtemp(join(tmpdir(), "ossnap-s3-test-")), "buckets");
    await mkdir(join(root, "movies"), { recursive: true });
    await writeFile(join(root, "movies", "index-0"), "first");
    port = await freePort();
    server = await startS3({ root, port, accessKeyId: "AKTEST", secretAccessKey, onNote: (text) => notes.push(text) });
  }, INSTALL_TIMEOUT_MS);

  afterAll(async () => {
    await server?.close();
    await rm(join(root, ".."), { recursive: true, force: true });
  });

  const clientWith = (secret: string) =>
    new S3Client({
      endpoint: server.url,
      region: "us-east-1",
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: { accessKeyId: "AKTEST", secretAccessKey: secret },
    });

  it("serves a file that another program wrote, and lists it once its short cache time has passed", async () => {
    const client = clientWith(secretAccessKey);
    const first = await client.send(new GetObjectCommand({ Bucket: "movies", Key: "index-0" }));
    await writeFile(join(root, "movies", "index-1"), "second");
    const listed = async () => (await client.send(new ListObjectsV2Command({ Bucket: "movies" }))).Contents?.map((object) => object.Key);

    expect(await first.Body?.transformToString()).toBe("first");
    await expect.poll(listed).toEqual(["index-0", "index-1"]);
  });

  it("rejects a wrong secret", async () => {
    await expect(clientWith("wrong").send(new ListObjectsV2Command({ Bucket: "movies" }))).rejects.toMatchObject({
      name: "SignatureDoesNotMatch",
    });
  });

  it("names the port and itself when the port is in use, but never the secret", async () => {
    const failure = await startS3({ root, port, accessKeyId: "AKTEST", secretAccessKey }).catch((error: Error) => error);

    expect(failure).toMatchObject({ code: "conflict", message: expect.stringContaining(`port ${port} (S3 server) is in use`) });
    expect(JSON.stringify([notes, failure, String(failure)])).not.toContain(secretAccessKey);
    expect(await readFile(`${root}.rclone-${port}.log`, "utf8")).not.toContain(secretAccessKey);
  });

  it("rejects keys that rclone would silently ignore, without repeating them", async () => {
    const other = await freePort();
    const short = startS3({ root, port: other, accessKeyId: "AK", secretAccessKey });
    const comma = await startS3({ root, port: other, accessKeyId: "AKTEST", secretAccessKey: "planted,secret" }).catch(
      (error: Error) => error,
    );

    await expect(short).rejects.toMatchObject({ code: "invalid" });
    expect(comma).toMatchObject({ code: "invalid" });
    expect(String(comma)).not.toContain("planted");
  });

  it("frees its port when it is closed", async () => {
    await server.close();

    await expect(fetch(server.url)).rejects.toThrow();
    server = await startS3({ root, port, accessKeyId: "AKTEST", secretAccessKey });
    expect((await fetch(server.url)).status).toBeGreaterThanOrEqual(400);
  });
});
