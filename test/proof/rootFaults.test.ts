import { describe, expect, it } from "vitest";
import type { RootCatalogue } from "../../shared/model/repository.ts";
import { listedTwice, namesakeReason, namesakesOf, unclearNames, unlistedOf, unlistedReason } from "../../shared/proof/rootFaults.ts";

const root = (snapshots: [name: string, uuid: string][], indices: [name: string, uuids: string[]][] = []) =>
  ({
    snapshots: snapshots.map(([name, uuid]) => ({ name, uuid })),
    indices: indices.map(([name, uuids]) => ({ name, id: name, snapshots: uuids, shardGenerations: undefined })),
  }) as unknown as RootCatalogue;
const uuids = (count: number) => Array.from({ length: count }, (_, number) => `u${number}`);

describe("a root that names snapshots which it does not list", () => {
  it("names each with the first index that holds it", () => {
    const seen = unlistedOf(
      root(
        [["a", "u1"]],
        [
          ["films", ["u1", "u7"]],
          ["stars", ["u7", "u8"]],
        ],
      ),
    );
    expect(seen).toEqual({
      count: 2,
      named: [
        { uuid: "u7", index: "films" },
        { uuid: "u8", index: "stars" },
      ],
    });
    expect(unlistedReason("index-3", seen)).toEqual({
      code: "root.unlisted",
      params: { root: "index-3", count: 2, uuid: "u7", index: "films" },
    });
  });

  it("names twenty and counts all", () => {
    const { count, named } = unlistedOf(root([], [["films", uuids(21)]]));
    expect([count, named.length, named.at(-1)?.uuid]).toEqual([21, 20, "u19"]);
    expect(unlistedOf(root([], [["films", uuids(20)]])).named).toHaveLength(20);
    expect(unlistedReason("index-3", { count: 0, named: [] }).params).toEqual({ root: "index-3", count: 0, uuid: "", index: "" });
    expect(unlistedOf(root([["a", "u0"]], [["films", ["u0"]]]))).toEqual({ count: 0, named: [] });
  });
});

describe("snapshots that share a name", () => {
  it("are those with another one of it", () => {
    expect([
      ...namesakesOf([
        { name: "a", uuid: "1" },
        { name: "b", uuid: "2" },
        { name: "a", uuid: "3" },
      ]),
    ]).toEqual([["a", ["1", "3"]]]);
  });

  it("are counted, and the first twenty named", () => {
    const { code, params } = namesakeReason("index-3", "a", uuids(21));
    expect([code, params.root, params.snapshot, params.count, params.uuids]).toEqual([
      "snapshot.sharedName",
      "index-3",
      "a",
      21,
      uuids(20),
    ]);
  });
});

describe("names of which a deletion may hit something else", () => {
  it("are those of entries that cannot be read and those that two snapshots have", () => {
    const { snapshots, ...rest } = root([
      ["a", "1"],
      ["b", "2"],
      ["a", "3"],
      ["c", "4"],
    ]);
    const unclear = unclearNames({
      ...rest,
      key: "index-3",
      snapshots: snapshots.map((one) => (one.name === "c" ? { ...one, fault: "x" } : one)),
    });
    expect([...unclear]).toEqual([
      ["c", { code: "keep.faultyEntry", params: { fault: "x" } }],
      ["a", namesakeReason("index-3", "a", ["1", "3"])],
    ]);
  });

  it("are those that a cluster lists with a name or a uuid of another one; one without a uuid is not another's", () => {
    const listed = (...pairs: [name: string, uuid: string | undefined][]) => listedTwice(pairs.map(([name, uuid]) => ({ name, uuid })));
    const unclear = listed(["a", "1"], ["b", "2"], ["a", "3"], ["c", "2"], ["d", undefined], ["e", undefined], ["f", "4"]);
    expect([...unclear.keys()]).toEqual(["a", "b", "c"]);
    expect(unclear.get("b")).toEqual({ code: "keep.faultyEntry", params: { fault: "the cluster lists its name or uuid (2) twice" } });
    expect(listed(["d", undefined], ["d", undefined]).get("d")?.params.fault).toBe("the cluster lists its name or uuid (none) twice");
    expect(listed(["a", "1"], ["b", "2"]).size).toBe(0);
  });
});
