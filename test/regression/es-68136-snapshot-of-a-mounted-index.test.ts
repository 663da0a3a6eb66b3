import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { directoryBlobStore } from "../../shared/adapters/directory/blobStore.ts";
import { proveChosen } from "../../shared/reader/proveRepository.ts";

/**
 * elastic/elasticsearch#68136: a snapshot of a mounted (searchable) index holds no data of that index; restoring it needs the snapshot that was
 * mounted. ossnap names that snapshot and its repository instead of calling the empty shards whole.
 */
const directory = fileURLToPath(new URL("../fixtures/es-7.17.9-mounted/repo", import.meta.url));

describe("a snapshot of a mounted index", () => {
  it.each(["metadata", "footers", "contents"] as const)(
    "is not restorable by itself, and names what it needs, at level %s",
    async (level) => {
      const { proofs } = await proveChosen(directoryBlobStore({ directory }), { snapshot: "all", level });
      const successful = proofs.filter(({ reason }) => reason?.code !== "snapshot.shardFailed");
      expect(successful.length).toBeGreaterThan(0);
      for (const { verdict, reason } of successful)
        expect({ verdict, reason }).toMatchObject({
          verdict: "not-restorable",
          reason: { code: "snapshot.mounted", params: { index: "fx-orders" } },
        });
    },
  );
});
