import { describe, expect, it } from "vitest";
import type { SnapshotProof } from "../../../shared/model/repository.ts";
import { markOf, NO_MARKS } from "../../../shared/proof/marks.ts";
import { storeEvidence } from "../../../shared/reader/evidence.ts";
import { partLedger } from "../../../shared/reader/partLedger.ts";
import { openRepository, requireRoot } from "../../../shared/reader/readRepository.ts";
import { suspectHolders } from "../../../shared/reader/suspectHolders.ts";
import { preflightRestore, type RestoreRequestByHand, startRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { say } from "../../../shared/words/say.ts";
import { freshWorld, offer, restores, SNAP1, SNAP2, STEP2, world } from "../../world/moved.ts";
import { MOVED } from "../../world/world.ts";

const request = (snapshot: string, ...indices: string[]): RestoreRequestByHand => ({
  snapshot,
  repository: "moved-movies",
  to: "target",
  indices,
  replicas: 0,
});

/** A bucket with both snapshots; only snap-1 holds fx-empty. */
async function bothThere(): Promise<void> {
  offer("snap-1", SNAP1.uuid);
  offer("snap-2", SNAP2.uuid);
  await world.fill(MOVED, STEP2.blobs);
}

const preflightOf = async (...words: Parameters<typeof request>) => preflightRestore(await world.open(), request(...words));
const sentences = (checks: readonly { result: string; reason: Parameters<typeof say>[0]; wayOut?: Parameters<typeof say>[0] }[]) =>
  checks.flatMap(({ result, reason, wayOut }) => (result === "ok" ? [] : [`${say(reason)}${wayOut ? `; ${say(wayOut)}` : ""}`]));

describe("the newest snapshot, asked for by hand", () => {
  freshWorld();

  it("is the newest one that holds the named indices, and the answer says so", async () => {
    await bothThere();
    const found = await preflightOf("latest", "fx-empty");
    expect(found.snapshot).toEqual({ name: "snap-1", uuid: SNAP1.uuid });
    expect(sentences(found.checks)).toContain(
      "snap-2 is newer and does not hold all of fx-empty: snap-1 is the newest good snapshot that does",
    );
    expect(found.refused).toBe(false);
  });

  it("is the newest one where it holds them, and where none does", async () => {
    await bothThere();
    expect((await preflightOf("latest", "fx-o*")).snapshot.name).toBe("snap-2");
    const none = await preflightOf("latest", "nothing-*");
    expect(none).toMatchObject({ snapshot: { name: "snap-2" }, refused: true });
  });
});

describe("the newest snapshot, asked for by hand, of which a proof found damage", () => {
  freshWorld();
  // Every blob at fault is marked, so that it counts against no other snapshot.
  const broken = (uuid: string, name: string) => ({ ...PROOF, uuid, name, traced: true });
  const PROOF = { verdict: "damaged" as const, level: "contents" as const, generation: 1, blobs: 1, bytes: 1, missing: [], damaged: [] };
  const found = async (uuid: string, name: string) =>
    storeEvidence(await world.open(), MOVED, broken(uuid, name) as unknown as SnapshotProof, world.now());

  it("is passed over, with the reason and what checks it again; by its name it is still proven", async () => {
    await bothThere();
    await found(SNAP2.uuid, "snap-2");
    const chosen = await preflightOf("latest", "fx-o*");
    expect(chosen.snapshot.name).toBe("snap-1");
    expect(sentences(chosen.checks)).toEqual([
      expect.stringMatching(/^snap-2 was found damaged by the proof of /),
      expect.stringMatching(/^snap-2 is newer, and is not taken: snap-1 is .* `ossnap verify moved-movies --snapshot snap-2`$/),
    ]);
    expect((await preflightOf("snap-2", "fx-o*")).snapshot.name).toBe("snap-2");
  });

  it("is passed over too where a proof found a blob of it damaged", async () => {
    await bothThere();
    const only = await blobOfSnap2Alone();
    const ledger = partLedger(world.state, MOVED);
    ledger.setMark("suspects", markOf(only), true);
    await ledger.save();
    const chosen = await preflightOf("latest", "fx-o*");
    expect(chosen.snapshot.name).toBe("snap-1");
    expect(sentences(chosen.checks)[0]).toBe(`snap-2 refers to ${only}, which a proof found damaged or missing`);
  });

  it("is the newest one where all are found damaged, whose preflight says what is wrong", async () => {
    await bothThere();
    for (const [uuid, name] of [
      [SNAP1.uuid, "snap-1"],
      [SNAP2.uuid, "snap-2"],
    ] as const)
      await found(uuid, name);
    expect((await preflightOf("latest", "fx-o*")).snapshot.name).toBe("snap-2");
  });

  async function blobOfSnap2Alone(): Promise<string> {
    const store = world.blobs(MOVED);
    const root = requireRoot(await openRepository(store), store.url);
    for (const key of [...STEP2.blobs.keys()].filter((one) => one.includes("/__"))) {
      const { held } = await suspectHolders(store, root, {
        marks: { ...NO_MARKS, wide: [], suspects: new Set([markOf(key)]) },
        evidence: new Map(),
        holds: () => true,
      });
      if (held.has(SNAP2.uuid) && !held.has(SNAP1.uuid)) return key;
    }
    throw new Error("snap-2 has no blob of its own");
  }
});

describe("a pattern of a restore by hand that matches nothing", () => {
  freshWorld();

  it("is refused beside others that match, with the names that there are, and starts nothing", async () => {
    await bothThere();
    const found = await preflightOf("snap-1", "fx-orders", "fx-lgs*");
    expect(sentences(found.checks)).toEqual([
      "fx-lgs* matches no index of the snapshot; the snapshot contains fx-empty, fx-logs, fx-orders",
    ]);
    expect(found.refused).toBe(true);
    const outcome = await startRestore(await world.open(), request("snap-1", "fx-orders", "fx-lgs*"), { by: "person", who: "ops" });
    expect(outcome).toMatchObject({ refused: { refused: true } });
    expect(restores()).toEqual([]);
  });

  it("is a warning when it excludes", async () => {
    await bothThere();
    const found = await preflightOf("snap-1", "fx-*", "-fx-lgs");
    expect(sentences(found.checks)).toEqual(["-fx-lgs excludes nothing: no index of the snapshot matches it"]);
    expect(found.refused).toBe(false);
  });
});
