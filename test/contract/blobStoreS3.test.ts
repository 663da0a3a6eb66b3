import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { startS3 } from "../../infra/local/servers/s3.ts";
import { s3BlobStore } from "../../shared/adapters/s3/blobStore.ts";
import { wireS3BlobStore } from "../../shared/adapters/wire/s3.ts";
import { blobStoreContract } from "./blobStore.ts";

const KEYS = { accessKeyId: "AKCONTRACT", secretAccessKey: "secret-of-the-contract-test" };
const WRONG_SECRET = "wrong-secret-of-the-contract-test";
const PART_SIZE_BYTES = 100_000;
/** Longer than the server may cache a directory. */
const DIRECTORY_CACHE_MS = 200;

// A real S3 server; its first start on a machine installs it, which takes a few seconds.
const STORES = { "S3 (rclone)": s3BlobStore, "S3 asked without its client (rclone)": wireS3BlobStore };
for (const [name, openStore] of Object.entries(STORES))
  blobStoreContract(
    name,
    async () => {
      const root = await mkdtemp(join(tmpdir(), "blob-store-s3-"));
      await mkdir(join(root, "contract"));
      const server = await startS3({ root, port: await freePort(), ...KEYS });
      const options = {
        bucket: "contract",
        basePath: "base",
        region: "us-east-1",
        endpoint: server.url,
        partSizeBytes: PART_SIZE_BYTES,
        requestTimeoutMs: 8000,
        ...KEYS,
      };
      return {
        at: (basePath) => openStore({ ...options, basePath }),
        partSizeBytes: PART_SIZE_BYTES,
        missingBucket: openStore({ ...options, bucket: "missing" }),
        wrongSecret: openStore({ ...options, secretAccessKey: WRONG_SECRET }),
        secrets: [KEYS.secretAccessKey, WRONG_SECRET],
        async seed(basePath, keys) {
          for (const key of keys) {
            const path = join(root, "contract", basePath, key);
            await mkdir(dirname(path), { recursive: true });
            await writeFile(path, "x");
          }
          await setTimeout(DIRECTORY_CACHE_MS);
        },
        async close() {
          await server.close();
          await rm(root, { recursive: true, force: true });
        },
      };
    },
    { ignoresIfAbsent: "rclone does not enforce If-None-Match" },
  );

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (typeof address === "object" && address !== null ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}
