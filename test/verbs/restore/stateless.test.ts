import { describe, expect, it } from "vitest";
import { preflightRestore, startRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { say } from "../../../shared/words/say.ts";
import { documents, freshWorld, offer, SNAP1, STEP2, settle, world } from "../../world/moved.ts";
import { MOVED } from "../../world/world.ts";

const OPS = { by: "person" as const, who: "ops" };
const REQUEST = { snapshot: "snap-1", repository: "moved-movies", to: "target", indices: ["fx-orders"], replicas: 0 };
const STATE = `meta-${SNAP1.uuid}.dat`;

/** Real servers read the cluster's state for every restore on 5.5.3, which answers 404 without it, and from 6.7 on only if it is asked for. */
async function withoutState(): Promise<void> {
  offer("snap-1", SNAP1.uuid);
  await world.fill(MOVED, new Map([...STEP2.blobs].filter(([key]) => key !== STATE)));
}

const sentences = async () => {
  const { checks, refused } = await preflightRestore(await world.open(), REQUEST);
  return { refused, said: checks.flatMap(({ result, reason }) => (result === "ok" ? [] : [say(reason)])) };
};

describe("a snapshot whose cluster state alone is lost, on 6.8.23", () => {
  freshWorld({ targetVersion: "6.8.23" });

  it("is restored, and the dry run says what is lost", async () => {
    await withoutState();
    const { refused, said } = await sentences();
    expect(refused).toBe(false);
    expect(said).toContain(
      `the snapshot is incomplete: its cluster state (${STATE}) is at fault, which this version does not read for indices`,
    );
    expect(await startRestore(await world.open(), REQUEST, OPS)).toMatchObject({ created: { outcome: "created" } });
    await settle();
    const [index] = await world.target.listIndices();
    expect(await world.target.countDocuments(index?.name ?? "")).toBe(documents("snap-1"));
  });
});

describe("the same snapshot on 5.5.3", () => {
  freshWorld();

  it("is refused for that blob, and nothing false is said of its indices or its version", async () => {
    await withoutState();
    const { refused, said } = await sentences();
    expect(refused).toBe(true);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(STATE);
  });
});

describe("a snapshot dated in the future", () => {
  freshWorld();

  it("is restored by hand with a warning that names its date", async () => {
    offer("snap-1", SNAP1.uuid);
    await world.fill(MOVED, STEP2.blobs);
    world.advance(-30 * 86_400_000);
    const { checks } = await preflightRestore(await world.open(), REQUEST);
    const found = checks.find(({ reason }) => reason.code === "snapshot.ahead");
    expect(found).toMatchObject({ result: "warn", reason: { params: { snapshot: "snap-1", time: "2026-11-21T01:00:06.531Z" } } });
  });
});
