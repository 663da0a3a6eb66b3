import { type MemoryBucket, memoryBlobStore } from "../../shared/adapters/memory/blobStore.ts";
import { blobStoreContract } from "./blobStore.ts";

const PART_SIZE_BYTES = 1000;

blobStoreContract(
  "memory",
  async () => {
    const bucket: MemoryBucket = new Map();
    return {
      at: (basePath) => memoryBlobStore({ bucket, basePath, partSizeBytes: PART_SIZE_BYTES }),
      partSizeBytes: PART_SIZE_BYTES,
      secrets: [],
      close: async () => undefined,
    };
  },
  { noMissingBucket: "memory's bucket is always there", noSecrets: "memory asks for none" },
);
