import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { runProgram } from "../../../../infra/local/servers/runProgram.ts";
import { installRclone } from "../../../../infra/local/servers/s3.ts";
import { ossBlobStore } from "../../../../shared/adapters/oss/blobStore.ts";
import { proveSnapshot } from "../../../../shared/reader/prove/proveSnapshot.ts";
import { openRepository } from "../../../../shared/reader/readRepository.ts";
import { fixtureRepository } from "../../../format/fixtureRepositories.ts";
import { BUCKET, KEYS, startTestOss } from "./startTestOss.ts";

const INSTALL_MS = 300_000;
const { blobs } = fixtureRepository("es-5.5.2-migration/step1");

describe("rclone, writing through the S3 protocol of OSS", () => {
  it(
    "copies a repository that is proven whole afterwards, in one request per object and in parts",
    async () => {
      const rclone = await installRclone(() => undefined);
      const source = await mkdtemp(join(tmpdir(), "rclone-source-"));
      onTestFinished(() => rm(source, { recursive: true, force: true }));
      for (const [key, bytes] of blobs) {
        await mkdir(dirname(join(source, key)), { recursive: true });
        await writeFile(join(source, key), bytes);
      }
      await writeFile(join(source, "large"), Buffer.alloc(11 * 1024 * 1024, 7));
      const oss = await startTestOss();
      const env = {
        PATH: process.env.PATH ?? "",
        HOME: source,
        RCLONE_CONFIG: "",
        RCLONE_CONFIG_OSS_TYPE: "s3",
        RCLONE_CONFIG_OSS_PROVIDER: "Alibaba",
        RCLONE_CONFIG_OSS_ENDPOINT: oss.url,
        RCLONE_CONFIG_OSS_FORCE_PATH_STYLE: "true",
        RCLONE_CONFIG_OSS_ACCESS_KEY_ID: KEYS.accessKeyId,
        RCLONE_CONFIG_OSS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
      };
      const limits = [
        "--retries",
        "1",
        "--low-level-retries",
        "1",
        "--s3-upload-cutoff",
        "5M",
        "--s3-chunk-size",
        "5M",
        "--s3-no-check-bucket",
      ];
      await runProgram("rclone", rclone, ["copy", source, `oss:${BUCKET}/es`, ...limits], { env, timeoutMs: 60_000 });
      await runProgram("rclone", rclone, ["check", source, `oss:${BUCKET}/es`, ...limits], { env, timeoutMs: 60_000 });
      expect(oss.requests.counts()).toMatchObject({ PutObject: blobs.size, CompleteMultipartUpload: 1, UploadPart: 3 });
      const store = ossBlobStore({ bucket: BUCKET, basePath: "es", region: "cn-hangzhou", endpoint: oss.url, ...KEYS });
      const { root } = await openRepository(store);
      expect(root?.snapshots).not.toHaveLength(0);
      for (const { uuid } of root?.snapshots ?? [])
        expect(await proveSnapshot(store, { uuid, level: "contents" })).toMatchObject({ verdict: "whole" });
    },
    INSTALL_MS,
  );
});
