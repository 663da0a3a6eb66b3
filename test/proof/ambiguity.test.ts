import { describe, expect, it } from "vitest";
import { type AmbiguityInput, laterLower, rootAmbiguity } from "../../shared/proof/ambiguity.ts";

const at = (minute: number) => new Date(Date.UTC(2026, 10, 21, 1, minute));
const set = (...uuids: string[]) => new Set(uuids);

function judge(change: Partial<AmbiguityInput> = {}): unknown {
  return rootAmbiguity({
    root: { generation: 7, lastModified: at(10), uuids: set("a", "b"), repositoryUuid: undefined },
    roots: [{ generation: 7, lastModified: at(10) }],
    before: undefined,
    served: [],
    ...change,
  })?.params.why;
}

const seenBefore = (...uuids: string[]) => ({ uuids, lastModified: at(5), repositoryUuid: undefined });

describe("rootAmbiguity", () => {
  const rows: [string, Partial<AmbiguityInput>, unknown][] = [
    ["a first look", {}, undefined],
    ["a root that continues the previous one", { before: seenBefore("a") }, undefined],
    ["another repository's root", { before: seenBefore("x", "y") }, "other-snapshots"],
    ["another repository's root with a snapshot that is already served", { before: seenBefore("x"), served: ["b"] }, undefined],
    ["all snapshots replaced in a repository with the same uuid", sameRepository("r", "r"), undefined],
    ["all snapshots replaced in a repository with another uuid", sameRepository("r", "s"), "other-snapshots"],
    ["a root that follows an empty one", { before: seenBefore() }, undefined],
    ["an older root than the one seen before", { before: { ...seenBefore("a"), lastModified: at(11) } }, "older-than-before"],
    ["the same root again", { before: { ...seenBefore("a", "b"), lastModified: at(10) } }, undefined],
    ["another repository's root that our own copy published", { before: seenBefore("x"), isOwn: true }, undefined],
    ["our own root beside a newer one of another writer", { ...withLower(11, "x"), isOwn: true }, "lower-is-newer"],
    ["another repository's root that a person accepted", { before: seenBefore("x"), isAccepted: true }, undefined],
    ["a root beside a newer one, of which a person accepted a snapshot", { ...withLower(11, "x"), isAccepted: true }, undefined],
    ["an older root with a lower generation", withLower(9, "x"), undefined],
    ["a newer root with a lower generation and other snapshots", withLower(11, "x"), "lower-is-newer"],
    ["a newer root with a lower generation that forked", withLower(11, "a", "x"), "lower-is-newer"],
    ["an earlier root that was copied late", withLower(11, "a"), undefined],
    ["a root from before a deletion that was copied late", withLower(11, "a", "b", "x"), undefined],
    ["the `index` blob of 2.x that was copied late", { roots: [...seen(), { generation: -1, lastModified: at(11) }] }, undefined],
    [
      "a newer root with a lower generation that cannot be read",
      { roots: [...seen(), { generation: 0, lastModified: at(11) }] },
      "lower-is-newer",
    ],
    [
      "a store that reports no modification times",
      {
        roots: [
          { generation: 7, lastModified: undefined },
          { generation: 0, lastModified: undefined },
        ],
      },
      undefined,
    ],
  ];
  for (const [what, change, why] of rows) it(`reports ${why ?? "nothing"} for ${what}`, () => expect(judge(change)).toBe(why));

  it("names the root and the conflicting root", () => {
    const [root] = [{ generation: 7, lastModified: at(10), uuids: set("a"), repositoryUuid: undefined }];
    const roots = [root, { generation: 2, lastModified: at(12), uuids: set("z") }];
    expect(rootAmbiguity({ root, roots, before: undefined, served: [] })).toEqual({
      code: "root.ambiguous",
      params: { root: "index-7", why: "lower-is-newer", other: "index-2" },
    });
    expect(laterLower(roots)).toEqual([roots[1]]);
    expect(laterLower([...roots].reverse())).toEqual([roots[1]]);
    expect(laterLower([])).toEqual([]);
  });

  function seen() {
    return [{ generation: 7, lastModified: at(10) }];
  }

  function withLower(minute: number, ...uuids: string[]): Partial<AmbiguityInput> {
    return { roots: [...seen(), { generation: 2, lastModified: at(minute), uuids: set(...uuids) }] };
  }

  function sameRepository(then: string, now: string): Partial<AmbiguityInput> {
    return {
      root: { generation: 7, lastModified: at(10), uuids: set("a"), repositoryUuid: now },
      before: { ...seenBefore("x"), repositoryUuid: then },
    };
  }
});
