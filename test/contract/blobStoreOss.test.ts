import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startOss } from "../../infra/local/oss/startOss.ts";
import { ossBlobStore } from "../../shared/adapters/oss/blobStore.ts";
import { wireOssBlobStore } from "../../shared/adapters/wire/oss.ts";
import { blobStoreContract } from "./blobStore.ts";

const KEYS = { accessKeyId: "AKCONTRACT", secretAccessKey: "secret-of-the-contract-test" };
const WRONG_SECRET = "wrong-secret-of-the-contract-test";
/** OSS rejects parts below 100 KB. */
const PART_SIZE_BYTES = 102_400;

const STORES = { "OSS (stand-in)": ossBlobStore, "OSS asked without its client (stand-in)": wireOssBlobStore };

for (const [name, openStore] of Object.entries(STORES))
  blobStoreContract(name, async () => {
    const root = await mkdtemp(join(tmpdir(), "blob-store-oss-"));
    await mkdir(join(root, "contract"));
    const region = "cn-hangzhou";
    const server = await startOss({ root, port: 0, region, credentials: [KEYS] });
    const options = { bucket: "contract", basePath: "base", region, endpoint: server.url, partSizeBytes: PART_SIZE_BYTES, ...KEYS };
    return {
      at: (basePath) => openStore({ ...options, basePath }),
      partSizeBytes: PART_SIZE_BYTES,
      missingBucket: openStore({ ...options, bucket: "missing" }),
      wrongSecret: openStore({ ...options, secretAccessKey: WRONG_SECRET }),
      secrets: [KEYS.secretAccessKey, WRONG_SECRET],
      async close() {
        await server.close();
        await rm(root, { recursive: true, force: true });
      },
    };
  });
