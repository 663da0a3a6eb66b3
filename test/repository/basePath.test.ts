import { describe, expect, it } from "vitest";
import { basePathProblems, normalizeBasePath } from "../../shared/repository/basePath.ts";

describe("base paths", () => {
  it.each(["", "prod", "prod/", "prod/es-7/a_b.c", "备份/一"])("%j is valid", (basePath) => {
    expect(basePathProblems(basePath)).toEqual([]);
  });

  it.each([
    ["/prod", "basePath.leadingSlash"],
    ["/", "basePath.leadingSlash"],
    ["prod//a", "basePath.emptySegment"],
    ["a/../b", "basePath.dots"],
    ["./a", "basePath.dots"],
    ["a\nb", "basePath.control"],
    ["x".repeat(901), "basePath.tooLong"],
    ...["\\", ":", "*", "?", '"', "<", ">", "|"].map((character) => [`a${character}b`, "basePath.character"]),
  ])("%j is rejected: %s", (basePath, code) => {
    expect(basePathProblems(basePath as string).map(({ reason }) => reason.code)).toEqual([code]);
  });

  it("a trailing slash is tolerated and removed", () => {
    expect(normalizeBasePath("prod/es/")).toBe("prod/es");
    expect(normalizeBasePath("prod//")).toBe("prod");
    expect(normalizeBasePath("")).toBe("");
  });
});
