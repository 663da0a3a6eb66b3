import { describe, expect, it } from "vitest";
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
