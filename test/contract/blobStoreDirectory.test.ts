import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { directoryBlobStore } from "../../shared/adapters/directory/blobStore.ts";
import { blobStoreContract } from "./blobStore.ts";

const PART_SIZE_BYTES = 1000;

blobStoreContract(
  "directory",
  async () => {
    const directory = await mkdtemp(join(tmpdir(), "blob-store-"));
    return {
      at: (basePath) => directoryBlobStore({ directory, basePath, partSizeBytes: PART_SIZE_BYTES }),
      partSizeBytes: PART_SIZE_BYTES,
      missingBucket: directoryBlobStore({ directory: join(directory, "missing"), basePath: "base" }),
      secrets: [],
      async seed(basePath, keys) {
        for (const key of keys) {
          const path = join(directory, basePath, key);
          await mkdir(dirname(path), { recursive: true });
          await writeFile(path, "x");
        }
      },
      close: () => rm(directory, { recursive: true, force: true }),
    };
  },
  { noSecrets: "a directory asks for none" },
);
