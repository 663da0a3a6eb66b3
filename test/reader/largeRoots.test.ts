import { execFile } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { memoryBlobStore } from "../../shared/adapters/memory/blobStore.ts";
import { decodeRoot } from "../../shared/format/root.ts";
import { subsetRoot } from "../../shared/format/rootSubset.ts";
import type { BlobStore } from "../../shared/model/blobStore.ts";
import { openRepository } from "../../shared/reader/readRepository.ts";
import { rootSha256, subsetOfRoot } from "../../shared/reader/rootBlob.ts";

const MEGABYTE = 1024 * 1024;
const READ = fileURLToPath(new URL("../../infra/bench/readRoot.ts", import.meta.url));

/** A root of more than one piece; Elasticsearch's parser takes the white space too. */
function largeRoot(): Buffer {
  const entry = (uuid: string) => `{"name":"${uuid}","uuid":"${uuid}","state":1}`;
  const space = " ".repeat(9 * MEGABYTE);
  return Buffer.from(`{"snapshots":[${entry("a")},${space}${entry("b")}],"indices":{"i":{"id":"i","snapshots":["a","b"]}}}`);
}

async function storeWith(bytes: Uint8Array) {
  const store = memoryBlobStore();
  await store.put("index-3", bytes);
  const requests: string[] = [];
  const counted: BlobStore = {
    ...store,
    async get(key, range) {
      requests.push(range === undefined ? `get ${key}` : `get ${key} ${range.start}-${range.end}`);
      return store.get(key, range);
    },
    async head(key) {
      requests.push(`head ${key}`);
      return store.head(key);
    },
  };
  return { store, counted, requests };
}

describe("a large root", () => {
  it("is read in pieces, and is what it is in one piece", async () => {
    const bytes = largeRoot();
    const { counted, requests } = await storeWith(bytes);
    const { root, rootBytes, rootInfo } = await openRepository(counted);
    expect(root).toEqual(decodeRoot("index-3", bytes));
    expect(rootBytes).toBeUndefined();
    const [half, end] = [8 * MEGABYTE, bytes.byteLength];
    expect(requests).toEqual([`get index-3 0-${half}`, `get index-3 ${half}-${end}`, "head index-3"]);
    if (rootInfo !== undefined) expect(await rootSha256(counted, rootInfo)).toBe(root?.sha256);
  });

  it("is read again for a copy's subset, and refused when it is another by then", async () => {
    const bytes = largeRoot();
    const { store } = await storeWith(bytes);
    const opened = await openRepository(store);
    expect(Buffer.from(await subsetOfRoot(store, opened, ["b"])).equals(Buffer.from(subsetRoot(bytes, ["b"])))).toBe(true);
    const other = Buffer.from(bytes);
    other[bytes.indexOf('"i"') + 1] = 0x6a;
    await store.put("index-3", other);
    const { etag: _etag, ...rootInfo } = opened.rootInfo ?? { key: "", sizeBytes: 0 };
    await expect(subsetOfRoot(store, { ...opened, rootInfo }, ["b"])).rejects.toMatchObject({ code: "conflict" });
  });

  it("is refused when it is written again between two pieces", async () => {
    const bytes = largeRoot();
    const { store } = await storeWith(bytes);
    const changing: BlobStore = {
      ...store,
      async get(key, range) {
        const piece = await store.get(key, range);
        if (range?.start === 0 && range.end > 1024) await store.put(key, Buffer.from(bytes.toString().replace('"i":', '"j":')));
        return piece;
      },
    };
    await expect(openRepository(changing)).rejects.toMatchObject({ code: "conflict", message: expect.stringContaining("written again") });
  });

  it("of 96 MB is read within 250 MB of memory, buffers included", { timeout: 240_000 }, async () => {
    const directory = await mkdtemp(join(tmpdir(), "large-root-"));
    try {
      await writeRoot(join(directory, "index-7"));
      const args = ["--max-old-space-size=350", "--import", "tsx", READ, directory];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      const { snapshots, indices, maxRssBytes } = JSON.parse(stdout);
      expect([snapshots, indices]).toEqual([4000, 1000]);
      expect(maxRssBytes).toBeLessThan(250 * MEGABYTE);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});

async function writeRoot(file: string): Promise<void> {
  const uuids = Array.from({ length: 4000 }, (_, number) => `U${String(number).padStart(21, "0")}`);
  const out = createWriteStream(file);
  out.write(`{"snapshots":${JSON.stringify(uuids.map((uuid) => ({ name: uuid.toLowerCase(), uuid, state: 1 })))},"indices":{`);
  const held = JSON.stringify(uuids);
  for (let index = 0; index < 1000; index += 1)
    if (!out.write(`${index === 0 ? "" : ","}"i${index}":{"id":"I${index}","snapshots":${held}}`)) await once(out, "drain");
  out.end("}}");
  await once(out, "finish");
}
