import { describe, expect, it } from "vitest";
import type { DiskLimits, NodeDisk, Watermark } from "../../shared/model/disks/clusterDisks.ts";
import { freeAbove } from "../../shared/model/disks/clusterDisks.ts";
import { diskLimitsAfter } from "../../shared/model/disks/diskLimits.ts";
import type { PlacementLayers } from "../../shared/model/placement/placement.ts";
import { type PreflightInput, preflight } from "../../shared/plan/preflight.ts";
import { say } from "../../shared/words/say.ts";
import { existing, held, inputOf, proofOf } from "./preflightProof.ts";

const GB = 1024 ** 3;
const disk = (free: number, total = 100): NodeDisk => ({ node: `n${free}`, totalBytes: total * GB, freeBytes: free * GB, attributes: {} });
const limits = (low: string, high: string, change: Partial<DiskLimits> = {}): DiskLimits => ({
  isEnabled: true,
  low: { value: low },
  high: { value: high },
  ...change,
});
const SHARES = limits("85%", "90%");

/** The disk checks of a restore of movies with so many gigabytes in one copy. */
function checked(gigabytes: number, nodes: NodeDisk[], change: { limits?: DiskLimits } & Partial<PreflightInput> = {}) {
  const { limits: its = SHARES, ...more } = change;
  const proof = proofOf([held("movies", { bytes: gigabytes * GB, shards: 2 }), held("films", { bytes: 500 * GB })]);
  const { checks, refused } = preflight(inputOf({ proof, indices: ["movies"], disks: { limits: its, nodes }, ...more }));
  const found = checks.filter(({ check }) => check === "disk");
  return { refused, found, told: found.map(({ result, reason }) => `${result} ${reason.code}`) };
}

describe("bytes below a watermark", () => {
  it.each<[string, Watermark, number]>([
    ["a percentage", { value: "90%" }, 20],
    ["a percentage with a fraction", { value: "87.5%" }, 17.5],
    ["a ratio", { value: "0.9" }, 20],
    ["bytes", { value: "10gb" }, 20],
    ["bytes with a fraction, in upper case", { value: "1.5GB" }, 28.5],
    ["bytes in megabytes", { value: "512mb" }, 29.5],
    ["a share with a bound that is smaller", { value: "90%", maxHeadroom: "5GB" }, 25],
    ["a share with a bound that is larger", { value: "90%", maxHeadroom: "150GB" }, 20],
    ["a share without a bound", { value: "90%", maxHeadroom: "-1" }, 20],
    ["more than is free", { value: "50gb" }, 0],
    ["a text that says nothing", { value: "" }, 30],
  ])("%s", (_, watermark, gigabytes) => {
    expect(freeAbove(watermark, disk(30)) / GB).toBeCloseTo(gigabytes);
  });
});

describe("a restore and the disks of its target", () => {
  it("fits with its replicas, by the bytes of the chosen indices only", () => {
    const { told, found } = checked(10, [disk(30), disk(30)], { replicas: 1 });
    expect(told).toEqual(["ok disk.fits"]);
    expect(say(found[0]?.reason as never)).toBe(
      "the indices need 20 GiB with their replicas; the room on 2 data nodes is 40 GiB below the high watermark (90%)",
    );
  });

  it("is refused when one copy does not fit on all nodes together, with a way out", () => {
    const { told, found, refused } = checked(41, [disk(30), disk(30)], { replicas: 0 });
    expect([told, refused]).toEqual([["refuse disk.full"], true]);
    expect(say(found[0]?.reason as never)).toBe(
      "one copy of the indices needs 41 GiB, and the room on 2 data nodes is 40 GiB below the high watermark (90%): some shards would never start",
    );
    expect(say(found[0]?.wayOut as never)).toMatch(/^free disk space or add a data node/);
  });

  it("is a warning when only the replicas do not fit, or one shard fits on no node below its low watermark", () => {
    expect(checked(21, [disk(30), disk(30)], { replicas: 1 })).toMatchObject({ told: ["warn disk.fewer"], refused: false });
    const large = checked(35, [disk(30), disk(30)], { replicas: 0 });
    expect(large.told).toEqual(["warn disk.shard"]);
    expect(say(large.found[0]?.reason as never)).toContain("a shard of movies has about 17.5 GiB, and no data node has more than 15 GiB");
    expect(checked(35, [disk(30), disk(30)], { replicas: 1 }).told).toEqual(["warn disk.fewer", "warn disk.shard"]);
  });

  it("does not count the room of a node above its low watermark, which takes no restored shard", () => {
    expect(checked(10, [disk(14), disk(14), disk(14)], { replicas: 0 }).told).toEqual(["refuse disk.full"]);
    expect(checked(10, [disk(14), disk(30)], { replicas: 0 }).told).toEqual(["ok disk.fits"]);
  });

  it("counts what is free where the cluster applies no watermarks", () => {
    const off = limits("85%", "90%", { isEnabled: false });
    expect(checked(25, [disk(14), disk(14)], { replicas: 0, limits: off }).told).toEqual(["ok disk.fits"]);
    expect(checked(29, [disk(14), disk(14)], { replicas: 0, limits: off }).told).toEqual(["refuse disk.full"]);
    expect(checked(28, [disk(13), disk(15)], { replicas: 0, limits: off }).told).toEqual(["ok disk.fits"]);
  });

  // Measured by test/contract/clusterDiskRows.ts.
  it("knows that up to 7.x an only data node takes shards above its watermarks", () => {
    const on = (targetVersion: string, change: Partial<DiskLimits> = {}) => {
      const version = targetVersion === "8.17.0" ? "7.17.9" : targetVersion;
      const proof = proofOf([held("movies", { bytes: 4 * GB, createdVersion: version })], {}, version);
      return checked(4, [disk(5)], { proof, targetVersion, replicas: 0, limits: limits("85%", "90%", change) }).told;
    };
    expect([on("5.5.3"), on("7.10.2", { forOnlyNode: false })]).toEqual([["ok disk.fits"], ["ok disk.fits"]]);
    expect([on("7.10.2", { forOnlyNode: true }), on("8.17.0")]).toEqual([["refuse disk.full"], ["refuse disk.full"]]);
  });

  it("says why nothing is known, and stays possible", () => {
    const { checks, refused } = preflight(inputOf({ disks: { unknown: "cluster target: HTTP 403" } }));
    const [found] = checks.filter(({ check }) => check === "disk");
    expect([found?.result, refused]).toEqual(["warn", false]);
    expect(say(found?.reason as never)).toBe("whether the indices fit on the disks is unknown: cluster target: HTTP 403");
  });
});

