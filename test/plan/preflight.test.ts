import { describe, expect, it } from "vitest";
import type { SnapshotProof } from "../../shared/model/repository.ts";
import { JOB_MARKER_KEY, timeDigits } from "../../shared/model/restoredName.ts";
import { type PreflightInput, preflight } from "../../shared/plan/preflight.ts";
import { existing, held, inputOf, JOB, NOW, nameFor, proofOf, START } from "./preflightProof.ts";

function checked(change: Partial<PreflightInput> = {}) {
  const { checks, refused, targets } = preflight(inputOf(change));
  const refusals = checks.filter(({ result }) => result === "refuse");
  return {
    refused,
    targets,
    codes: refusals.map(({ reason }) => reason.code),
    waysOut: refusals.map(({ wayOut }) => wayOut?.code),
    all: checks.map(({ reason }) => reason.code),
  };
}

describe("restore preflight", () => {
  it("passes and lists the target of each index", () => {
    expect(checked()).toMatchObject({
      refused: false,
      codes: [],
      targets: [{ index: "movies", as: nameFor("movies"), shards: 2, documents: 3, bytes: 10 }],
    });
  });

  it.each<[string, Partial<SnapshotProof>, string]>([
    ["incomplete", { verdict: "incomplete", missing: [{ key: "__1", expectedBytes: 1, foundBytes: null }] }, "closure.notWhole"],
    ["damaged", { verdict: "damaged" }, "closure.notWhole"],
    ["unproven", { verdict: "unproven" }, "closure.notWhole"],
    ["not restorable", { verdict: "not-restorable", closure: undefined }, "snapshot.notRestorable"],
  ])("invariant 4: refuses a closure that is %s", (_, change, code) => {
    expect(checked({ proof: proofOf([held("movies")], change) }).codes).toContain(code);
  });

  // Measured: a restore needs the same or the next major version and never an older minor; an index can be restored up to one major version
  // above the one that created it.
  it.each([
    ["5.5.2", "5.5.2", "5.5.3", []],
    ["5.5.2", "5.5.2", "6.7.0", []],
    ["5.5.2", "5.5.2", "7.10.2", ["version.tooOld"]],
    ["6.7.0", "5.5.2", "7.10.2", ["version.tooOld"]],
    ["6.7.0", "6.7.0", "7.10.2", []],
    ["6.7.0", "6.7.0", "5.5.3", ["version.newer"]],
    ["5.5.3", "5.5.3", "5.5.2", ["version.newer"]],
    ["8.17.1", "8.17.0", "8.17.0", []],
    ["5.5.2", "2.4.6", "5.5.3", []],
    ["7.10.2", "7.10.2", "6.7.0", ["version.newer"]],
    ["7.17.9", "7.17.9", "7.10.2", ["version.newer"]],
    ["7.10.2", "7.10.2", "8.17.0", []],
  ])("handles a snapshot of %s with an index of %s on %s", (written, createdVersion, targetVersion, codes) => {
    expect(checked({ proof: proofOf([held("movies", { createdVersion })], {}, written), targetVersion }).codes).toEqual(codes);
  });

  it("refuses several mapping types from 7.0 on, but not before", () => {
    const proof = proofOf([held("movies", { mappingTypes: ["a", "b", "_default_"], createdVersion: "6.0.0" })], {}, "6.7.0");
    expect(checked({ proof, targetVersion: "7.10.2" })).toMatchObject({ codes: ["types.several"], waysOut: ["wayOut.leaveOut"] });
    expect(checked({ proof, targetVersion: "6.8.0" }).codes).toEqual([]);
    expect(
      checked({
        proof: proofOf([held("movies", { mappingTypes: ["a", "_default_"], createdVersion: "6.0.0" })], {}, "6.7.0"),
        targetVersion: "7.10.2",
      }).codes,
    ).toEqual([]);
  });

  it.each([
    ["open", existing(nameFor("movies")), "name.open"],
    ["closed", existing(nameFor("movies"), { state: "close" }), "name.taken"],
    ["an alias", existing("other", { aliases: [nameFor("movies")] }), "name.open"],
  ])("refuses a name that is already in use: %s", (_, index, code) => {
    expect(checked({ alias: undefined, existing: [index] })).toMatchObject({ codes: [code], waysOut: ["wayOut.nameTaken"] });
  });

  it("treats an index with its own job's marker as its own, and one with another job's marker as foreign", () => {
    const marked = (job: string) => [existing(nameFor("movies"), { settings: { [JOB_MARKER_KEY]: job } })];
    expect(checked({ existing: marked(JOB) }).codes).toEqual([]);
    expect(checked({ existing: marked("restore-other") }).codes).toEqual(["name.kept"]);
  });

  it.each([
    ["an index has that name", existing("films"), "alias.isIndex"],
    ["a foreign index carries it", existing("cinema", { aliases: ["films"] }), "alias.foreign"],
    ["something named like a restore carries it", existing(nameFor("series"), { aliases: ["films"] }), "alias.foreign"],
    [
      "a restore of another index carries it",
      existing(nameFor("series"), { aliases: ["films"], settings: { "routing.allocation.exclude.ossnap_job": "restore-9" } }),
      "alias.otherIndex",
    ],
    ["it serves a newer snapshot", existing(nameFor("movies", new Date("2026-11-22T00:00:00Z")), { aliases: ["films"] }), "alias.newer"],
    ["it serves one of the future", existing(nameFor("movies", new Date("2027-11-22T00:00:00Z")), { aliases: ["films"] }), "alias.ahead"],
  ])("refuses an alias when %s", (_, index, code) => {
    expect(checked({ existing: [index] }).codes).toEqual([code]);
  });

  it("moves an alias from an older restore of ours, and refuses to give it to several indices", () => {
    const older = existing(nameFor("movies", new Date("2026-11-20T00:00:00Z")), { aliases: ["films"] });
    expect(checked({ existing: [older] })).toMatchObject({ refused: false, all: expect.arrayContaining(["alias.moves"]) });
    expect(checked({ proof: proofOf([held("a"), held("b")]), indices: ["*"] }).codes).toEqual(["alias.several"]);
  });

  it("says that the version is unknown when the blob that names it cannot be read, and not that it is empty", () => {
    const proof: SnapshotProof = { ...proofOf([held("movies")]), verdict: "damaged", closure: undefined };
    const { checks } = preflight({
      proof,
      indices: ["movies"],
      alias: undefined,
      targetVersion: "5.5.3",
      existing: [],
      nameFor,
      snapshotDigits: timeDigits(START),
      jobId: JOB,
      now: NOW,
    });
    expect(checks.find(({ check }) => check === "version")).toMatchObject({ result: "warn", reason: { code: "version.unknown" } });
  });

  it("lists what the snapshot holds when the patterns select nothing", () => {
    expect(checked({ indices: ["nosuch"] })).toMatchObject({
      refused: true,
      codes: ["selection.absent"],
      waysOut: ["wayOut.indices"],
      targets: [],
    });
  });

  it("invariant 8: reports which allocation, lifecycle and block settings are left behind without refusing the restore", () => {
    const settings = {
      "index.routing.allocation.require.box_type": "hot",
      "index.blocks.write": "true",
      "index.lifecycle.name": "p",
      "index.refresh_interval": "1s",
    };
    const { checks, refused } = preflight({
      proof: proofOf([held("movies", { settings })]),
      indices: ["movies"],
      alias: undefined,
      targetVersion: "5.5.3",
      existing: [],
      nameFor,
      snapshotDigits: "",
      jobId: JOB,
      now: NOW,
    });
    const left = checks.find(({ check }) => check === "settings");
    expect(refused).toBe(false);
    expect(left?.reason.params.settings).toEqual([
      "index.routing.allocation.require.box_type",
      "index.blocks.write",
      "index.lifecycle.name",
    ]);
  });
});
