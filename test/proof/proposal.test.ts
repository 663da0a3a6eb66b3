import { describe, expect, it } from "vitest";
import type { RootCatalogue, Verdict } from "../../shared/model/repository.ts";
import { isByCommand, judged, proposalOf, type Standing } from "../../shared/proof/proposal.ts";
import { say } from "../../shared/words/say.ts";

const of = (name: string, verdict: Verdict, noRecord = false, uuid = `u-${name}`) => ({ name, uuid, verdict, noRecord });
const rootOf = (snapshots: { name: string; uuid: string }[], used: string[] = []) =>
  ({
    key: "index-7",
    snapshots,
    indices: [{ name: "movies", id: "i", snapshots: used, shardGenerations: undefined }],
    indexMetadata: {},
  }) as unknown as RootCatalogue;

describe("the proposal for a repository with broken snapshots", () => {
  it("deletes the broken ones and counts the whole ones that stay", () => {
    const all = [of("a", "whole"), of("b", "incomplete"), of("c", "damaged"), of("d", "not-restorable"), of("e", "unproven")];
    const proposal = proposalOf(rootOf(all), all);
    expect(proposal).toMatchObject({
      delete: [{ name: "b", uuid: "u-b" }, { name: "c" }],
      whole: 1,
      notes: [{ code: "proposal.notWhileCopied" }],
    });
    expect(proposal && say(proposal.reason)).toMatch(/^delete the broken snapshots .*: b, c$/);
  });

  it.each<[Standing, string]>([
    [{}, "proposal.newSnapshot"],
    [{ isCopy: true }, "proposal.copyWhole"],
    [{ writer: { repository: "nightly", cluster: "prod" } }, "proposal.newSnapshotAtWriter"],
  ])("says what helps when nothing is whole, and deletes nothing: %j", (standing, code) => {
    const proposal = proposalOf(rootOf([]), [of("a", "damaged"), of("b", "not-restorable")], standing);
    expect(proposal).toMatchObject({ delete: [], whole: 0, reason: { code, params: standing.writer ?? {} } });
  });

  it("is not made while nothing is broken, or while a proof is not finished", () => {
    expect(proposalOf(rootOf([]), [of("a", "whole"), of("b", "not-restorable")])).toBeUndefined();
    expect(proposalOf(rootOf([]), [of("a", "damaged"), of("b", "unproven")])).toBeUndefined();
  });

  it("says what stands in the way of a deletion up to 6.x when the snapshot's own blob is missing", () => {
    const all = [of("a", "whole"), of("b", "incomplete", true)];
    const notes = proposalOf(rootOf(all), all)?.notes ?? [];
    // Measured on 6.7.0 and 6.8.23: with a copy of another snapshot's blob, that one's metadata is deleted.
    expect(notes.slice(1).map(say)).toEqual([
      expect.stringMatching(/^until then the cluster cannot list all snapshots, because one has lost its own blob/),
      expect.stringMatching(/404 .* put an empty object there first: snap-u-b\.dat$/),
      expect.stringMatching(/^never put a copy of another snapshot's blob there/),
    ]);
    const missing = [{ key: "snap-u-b.dat", expectedBytes: null, foundBytes: null }];
    const proof = { name: "b", verdict: "incomplete" as const, missing, damaged: [], closure: undefined };
    expect(judged({ ...proof, uuid: "u-b" }, rootOf([])).noRecord).toBe(true);
    expect(judged({ ...proof, uuid: "u-c" }, rootOf([])).noRecord).toBe(false);
  });

  it("deletes none whose name another snapshot has, because the whole one may be taken", () => {
    const all = [of("a", "whole", false, "u1"), of("a", "damaged", false, "u2"), of("b", "damaged")];
    expect(proposalOf(rootOf(all), all)).toMatchObject({
      delete: [{ name: "b" }],
      reason: { code: "proposal.delete", params: { snapshots: ["b"], count: 1 } },
      notes: [{ code: "proposal.notWhileCopied" }, { code: "proposal.sharedName", params: { snapshots: ["a (u2)"] } }],
    });
  });

  it("is not to delete by a name that two snapshots have, and names the broken one with its uuid", () => {
    const all = [of("a", "whole", false, "u1"), of("a", "damaged", false, "u2")];
    const proposal = proposalOf(rootOf(all), all);
    expect(proposal).toMatchObject({ delete: [], notes: [] });
    expect(proposal && say(proposal.reason)).toBe(
      "do not delete a (u2): another snapshot has the same name, and Elasticsearch deletes by name; copy the whole ones elsewhere",
    );
    expect(proposalOf(rootOf(all), all, { isCopy: true })?.reason.params).toMatchObject({ snapshots: ["a (u2)"] });
  });

  it("deletes nothing where the root names a snapshot that it does not list, because no deletion is possible", () => {
    const all = [of("a", "whole"), of("b", "damaged")];
    expect(proposalOf(rootOf(all, ["gone"]), all)).toMatchObject({
      ...{ delete: [], notes: [] },
      reason: { code: "proposal.unlisted" },
    });
  });

  it("is to copy again where no cluster may write", () => {
    const all = [of("a", "whole"), of("b", "incomplete", true)];
    expect(proposalOf(rootOf(all), all, { isCopy: true })).toMatchObject({
      delete: [],
      notes: [{ code: "proposal.atSource" }],
      reason: { code: "proposal.copyAgain", params: { snapshots: ["b"] } },
    });
  });

  it("names the cluster that writes there, and does not call it a copy", () => {
    const all = [of("a", "whole"), of("b", "damaged")];
    const proposal = proposalOf(rootOf(all), all, { writer: { repository: "nightly", cluster: "prod" } });
    expect(proposal).toMatchObject({ delete: [{ name: "b" }], notes: [] });
    expect(proposal && say(proposal.reason)).toMatch(
      /^nightly is written by cluster prod: delete .*: b; `ossnap delete --broken --repository nightly` .* with --apply$/,
    );
  });

  it("names the indices of a broken snapshot that are whole, which a deletion would remove too", () => {
    const all = [of("a", "whole"), of("b", "incomplete")];
    const root = {
      ...rootOf(all),
      indices: ["logs", "orders", "other"].map((name) => ({ name, id: `id-${name}`, snapshots: name === "other" ? [] : ["u-b"] })),
    };
    const missing = [{ key: "indices/id-logs/0/__a", expectedBytes: 9, foundBytes: null }];
    const proof = { name: "b", uuid: "u-b", verdict: "incomplete" as const, missing, damaged: [], closure: undefined };
    const intact = { indices: ["orders"], count: 1 };
    expect(judged(proof, root as unknown as RootCatalogue).intact).toEqual(intact);
    const broken = { ...proof, missing: [...missing, { key: "snap-u-b.dat", expectedBytes: null, foundBytes: null }] };
    expect(judged(broken, root as unknown as RootCatalogue).intact).toBeUndefined();
    for (const standing of [{}, { isCopy: true }]) {
      const [note] = proposalOf(rootOf(all), [of("a", "whole"), { ...of("b", "incomplete"), intact }], standing)?.notes ?? [];
      expect(note && say(note)).toMatch(/^first restore the indices that are whole .*: b \(orders\)$/);
    }
  });

  it("names five snapshots and five indices of each at most, and counts all", () => {
    const root = {
      ...rootOf([of("b", "incomplete")]),
      indices: [1, 2, 3, 4, 5, 6, 7].map((at) => ({ name: `i${at}`, id: `i${at}`, snapshots: ["u-b"] })),
    };
    const missing = [{ key: "indices/other/0/__a", expectedBytes: 9, foundBytes: null }];
    const proof = { name: "b", uuid: "u-b", verdict: "incomplete" as const, missing, damaged: [], closure: undefined };
    const { intact } = judged(proof, root as unknown as RootCatalogue);
    expect(intact).toEqual({ indices: ["i1", "i2", "i3", "i4", "i5"], count: 7 });
    const broken = ["b1", "b2", "b3", "b4", "b5", "b6"].map((name) => ({ ...of(name, "incomplete", true), intact }));
    const all = [of("a", "whole"), ...broken];
    const proposal = proposalOf(rootOf(all), all);
    const five = ["b1", "b2", "b3", "b4", "b5"];
    expect(proposal?.delete).toHaveLength(6);
    expect(proposal?.reason.params).toEqual({ count: 6, snapshots: five, whole: 1 });
    expect(proposal?.notes.map(({ params }) => params)).toEqual([
      { held: five.map((name) => `${name} (i1, i2, i3, i4, i5 and 2 more)`), count: 6 },
      {},
      {},
      { keys: five.map((name) => `snap-u-${name}.dat`), count: 6 },
      {},
    ]);
    expect(proposalOf(rootOf(all), all, { isCopy: true })?.reason.params).toEqual({ count: 6, snapshots: five, whole: 1 });
  });

  it("never deletes one whose own blob is another snapshot's, because up to 6.x that one's metadata would be deleted", () => {
    const key = "snap-u-b.dat";
    const exchanged = { key, check: "format", expected: "b u-b SUCCESS", found: "a u-a SUCCESS" };
    const proof = { name: "b", uuid: "u-b", verdict: "damaged" as const, missing: [], damaged: [exchanged], closure: undefined };
    const all = [of("a", "whole"), judged(proof, rootOf([])), of("c", "damaged")];
    const proposal = proposalOf(rootOf(all), all, { writer: { repository: "nightly", cluster: "prod" } });
    expect(proposal?.delete).toEqual([{ name: "c", uuid: "u-c" }]);
    expect(proposal?.notes.map(say)).toEqual([
      expect.stringMatching(/^do not delete b yet: 1 own blob is a copy .* empty object .*: snap-u-b\.dat$/),
    ]);
    const elsewhere = { ...exchanged, key: "meta-u-b.dat" };
    const spoilt = { ...exchanged, check: "crc32", expected: "00000000", found: "00000001" };
    expect(proposal?.reason.params).toMatchObject({ snapshots: ["c"] });
    const alone = proposalOf(rootOf(all), all.slice(0, 2));
    expect(alone).toMatchObject({ delete: [], reason: { code: "proposal.foreignRecord" } });
    for (const other of [spoilt, elsewhere]) expect(judged({ ...proof, damaged: [other] }, rootOf([])).foreignRecord).toBeUndefined();
  });

  const stateLost = (fault: "missing" | "damaged", more: string[] = []) => {
    const key = "meta-u-b.dat";
    return {
      ...{ name: "b", uuid: "u-b", verdict: "damaged" as const, closure: undefined },
      missing: [...(fault === "missing" ? [key] : []), ...more].map((lost) => ({ key: lost, expectedBytes: null, foundBytes: null })),
      damaged: fault === "damaged" ? [{ key, check: "crc32", expected: "1", found: "2" }] : [],
    };
  };

  it.each(["missing", "damaged"] as const)("keeps a snapshot of which only the global metadata is %s, and deletes the others", (fault) => {
    const all = [of("a", "whole"), of("b", "damaged"), of("c", "damaged")];
    const root = rootOf(all, ["u-b"]);
    const kept = judged(stateLost(fault), root);
    const alone = proposalOf(root, [of("a", "whole"), kept]);
    expect(alone).toMatchObject({ delete: [], keep: [{ name: "b", uuid: "u-b" }], whole: 1, notes: [] });
    expect(alone && say(alone.reason)).toMatch(/^keep b: only the cluster state is lost, /);
    const beside = proposalOf(root, [of("a", "whole"), kept, of("c", "damaged")]);
    expect(beside).toMatchObject({ delete: [{ name: "c" }], keep: [{ name: "b" }], reason: { params: { snapshots: ["c"] } } });
    expect(beside?.notes.map(({ code }) => code)).toEqual(["proposal.notWhileCopied", "proposal.stateLost"]);
  });

  describe("for snapshots with an index that the root lacks", () => {
    const fault = { key: "index-7", check: "format", expected: "indices.logs", found: "nothing" };
    const all = [of("a", "whole"), of("b", "damaged")];
    const root = rootOf(all, ["u-b"]);
    const b = judged({ name: "b", uuid: "u-b", verdict: "damaged", missing: [], damaged: [fault], closure: undefined }, root);
    const writer = { repository: "nightly", cluster: "prod" };

    it("is first to put a complete root back, because no blob that is put back helps", () => {
      for (const standing of [{}, { writer }]) {
        const proposal = proposalOf(root, [b, of("c", "incomplete")], standing);
        expect(proposal?.notes.map(({ code }) => code)).toEqual(["proposal.rootLost"]);
        const alone = proposalOf(root, [b], standing);
        expect(alone).toMatchObject({
          delete: [],
          whole: 0,
          notes: [],
          reason: { params: { root: "index-7", snapshots: ["b"], count: 1 } },
        });
        expect(alone && say(alone.reason)).toMatch(
          /^index-7 does not name all indices of 1 snapshot \(b\), so no cluster finds them: put a complete index-7 back .* only if there is none, delete b through/,
        );
      }
    });

    it("is to delete them only if there is no other root, while others are whole", () => {
      const proposal = proposalOf(root, [of("a", "whole"), b], { writer });
      expect(proposal).toMatchObject({ delete: [{ name: "b" }], reason: { code: "proposal.rootLost" } });
      expect(proposal?.notes.map(({ code }) => code)).toEqual(["proposal.deleteRestAtWriter"]);
      expect(proposal && isByCommand(proposal)).toBe(true);
      expect(JSON.stringify(proposal?.notes.map(say))).not.toContain("so that the others work");
    });

    it("is to delete nothing where a snapshot names the lost index by its id, because no cluster from 7.9 on reads such a root", () => {
      const unread = { ...root, indexMetadata: { "u-a": { i: "x", lost: "y" } } };
      const proposal = proposalOf(unread, [of("a", "damaged"), b], { writer });
      expect(proposal).toMatchObject({ delete: [], notes: [], reason: { code: "root.unindexed", params: { id: "lost", snapshot: "a" } } });
      expect(proposal && say(proposal.reason)).toMatch(/put a complete index-7 back/);
      expect(proposalOf(unread, [b], { isCopy: true })?.reason.code).toBe("proposal.copyWhole");
    });

    it("is to copy again where no cluster may write", () => {
      for (const those of [[b], [of("a", "whole"), b]])
        expect(JSON.stringify(proposalOf(root, those, { isCopy: true }))).not.toContain("rootLost");
    });
  });

  it("calls the cluster state lost of a broken snapshot with indices only, and not of a whole one", () => {
    const root = rootOf([of("b", "damaged")], ["u-b"]);
    const whole = { ...stateLost("missing"), verdict: "whole" as const, missing: [] };
    expect(judged(stateLost("missing"), root).stateLost).toBe(true);
    expect(judged(stateLost("missing"), rootOf([])).stateLost).toBeUndefined();
    expect(judged(whole, root)).toStrictEqual({ name: "b", uuid: "u-b", verdict: "whole", noRecord: false });
  });

  it("deletes a snapshot that has lost its global metadata and blobs of an index, after a restore of the others", () => {
    const all = [of("a", "whole"), of("b", "damaged")];
    const indices = ["i", "j"].map((id) => ({ id, name: id, snapshots: ["u-b"], shardGenerations: undefined }));
    const root = { ...rootOf(all), indices } as unknown as RootCatalogue;
    const proposal = proposalOf(root, [of("a", "whole"), judged(stateLost("missing", ["indices/i/0/__a"]), root)]);
    expect(proposal).toMatchObject({
      delete: [{ name: "b" }],
      notes: [{ code: "proposal.restoreFirst" }, { code: "proposal.notWhileCopied" }],
    });
    expect(proposal?.keep).toBeUndefined();
  });

  it("looks through a root once for all of its broken snapshots, and through the faults of each once", () => {
    const all = Array.from({ length: 200 }, (_, number) => of(`s${number}`, "damaged"));
    let looks = 0;
    const snapshots = Object.freeze(all.map(({ uuid }) => uuid));
    const indices = Array.from({ length: 50 }, (_, number) =>
      Object.defineProperty({ id: `i${number}`, name: `n${number}`, snapshots, shardGenerations: undefined }, "snapshots", {
        get: () => {
          looks += 1;
          return snapshots;
        },
      }),
    );
    const root = { ...rootOf(all), indices } as unknown as RootCatalogue;
    const damaged = [{ key: "indices/i7/0/__a", check: "checksum" as const, expected: "a", found: "b" }];
    const shown = all.map(({ name, uuid, verdict }) => judged({ name, uuid, verdict, missing: [], damaged, closure: undefined }, root));
    expect(shown.map(({ intact }) => intact)).toEqual(all.map(() => ({ indices: ["n0", "n1", "n2", "n3", "n4"], count: 49 })));
    expect(looks).toBeLessThanOrEqual(4 * indices.length);
  });
});
