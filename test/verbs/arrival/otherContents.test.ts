import { describe, expect, it } from "vitest";
import { storeEvidence } from "../../../shared/reader/evidence.ts";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { startRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { arrive, freshWorld, INDEX1, offer, SNAP1, STEP1, served, settle, world } from "../../world/moved.ts";
import { MOVED } from "../../world/world.ts";

freshWorld();

/** Stores that the snapshot was proven before; with `digest`, with other contents. */
async function proven(digest?: string): Promise<void> {
  await world.fill(MOVED, STEP1.blobs);
  const proof = await proveSnapshot(world.blobs(MOVED), { uuid: SNAP1.uuid, indices: ["fx-orders"], level: "footers" });
  if (!proof.closure) throw new Error("it is not whole");
  const closure = digest === undefined ? proof.closure : { ...proof.closure, digest };
  await storeEvidence(await world.open(), MOVED, { ...proof, closure }, world.now());
}

describe("a snapshot whose uuid was proven with other contents", () => {
  it("is not served by its watch, and is reported with the way out", async () => {
    await proven("0".repeat(64));
    offer("snap-1", SNAP1.uuid);
    await arrive(INDEX1);
    await settle();
    expect(await served()).toEqual([]);
    expect(world.notices).toMatchObject([{ key: "arrival-failed:moved", status: "firing", reason: { code: "snapshot.otherContents" } }]);
    expect(world.notices[0]?.text).toContain(`evidence/${SNAP1.uuid}/`);
  });

  it("is refused by a restore by hand", async () => {
    await proven("0".repeat(64));
    offer("snap-1", SNAP1.uuid);
    const request = { snapshot: "snap-1", repository: "moved-movies", to: "target", indices: ["fx-orders"] };
    const outcome = await startRestore(await world.open(), request, { by: "person", who: "ops" });
    const refusals = "refused" in outcome ? outcome.refused.checks.filter(({ result }) => result === "refuse") : [];
    expect(refusals.map(({ reason }) => reason.code)).toEqual(["snapshot.otherContents"]);
  });

  it.each([
    ["the same contents were proven", undefined],
    ["other contents were proven by an earlier build, which did not store of which indices", "early"],
  ])("is served when %s", async (_, kind) => {
    await proven(kind === "early" ? "0".repeat(64) : undefined);
    const [key = ""] = await world.stateKeys("evidence/");
    const { scope, ...early } = JSON.parse(Buffer.from((await world.state.get(key)) ?? []).toString());
    expect(scope).toHaveLength(16);
    if (kind === "early") await world.state.put(key, Buffer.from(JSON.stringify(early)));
    offer("snap-1", SNAP1.uuid);
    await arrive(INDEX1);
    await settle();
    expect(await served()).toHaveLength(1);
  });
});

describe("a verdict in the state that is not true", () => {
  it("does not replace the proof before a restore", async () => {
    await proven();
    offer("snap-1", SNAP1.uuid);
    const lost = [...STEP1.blobs.keys()].find((key) => key.includes("/__")) ?? "";
    await world.blobs(MOVED).delete([lost]);
    const request = { snapshot: "snap-1", repository: "moved-movies", to: "target", indices: ["fx-orders"] };
    const outcome = await startRestore(await world.open(), request, { by: "person", who: "ops" });
    const refusals = "refused" in outcome ? outcome.refused.checks.filter(({ result }) => result === "refuse") : [];
    expect(refusals.map(({ reason }) => reason.code)).toContain("closure.notWhole");
  });
});
