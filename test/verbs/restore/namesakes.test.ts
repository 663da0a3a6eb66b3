import { describe, expect, it } from "vitest";
import { preflightRestore, startRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { renamed, withUnlisted } from "../../format/changedRepositories.ts";
import { httpDoor } from "../../runtime/http/door.ts";
import { freshWorld, offer, restores, SNAP1, SNAP2, STEP2, tick, world } from "../../world/moved.ts";
import { MOVED } from "../../world/world.ts";

const OPS = { by: "person" as const, who: "ops" };
const REQUEST = { repository: "moved-movies", to: "target", indices: ["fx-orders"], replicas: 0 };
const refused = (checks: readonly { result: string; reason: { code: string } }[]) =>
  checks.flatMap(({ result, reason }) => (result === "refuse" ? [reason.code] : []));

describe("a restore of one of two snapshots with one name", () => {
  freshWorld();

  it("takes the uuid, and is refused because the cluster takes names only, in the dry run as in the run", async () => {
    await world.fill(MOVED, renamed(STEP2.blobs, "snap-2", "snap-1"));
    await expect(preflightRestore(await world.open(), { ...REQUEST, snapshot: "snap-1" })).rejects.toMatchObject({
      reason: { code: "snapshot.ambiguous" },
    });
    for (const { uuid } of [SNAP1, SNAP2]) {
      const report = await preflightRestore(await world.open(), { ...REQUEST, snapshot: uuid });
      expect([report.snapshot, report.verdict, refused(report.checks)]).toEqual([
        { name: "snap-1", uuid },
        "whole",
        ["snapshot.sharedName"],
      ]);
      const { status, body } = await httpDoor(world).ask("POST", "/restores", { body: { ...REQUEST, snapshot: uuid } });
      expect([status, body.snapshot]).toEqual([200, { name: "snap-1", uuid }]);
    }
    expect(await startRestore(await world.open(), { ...REQUEST, snapshot: SNAP1.uuid }, OPS)).toHaveProperty("refused");
    expect(restores()).toEqual([]);
  });

  it("is not started when the second one appears after the preflight", async () => {
    offer("snap-1", SNAP1.uuid);
    await world.fill(MOVED, STEP2.blobs);
    const outcome = await startRestore(await world.open(), { ...REQUEST, snapshot: "snap-1" }, OPS);
    expect(outcome).toHaveProperty("created");
    await world.fill(MOVED, renamed(STEP2.blobs, "snap-2", "snap-1"));
    await tick();
    await tick();
    expect(restores()).toEqual([]);
    const id = "created" in outcome && outcome.created.outcome !== "done" ? outcome.created.job.id : "";
    expect(await (await world.open()).log.done(id)).toMatchObject({ state: "refused" });
  });

  it("is verified by its uuid through HTTP", async () => {
    await world.fill(MOVED, renamed(STEP2.blobs, "snap-2", "snap-1"));
    const { ask } = httpDoor(world);
    const body = { repository: "moved-movies", snapshot: SNAP2.uuid };
    const { status } = await ask("POST", "/verifications", { body, headers: { "Idempotency-Key": "v1" } });
    expect(status).toBe(202);
    await tick();
    const [key = ""] = await world.stateKeys("done/verification/");
    const record = JSON.parse(Buffer.from((await world.blobs(world.config.state).get(key)) ?? []).toString());
    expect(record).toMatchObject({ state: "done", result: { verdicts: [{ uuid: SNAP2.uuid, verdict: "whole" }] } });
  });
});

describe("a restore from a root that names a snapshot which it does not list", () => {
  freshWorld({ targetVersion: "6.7.0" });

  it("is refused from 6.x on, where the cluster reads nothing of such a repository", async () => {
    await world.fill(MOVED, withUnlisted(STEP2.blobs));
    const report = await preflightRestore(await world.open(), { ...REQUEST, snapshot: "snap-1" });
    expect(refused(report.checks)).toEqual(["root.unlisted"]);
  });
});
