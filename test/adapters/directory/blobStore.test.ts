import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { directoryBlobStore } from "../../../shared/adapters/directory/blobStore.ts";
import { bytesOf, keysOf, textOf } from "../../contract/blobStoreSubject.ts";

const IS_ROOT = process.getuid?.() === 0;

describe("a directory as a blob store", () => {
  let directory = "";
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "directory-store-"));
  });
  afterEach(async () => {
    await chmod(directory, 0o755);
    await rm(directory, { recursive: true, force: true });
  });

  it("writes files readable and folders accessible by every account", async () => {
    await directoryBlobStore({ directory, basePath: "base" }).put("in/a/file", bytesOf("x"));
    for (const folder of ["base", "base/in", "base/in/a"]) expect((await stat(join(directory, folder))).mode & 0o777).toBe(0o755);
    expect((await stat(join(directory, "base/in/a/file"))).mode & 0o777).toBe(0o644);
  });

  it("neither lists nor returns a file while it is being written, and leaves nothing behind when the write fails", async () => {
    const store = directoryBlobStore({ directory, partSizeBytes: 10 });
    const seen: string[][] = [];
    const breaking = store.putFrom("slow", 30, async ({ start, end }) => {
      seen.push(await keysOf(store, ""), await readdir(directory));
      if (start === 20) throw new Error("the source broke");
      return new Uint8Array(end - start);
    });
    await expect(breaking).rejects.toThrow("the source broke");
    expect(seen[0]).toEqual([]);
    expect(seen[1]).toEqual([expect.stringMatching(/^\.ossnap-writing-/)]);
    expect(await readdir(directory)).toEqual([]);
    await expect(store.put(".ossnap-writing-mine", bytesOf("x"))).rejects.toMatchObject({ code: "invalid" });
  });

  it("reads a repository without write permission, and writes nothing into it", async () => {
    await mkdir(join(directory, "indices"));
    await writeFile(join(directory, "index-0"), "root", { mode: 0o444 });
    await writeFile(join(directory, "indices", "data"), "data", { mode: 0o444 });
    await chmod(join(directory, "indices"), 0o555);
    await chmod(directory, 0o555);
    const before = await stat(directory);
    const store = directoryBlobStore({ directory });
    expect(await keysOf(store, "")).toEqual(["index-0", "indices/data"]);
    expect(await textOf(store.get("indices/data"))).toBe("data");
    expect(await store.head("index-0")).toMatchObject({ sizeBytes: 4 });
    expect((await stat(directory)).mtimeMs).toBe(before.mtimeMs);
    if (!IS_ROOT) await expect(store.put("new", bytesOf("x"))).rejects.toMatchObject({ code: "denied" });
    await chmod(join(directory, "indices"), 0o755);
  });

  it("notes a link to a file, a folder or nothing, and none to a device or a pipe, which Elasticsearch does not list either", async () => {
    execFileSync("sh", ["-c", 'mkfifo "$0"', join(directory, "pipe")]);
    await writeFile(join(directory, "real"), "x");
    const targets = { "index-1": "/dev/zero", "index-2": "real", "index-3": "nowhere", "index-4": "/etc", "index-5": "pipe" };
    for (const [name, target] of Object.entries(targets)) await symlink(target, join(directory, name));
    const links: string[] = [];
    const listed: string[] = [];
    for await (const { key } of directoryBlobStore({ directory }).list("index-", { onLink: (link) => links.push(link) })) listed.push(key);
    expect(listed).toEqual([]);
    expect(links.sort()).toEqual(["index-2", "index-3", "index-4"]);
  });

  it("neither lists nor follows links", async () => {
    await writeFile(join(directory, "real"), "x");
    await symlink("/etc/hostname", join(directory, "link"));
    await symlink("/etc", join(directory, "folder"));
    const store = directoryBlobStore({ directory });
    expect(await keysOf(store, "")).toEqual(["real"]);
    expect(await store.head("link")).toBeUndefined();
    expect(await store.get("link")).toBeUndefined();
  });

  it("tells of the links that a listing leaves out, by their keys", async () => {
    await mkdir(join(directory, "base/indices"), { recursive: true });
    for (const key of ["index-6", "indices/a", "snap-1"]) await symlink("/etc/hostname", join(directory, "base", key));
    const store = directoryBlobStore({ directory, basePath: "base" });
    const told = async (prefix: string) => {
      const keys: string[] = [];
      for await (const _blob of store.list(prefix, { onLink: (key) => keys.push(key) }));
      return keys.sort();
    };
    expect(await told("")).toEqual(["index-6", "indices/a", "snap-1"]);
    expect(await told("index")).toEqual(["index-6"]);
  });

  it("shows no empty folders, and treats a folder as no blob", async () => {
    await mkdir(join(directory, "empty/deeper"), { recursive: true });
    const store = directoryBlobStore({ directory });
    expect(await keysOf(store, "")).toEqual([]);
    expect(await store.head("empty")).toBeUndefined();
    expect(await store.get("empty")).toBeUndefined();
    await expect(store.put("empty", bytesOf("x"))).rejects.toMatchObject({ code: "invalid" });
    await writeFile(join(directory, "file"), "x");
    await expect(store.put("file/below", bytesOf("x"))).rejects.toMatchObject({ code: "invalid" });
  });

  it("survives concurrent deletes that empty the folder of a write", async () => {
    const store = directoryBlobStore({ directory });
    const rounds = Array.from({ length: 30 }, async (_, index) => {
      await store.put(`shared/folder/${index}`, bytesOf("x"));
      await store.delete([`shared/folder/${index}`]);
    });
    await Promise.all(rounds);
    expect(await keysOf(store, "")).toEqual([]);
    expect(await readdir(directory)).toEqual([]);
  });

  it("lists nothing for a prefix that escapes the base, and rejects such keys and malformed ones", async () => {
    const store = directoryBlobStore({ directory, basePath: "base" });
    expect(await keysOf(store, "../")).toEqual([]);
    expect(await keysOf(store, "a//b")).toEqual([]);
    await expect(store.get("a//b")).rejects.toMatchObject({ code: "invalid" });
    expect(store.url).toBe(`file://${directory}/base`);
  });
});
