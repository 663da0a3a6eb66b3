import { beforeEach, describe, expect, it } from "vitest";
import { JOB_MARKER_KEY, restoredIndexName } from "../../../shared/model/restoredName.ts";
import { stateKey } from "../../../shared/state/keys.ts";
import { writeObject } from "../../../shared/state/objects.ts";
import { planAdoption } from "../../../shared/verbs/adopt/gather.ts";
import { arrive, freshWorld, INDEX2, offer, SNAP1, SNAP2, STEP2, settle, TIMES, world } from "../../world/moved.ts";
import { OPS } from "../../world/nightly.ts";
import { MOVED } from "../../world/world.ts";

const EARLIER = new Date("2026-11-20T01:00:00.000Z");

describe("indices restored earlier that serve nothing, as adopt reports them", () => {
  freshWorld();
  beforeEach(async () => {
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs);
    await arrive(INDEX2);
    await settle();
  });

  const cases: [string, { start?: Date; alias?: string; done?: object }, string[]][] = [
    ["the watch's own", { alias: "orders" }, ["adopt.leftover"]],
    ["one that was restored without an alias", {}, []],
    ["one of another deployment, behind another alias", { alias: "serve" }, []],
    ["one whose snapshot left the bucket", { start: EARLIER, alias: "orders" }, ["adopt.leftoverUnknown"]],
    ["the same, recorded as restored by a person without an alias", { start: EARLIER, done: { asked: OPS, result: {} } }, []],
    [
      "the same, recorded as restored by the watch",
      { start: EARLIER, alias: "orders", done: { asked: { by: "ossnap", who: "x" }, result: { alias: "orders" } } },
      ["adopt.leftover"],
    ],
  ];
  it.each(cases)("%s", async (_, { start = TIMES["snap-1"], alias, done }, expected) => {
    const made = { index: "fx-orders", snapshotUuid: SNAP1.uuid, snapshotStart: start, purpose: alias, attempt: 1, targetMajor: 5 };
    const name = restoredIndexName(made);
    world.target.putIndex(name, { documents: 1, settings: { [JOB_MARKER_KEY]: "restore-x" } });
    if (done) await writeObject(world.state, stateKey.done("restore", "restore-x"), { id: "restore-x", state: "done", ...done });
    const { findings } = await planAdoption(await world.open(), OPS);
    const said = findings.filter(({ reason }) => reason.code.startsWith("adopt.leftover"));
    expect(said.map(({ reason }) => [reason.code, reason.params.indices])).toEqual(expected.map((code) => [code, [name]]));
  });
});