describe("a restore over an index and the disks of its target", () => {
  // Measured on 8.17.0.
  it("meets no watermark: where a copy is, the cluster starts the shard", () => {
    const over = { overwrites: new Map(), alias: undefined, nameFor: (index: string) => index, targetVersion: "8.17.0", replicas: 0 };
    const high = limits("25gb", "20gb");
    const copied = (primariesActive: number) => {
      const layers = { defaults: {}, persistent: {}, transient: {} };
      const healths = new Map([["movies", { primariesActive, shards: 2, unassigned: 0 }]]);
      return { ...over, limits: high, existing: [existing("movies")], placement: { layers, nodes: undefined, dataNodes: 1, healths } };
    };
    expect(checked(10, [disk(15)], copied(2)).told).toEqual(["ok disk.fits"]);
    expect(checked(10, [disk(15)], copied(1)).told).toEqual(["refuse disk.full"]);
    expect(checked(16, [disk(15)], copied(2)).told).toEqual(["refuse disk.full"]);
    expect(checked(10, [disk(15)], { ...over, limits: high, existing: [] }).told).toEqual(["refuse disk.full"]);
  });
});

describe("watermarks that a restored global state brings", () => {
  const WATERMARK = "cluster.routing.allocation.disk.watermark";
  const stated = (statePlacement: Record<string, string>, change: Partial<PlacementLayers> = {}) => {
    const layers = { defaults: {}, persistent: {}, transient: {}, ...change };
    const { found } = checked(10, [disk(30), disk(30)], {
      ...{ withState: true, statePlacement, replicas: 0 },
      placement: { layers, nodes: undefined, dataNodes: 2 },
    });
    return found.map(({ result, reason, wayOut }) => [`${result} ${reason.code}`, wayOut?.code].filter(Boolean).join(" "));
  };
  const far = { [`${WATERMARK}.low`]: "60gb", [`${WATERMARK}.high`]: "50gb" };

  it.each<[string, Record<string, string>, Partial<PlacementLayers>, string[]]>([
    ["that leave no room", far, {}, ["refuse disk.full wayOut.noWatermarks"]],
    [
      "over which the transient ones remain",
      far,
      { transient: { [`${WATERMARK}.low`]: "2gb", [`${WATERMARK}.high`]: "1gb" } },
      ["ok disk.fits"],
    ],
    [
      "that do not hold, because it switches them off",
      { ...far, "cluster.routing.allocation.disk.threshold_enabled": "false" },
      {},
      ["ok disk.fits"],
    ],
    ["or does not bring, so that those of a node's file hold", {}, { defaults: far }, ["refuse disk.full wayOut.noWatermarks"]],
  ])("%s", (_what, state, layers, expected) => {
    expect(stated(state, layers)).toEqual(expected);
  });

  it("have no bound, which only a share has that nobody set", () => {
    const bound = { [`${WATERMARK}.low.max_headroom`]: "200GB" };
    const own = { defaults: { [`${WATERMARK}.low`]: "85%", ...bound }, persistent: {}, transient: {} };
    expect(diskLimitsAfter(own, {}).low).toEqual({ value: "85%", maxHeadroom: "200GB" });
    expect(diskLimitsAfter(own, { [`${WATERMARK}.low`]: "70%" }).low).toEqual({ value: "70%", maxHeadroom: "-1" });
    // As a server tells it while a share is set: the default of the share is not told, and that of its bound is -1.
    const set = { defaults: { [`${WATERMARK}.low.max_headroom`]: "-1" }, persistent: { [`${WATERMARK}.low`]: "70%" }, transient: {} };
    expect(diskLimitsAfter(set, {}).low).toEqual({ value: "85%", maxHeadroom: "200GB" });
    expect(diskLimitsAfter(set, { ...bound, [`${WATERMARK}.low`]: "70%" }).low).toEqual({ value: "70%", maxHeadroom: "200GB" });
  });
});
