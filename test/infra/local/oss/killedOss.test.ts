import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import OSS from "ali-oss";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BUCKET, codeOf, KEYS } from "./startTestOss.ts";

const ossModule = new URL("../../../../infra/local/oss/startOss.ts", import.meta.url).href;
/** Large enough to be interrupted by a kill in the middle. */
const OBJECT_BYTES = 512 * 1024;
const KILLS = 2;
/** OSS accepts a part below 100 KB only as the last one. */
const PART = Buffer.alloc(200 * 1024, "p");

let root: string;
let server: ChildProcess | undefined;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "oss-killed-"));
  await mkdir(join(root, BUCKET));
});
afterEach(async () => {
  server?.kill("SIGKILL");
  await rm(root, { recursive: true, force: true });
});

/** Runs the server in a separate process, so that it can be killed without this one. */
async function start(): Promise<OSS> {
  const script = `
    import { startOss } from ${JSON.stringify(ossModule)};
    const server = await startOss({ root: ${JSON.stringify(root)}, port: 0, region: "cn-hangzhou", credentials: [${JSON.stringify(KEYS)}] });
    console.log(server.url);`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  server = child;
  const url = await new Promise<string>((resolve) => createInterface({ input: child.stdout }).once("line", resolve));
  const { accessKeyId, secretAccessKey } = KEYS;
  const options = { region: "oss-cn-hangzhou", endpoint: url, bucket: BUCKET, accessKeyId, accessKeySecret: secretAccessKey, retryMax: 0 };
  return new OSS({ ...options, authorizationV4: true } as OSS.Options);
}

async function kill(): Promise<void> {
  const ended = new Promise((resolve) => server?.once("exit", resolve));
  server?.kill("SIGKILL");
  await ended;
}

/** The same letter throughout, so that bytes of two writers cannot pass for one object. */
const bodyOf = (letter: string) => Buffer.alloc(OBJECT_BYTES, letter);

describe("OSS stand-in that is killed", () => {
  it("has every object whole or not at all, and every acknowledged one", async () => {
    const answered = new Map<string, string>();
    for (let round = 0; round < KILLS; round += 1) {
      const client = await start();
      const writes = Array.from({ length: 24 }, async (_, at) => {
        const letter = String.fromCharCode(97 + ((at + round) % 26));
        await client.put(`o-${at % 12}`, bodyOf(letter), { headers: at < 12 ? { "x-oss-forbid-overwrite": "true" } : {} });
        answered.set(`o-${at % 12}`, letter);
      });
      // As soon as the first writes have finished, while others are still in progress.
      await Promise.any(writes).catch(() => undefined);
      await kill();
      await Promise.allSettled(writes);
    }

    const client = await start();
    const there = ((await client.listV2({ "max-keys": "1000" }, {})).objects ?? []).map(({ name }) => name);
    expect(there.length).toBeGreaterThan(0);
    expect(there).toEqual(expect.arrayContaining([...answered.keys()]));
    for (const name of there) {
      const content = (await client.get(name)).content as Buffer;
      expect(content.equals(bodyOf(String.fromCharCode(content[0] ?? 0))), name).toBe(true);
    }
    expect(await readdir(join(root, ".oss", "incoming"))).toEqual([]);
  });

  it("still refuses to overwrite existing and acknowledged objects", async () => {
    const headers = { "x-oss-forbid-overwrite": "true" };
    const client = await start();
    const writers = "abcdefgh".split("").map(async (letter) => {
      await client.put("claim", bodyOf(letter), { headers });
      return letter;
    });
    const winner = await Promise.any(writers);
    await kill();
    await Promise.allSettled(writers);

    const again = await start();
    expect(await codeOf(again.put("claim", bodyOf("z"), { headers }))).toBe("FileAlreadyExists");
    expect(((await again.get("claim")).content as Buffer).equals(bodyOf(winner))).toBe(true);
  });

  it("continues a multipart upload from the existing parts", async () => {
    const client = await start();
    const { uploadId } = await client.initMultipartUpload("big");
    const { etag } = await client.uploadPart("big", uploadId, 1, Readable.from([PART]) as never, 0, PART.length);
    await kill();

    const again = await start();
    expect((await again.listUploads({})).uploads.map(({ name }: { name: string }) => name)).toEqual(["big"]);
    expect(await codeOf(again.head("big"))).toBe("NoSuchKey");
    await again.completeMultipartUpload("big", uploadId, [{ number: 1, etag }]);
    expect(((await again.get("big")).content as Buffer).equals(PART)).toBe(true);
  });
});
