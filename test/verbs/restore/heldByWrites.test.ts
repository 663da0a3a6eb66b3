import { describe, expect, it } from "vitest";
import { resumeJob } from "../../../shared/verbs/jobs/ask.ts";
import { arrive, freshWorld, INDEX2, offer, SNAP2, STEP2, served, serveFirst, settle, world } from "../../world/moved.ts";
import { OPS } from "../../world/nightly.ts";
import { HOUR_MS, MOVED } from "../../world/world.ts";

/** Snap-1 serves; snap-2 arrives, and is restored beside it. */
async function secondArrives(): Promise<void> {
  offer("snap-2", SNAP2.uuid);
  await world.fill(MOVED, STEP2.blobs);
  await arrive(INDEX2);
  await settle();
}

const openRestore = async () => {
  const [key = ""] = (await world.stateKeys("live/jobs/")).filter((one) => one.includes("/restore-"));
  const job = await (await world.open()).log.read(key.split("/")[2] ?? "");
  if (!job) throw new Error("no restore is open");
  return job;
};
const serves = async () => (await served()).map(({ name }) => name.slice(0, 27));
const [FIRST, SECOND] = ["fx-orders-20261121010006531", "fx-orders-20261121010006719"];

describe.each(["5.5.3", "6.8.23"])("a watch's restore on %s", (targetVersion) => {
  freshWorld({ targetVersion });

  it("moves the alias by itself when nothing was written to what serves", async () => {
    await serveFirst();
    await secondArrives();
    expect(await serves()).toEqual([SECOND]);
  });

  it("stops before the swap after writes, tells it, and goes on when a person says so", async () => {
    await serveFirst();
    const [index] = await served();
    world.target.writeDocuments(index?.name ?? "", ["written-1", "written-2"]);
    await secondArrives();
    expect(await serves()).toEqual([FIRST]);
    const job = await openRestore();
    expect(job.head).toMatchObject({
      state: "restored",
      reason: { code: "restore.writtenSince", params: { writes: 2, index: index?.name } },
    });
    const told = () => world.notices.filter(({ key }) => key === "restore-held:moved").map(({ status }) => status);
    expect(told()).toEqual(["firing"]);
    await resumeJob(await world.open(), job.id, OPS);
    await settle();
    expect(await serves()).toEqual([SECOND]);
    expect(told()).toEqual(["firing", "resolved"]);
  });

  it("gives up when nobody says so within its patience, and leaves what serves", async () => {
    await serveFirst();
    const [index] = await served();
    world.target.writeDocuments(index?.name ?? "", ["written-1"]);
    await secondArrives();
    const { id } = await openRestore();
    world.advance(5 * HOUR_MS);
    await settle();
    expect((await (await world.open()).log.done(id))?.state).toBe("failed");
    expect(await serves()).toEqual([FIRST]);
    expect((await world.target.listIndices()).map(({ name }) => name)).toEqual([index?.name]);
  });

  it("is not resumed while it does not wait for a person", async () => {
    await serveFirst();
    const id = (await world.stateKeys("done/restore/"))[0]?.slice("done/restore/".length, -".json".length) ?? "";
    await expect(resumeJob(await world.open(), id, OPS)).rejects.toMatchObject({ code: "conflict", reason: { code: "job.notHeld" } });
  });
});
