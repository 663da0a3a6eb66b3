import { describe, expect, it } from "vitest";
import { reason } from "../../../shared/model/reason.ts";
import type { RootCatalogue, RootSnapshot } from "../../../shared/model/repository.ts";
import { noteWide } from "../../../shared/reader/prove/storedDamage.ts";
import { preflightRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { chosenByHand } from "../../../shared/verbs/restore/handChecks.ts";
import { freshWorld, offer, SNAP2, STEP2, world } from "../../world/moved.ts";
import { MOVED } from "../../world/world.ts";

describe("`latest` where a snapshot may share damage of too many blobs to be named", () => {
  freshWorld();
  const REQUEST = { snapshot: "latest", repository: "moved-movies", to: "target", indices: ["fx-orders"], alias: "by-hand", replicas: 0 };
  const said = async () => {
    const { refused, checks } = await preflightRestore(await world.open(), REQUEST, {});
    return { refused, codes: checks.flatMap(({ reason: why }) => (why.code === "snapshot.unproven" ? [why.params.because] : [])) };
  };

  it.each([
    ["is told", "doubt.wide", false],
    ["is told when the record of it cannot be read", "doubt.unread", true],
  ])("%s", async (_, because, isCut) => {
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs);
    expect(await said()).toEqual({ refused: false, codes: [] });
    const { state } = await world.open();
    await noteWide(state, MOVED, { uuid: "gone", at: world.now().toISOString(), level: "contents", verdict: "damaged", indices: [] });
    for (const key of await world.stateKeys("parts/")) if (isCut) await state.put(key, Buffer.from("{"));
    expect(await said()).toEqual({ refused: false, codes: [because] });
  });

  const snapshot = (name: string, day: number): RootSnapshot => ({
    ...{ name, uuid: name, state: "SUCCESS", version: "7.10.2" },
    startTime: new Date(Date.UTC(2026, 10, day)),
  });
  const dated = [snapshot("c", 3), snapshot("b", 2), snapshot("a", 1)];
  const root = {
    key: "index-1",
    snapshots: dated,
    indices: [{ name: "x", id: "x", snapshots: ["a", "b", "c"] }],
    indexMetadata: {},
  } as unknown as RootCatalogue;
  const unproven = (name: string) => [name, reason("snapshot.unproven", { snapshot: name, because: "doubt.wide" })] as const;
  const broken = (name: string) => [name, reason("snapshot.foundBroken", { snapshot: name, verdict: "damaged", at: "" })] as const;
  it.each([
    ["the newest that is neither", [unproven("c"), broken("b")], "a"],
    ["an unproven one before a broken one", [broken("c"), unproven("b"), broken("a")], "b"],
    ["the newest, if all are unproven", [unproven("c"), unproven("b"), unproven("a")], "c"],
  ])("takes %s", (_, known, chosen) => {
    const request = { snapshot: "latest", repository: "r", indices: ["x"] };
    expect(chosenByHand(root, dated, request, { now: undefined, broken: new Map(known) }).snapshot.name).toBe(chosen);
  });
});
