import { describe, expect, it } from "vitest";
import { reason } from "../../shared/model/reason.ts";
import { type PreflightInput, preflight } from "../../shared/plan/preflight.ts";
import { rootSeen } from "../../shared/plan/preflightRoot.ts";
import { say } from "../../shared/words/say.ts";
import { held, inputOf, proofOf } from "./preflightProof.ts";

function refusals(change: Partial<PreflightInput>) {
  const { checks } = preflight(inputOf({ alias: undefined, ...change }));
  const of = (wanted: string) => checks.filter(({ result }) => result === wanted).map(({ reason, wayOut }) => [reason.code, wayOut?.code]);
  return { refused: of("refuse"), warned: of("warn"), checks };
}

describe("the preflight of a snapshot of OpenSearch", () => {
  it.each(["5.5.3", "7.10.2", "8.17.0", "9.2.0"])("is refused on %s, by its name and not as a newer version", (targetVersion) => {
    const proof = proofOf([held("movies", { createdVersion: "OpenSearch 2.11.0" })], {}, "OpenSearch 2.11.0");
    const { refused, checks } = refusals({ proof, targetVersion });
    expect(refused).toEqual([["version.openSearch", "wayOut.openSearch"]]);
    const why = checks.find(({ check }) => check === "version")?.reason;
    expect(why && say(why)).toBe(`written by OpenSearch 2.11.0, which no Elasticsearch can restore; target ${targetVersion}`);
  });
});

describe("the preflight of a restore to OpenSearch", () => {
  it("is refused by its name, whatever wrote the snapshot", () => {
    const openSearch = reason("cluster.openSearch", { cluster: "search", version: "OpenSearch 2.11.0" });
    for (const written of ["7.10.2", "OpenSearch 2.11.0"]) {
      const proof = proofOf([held("movies", { createdVersion: written })], {}, written);
      expect(refusals({ proof, targetVersion: "7.10.2", openSearch }).refused).toEqual([["cluster.openSearch", "wayOut.elasticsearch"]]);
    }
    expect(say(openSearch)).toBe("search runs OpenSearch 2.11.0; ossnap takes snapshots there, and restores to Elasticsearch only");
  });
});

describe("the preflight of a root that contradicts itself", () => {
  const root = {
    key: "index-3",
    snapshots: [
      { name: "snap-1", uuid: "u" },
      { name: "snap-1", uuid: "v" },
      { name: "snap-2", uuid: "w" },
    ],
    indices: [{ name: "movies", id: "i", snapshots: ["u", "gone"], shardGenerations: undefined }],
    indexMetadata: {},
  } as unknown as NonNullable<Parameters<typeof rootSeen>[0]>;

  it("refuses a snapshot that shares its name, because the cluster takes names only", () => {
    const { namesakes } = rootSeen(root, { name: "snap-1" });
    expect(refusals({ root: namesakes ? { namesakes } : {} }).refused).toEqual([["snapshot.sharedName", "wayOut.copyApart"]]);
    expect(rootSeen(root, { name: "snap-2" }).namesakes).toBeUndefined();
  });

  it("is nothing of a root that was not read, or that lists what it names", () => {
    expect(rootSeen(undefined, { name: "snap-1" })).toEqual({});
    expect(rootSeen({ ...root, indices: [] } as unknown as Parameters<typeof rootSeen>[0], { name: "snap-2" })).toEqual({});
  });

  it.each([
    ["5.5.3", [], [["root.unlisted", undefined]]],
    ["5.6.16", [], [["root.unlisted", undefined]]],
    ["6.7.0", [["root.unlisted", "wayOut.copyApart"]], []],
    ["7.10.2", [["root.unlisted", "wayOut.copyApart"]], []],
  ])("on %s, which names a snapshot that it does not list, refuses %j and warns of %j", (targetVersion, refused, warned) => {
    const { unlisted } = rootSeen(root, { name: "snap-2" });
    const proof = proofOf([held("movies", { createdVersion: targetVersion })], {}, targetVersion);
    expect(refusals({ proof, targetVersion, root: unlisted ? { unlisted } : {} })).toMatchObject({ refused, warned });
  });
});
