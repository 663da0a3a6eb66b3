import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type KeyQuery, listKeys } from "../../../../../infra/local/oss/store/listKeys.ts";

const segment = fc.constantFrom("a", "a-b", "a.b", "a0", "b", "é", "\u{1F600}", "\uFFFD", "A", "index-1");
const anyKey = fc.array(segment, { minLength: 1, maxLength: 3 }).map((segments) => segments.join("/"));
const anyKeys = fc
  .uniqueArray(anyKey, { maxLength: 12 })
  .map((keys) => keys.filter((key) => !keys.some((other) => other.startsWith(`${key}/`))));

describe("listKeys", () => {
  it("pages through any tree in byte order of all keys", async () => {
    const query = fc.record({
      prefix: fc.constantFrom("", "a", "a/", "a/b", "é", "zz"),
      after: fc.constantFrom("", "a", "a/a", "a0", "b/"),
      delimiter: fc.constantFrom("", "/", "-"),
      maxKeys: fc.integer({ min: 1, max: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(anyKeys, query, async (keys, wanted) => {
        const directory = await treeOf(keys);
        try {
          expect(await allPages(directory, wanted)).toEqual(expected(keys, wanted));
        } finally {
          await rm(directory, { recursive: true });
        }
      }),
      { numRuns: 150 },
    );
  });

  it("shows no empty directory, neither as a key nor as a common prefix", async () => {
    const directory = await treeOf(["full/key"]);
    await mkdir(join(directory, "empty", "deeper"), { recursive: true });
    const page = await listKeys(directory, { prefix: "", after: "", delimiter: "/", maxKeys: 10 });
    expect(page).toEqual({ keys: [], commonPrefixes: ["full/"], next: undefined });
    await rm(directory, { recursive: true });
  });
});

async function treeOf(keys: readonly string[]): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "oss-list-"));
  for (const key of keys) {
    await mkdir(dirname(join(directory, key)), { recursive: true });
    await writeFile(join(directory, key), "");
  }
  return directory;
}

async function allPages(directory: string, query: KeyQuery): Promise<string[]> {
  const found: string[] = [];
  let after: string | undefined = query.after;
  while (after !== undefined) {
    const page = await listKeys(directory, { ...query, after });
    expect(page.keys.length + page.commonPrefixes.length).toBeLessThanOrEqual(query.maxKeys);
    found.push(...[...page.keys, ...page.commonPrefixes].sort(byBytes));
    after = page.next;
  }
  return found;
}

function expected(keys: readonly string[], { prefix, after, delimiter }: KeyQuery): string[] {
  const rolled = keys
    .filter((key) => key.startsWith(prefix) && byBytes(key, after) > 0)
    .map((key) => {
      const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
      return end < 0 ? key : key.slice(0, end + delimiter.length);
    });
  const isContinued = (entry: string): boolean => delimiter !== "" && after.endsWith(delimiter) && entry.startsWith(after);
  return [...new Set(rolled)].filter((entry) => !isContinued(entry)).sort(byBytes);
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
