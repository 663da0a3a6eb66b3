import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { listFiles } from "../../../shared/adapters/directory/listFiles.ts";

const compared = vi.hoisted(() => ({ times: 0 }));
vi.mock("../../../shared/adapters/blobs/keys.ts", async (original) => {
  const keys = await original<typeof import("../../../shared/adapters/blobs/keys.ts")>();
  return {
    ...keys,
    compareKeys: (left: string, right: string) => {
      compared.times += 1;
      return keys.compareKeys(left, right);
    },
  };
});

describe("the files of a prefix in a folder with thousands of others", () => {
  let directory = "";
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "list-files-"));
    await mkdir(join(directory, "indices/a"), { recursive: true });
    const names = ["index-0", "index-10", "index-9", "indices/a/meta", ...Array.from({ length: 3_000 }, (_, at) => `snap-${at}.dat`)];
    for (const name of names) await writeFile(join(directory, name), "");
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const listed = async (prefix: string) => {
    compared.times = 0;
    const keys: string[] = [];
    for await (const { key } of listFiles(directory, prefix)) keys.push(key);
    return { keys, compared: compared.times };
  };

  it("are listed without sorting the others: a proof does it after every snapshot", async () => {
    const roots = await listed("index-");
    expect(roots.keys).toEqual(["index-0", "index-10", "index-9"]);
    expect(roots.compared).toBeLessThan(10);
    const below = await listed("index");
    expect(below.keys).toEqual(["index-0", "index-10", "index-9"]);
    expect(below.compared).toBeLessThan(10);
  });

  it("are the same as those of a listing of everything", async () => {
    const { keys: all } = await listed("");
    expect(all).toHaveLength(3_004);
    for (const prefix of ["i", "indices", "indices/", "indices/a", "indices/a/m", "snap-29", "none"])
      expect((await listed(prefix)).keys).toEqual(all.filter((key) => key.startsWith(prefix)));
  });
});
