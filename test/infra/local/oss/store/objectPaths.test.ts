import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { objectPath, removeEmptyTree } from "../../../../../infra/local/oss/store/objectPaths.ts";

describe("objectPath", () => {
  it("returns a path below the bucket or rejects the key, whatever the key", () => {
    const segment = fc.oneof(fc.constantFrom("..", ".", "", "a", "\\", "\0", "%2e%2e"), fc.string({ maxLength: 5 }));
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 5 }), (segments) => {
        const key = segments.join("/");
        const path = tryPath(key);
        expect(path === "InvalidObjectName" || path === ["", "root", "bucket", ...key.split("/")].join(sep)).toBe(true);
      }),
    );
  });

  it.each([
    "../escaped",
    "a/../../escaped",
    "..",
    "",
    "/a",
    "a//b",
    "a/./b",
    "dir/",
    "\\a",
    "a\0b",
    "x".repeat(256),
    "a/".repeat(520).concat("b"),
  ])("rejects %j", (key) => {
    expect(tryPath(key)).toBe("InvalidObjectName");
  });

  it.each(["..", ".oss", "UPPER", "a", "a/b"])("rejects the bucket %j", (bucket) => {
    expect(() => objectPath("/root", bucket, "k")).toThrow("The specified bucket is not valid");
  });
});

describe("removeEmptyTree", () => {
  it("removes directories that hold only directories, never a file", async () => {
    const root = await mkdtemp(join(tmpdir(), "oss-paths-"));
    await mkdir(join(root, "empty", "deep", "er"), { recursive: true });
    await mkdir(join(root, "full", "deep"), { recursive: true });
    await writeFile(join(root, "full", "deep", "file"), "");
    expect([await removeEmptyTree(join(root, "empty")), await removeEmptyTree(join(root, "full"))]).toEqual([true, false]);
    await rm(root, { recursive: true });
  });
});

function tryPath(key: string): string {
  try {
    return objectPath("/root", "bucket", key);
  } catch (error) {
    return (error as { code: string }).code;
  }
}
