import { describe, expect, it } from "vitest";
import { blobPlace, placeText } from "../../shared/proof/blobPlace.ts";

const INDICES = [{ name: "movies", id: "5ARGwcBdQG2xj03kDXzYsA" }];

describe("where a blob belongs", () => {
  it.each([
    ["indices/5ARGwcBdQG2xj03kDXzYsA/3/__7", { index: "movies", shard: 3 }, "movies[3]"],
    ["indices/5ARGwcBdQG2xj03kDXzYsA/meta-x.dat", { index: "movies" }, "movies"],
    // 2.x has the name of the index in the key; an id that the root lacks is still better than nothing.
    ["indices/series/0/snap-a.dat", { index: "series", shard: 0 }, "series[0]"],
    ["snap-u.dat", {}, ""],
    ["index-7", {}, ""],
  ])("is named by index and shard: %s", (key, place, text) => {
    expect([blobPlace(key, INDICES), placeText(blobPlace(key, INDICES))]).toStrictEqual([place, text]);
  });
});
