import { describe, expect, it } from "vitest";
import { preflightRestore, type RestoreRequestByHand } from "../../../shared/verbs/restore/askByHand.ts";
import { say } from "../../../shared/words/say.ts";
import { arrive, freshWorld, INDEX2, offer, SNAP2, STEP2, served, serveFirst, tick, world } from "../../world/moved.ts";
import { HOUR_MS, MINUTE_MS, MOVED } from "../../world/world.ts";

const REQUEST: RestoreRequestByHand = {
  ...{ snapshot: "snap-2", repository: "moved-movies", to: "target", indices: ["fx-orders"], alias: "orders", replicas: 0 },
};
const block = async (index: string, name: string, isSet: boolean) =>
  world.target.updateIndexSettings(index, { [`index.blocks.${name}`]: String(isSet) });

async function servedWithNext(): Promise<string> {
  await serveFirst();
  offer("snap-2", SNAP2.uuid);
  await world.fill(MOVED, STEP2.blobs);
  return (await served())[0]?.name ?? "";
}

async function ticks(count: number): Promise<void> {
  for (let look = 0; look < count; look += 1) {
    world.target.finishRestores();
    await tick();
    world.advance(MINUTE_MS);
  }
}

const aliasChecks = async () => (await preflightRestore(await world.open(), REQUEST)).checks.filter(({ check }) => check === "alias");

/** The preflight found nothing; the block is set while the restore runs. */
function blockDuringRestore(old: string): void {
  const { restore } = world.target;
  world.target.restore = async (request) => {
    await restore(request);
    await block(old, "read_only", true);
  };
}

/** The reasons of the only open restore. */
async function openReason(): Promise<string[]> {
  const { log } = await world.open();
  const ids = (await world.stateKeys("live/jobs/restore-")).map((key) => key.split("/")[2] ?? "");
  const jobs = await Promise.all([...new Set(ids)].map((id) => log.read(id)));
  return jobs.flatMap((job) => (job ? [job.head.reason.code] : []));
}

describe("a restore whose alias is on a blocked index", () => {
  freshWorld({ targetVersion: "6.7.0" });

  it.each(["read_only", "read_only_allow_delete", "metadata"])("(%s) is refused before it begins, and the index is named", async (name) => {
    const old = await servedWithNext();
    await block(old, name, true);
    const [check] = await aliasChecks();
    expect([check?.result, check?.reason.code]).toEqual(["refuse", "alias.blocked"]);
    expect(check && say(check.reason)).toContain(`set index.blocks.${name} to false (PUT /${old}/_settings)`);
    await block(old, name, false);
    expect((await aliasChecks()).map(({ result }) => result)).toEqual(["ok"]);
  });

  it("is not refused for a block of the documents", async () => {
    await block(await servedWithNext(), "write", true);
    expect((await aliasChecks()).map(({ result }) => result)).toEqual(["ok"]);
  });

  it("keeps the restored index while the block lasts, and moves the alias when it is removed", async () => {
    const old = await servedWithNext();
    blockDuringRestore(old);
    await arrive(INDEX2);
    await ticks(6);
    expect([(await served()).map(({ name }) => name), await openReason()]).toEqual([[old], ["alias.blocked"]]);
    await block(old, "read_only", false);
    await ticks(3);
    const now = (await served()).map(({ name }) => name);
    expect([now.length, now.includes(old)]).toEqual([1, false]);
  });

  it("is tried again if the block is set between the look and the swap", async () => {
    const old = await servedWithNext();
    const { moveAliases } = world.target;
    let isSet = false;
    world.target.moveAliases = async (...args) => {
      if (!isSet) await block(old, "read_only", true);
      isSet = true;
      return moveAliases(...args);
    };
    await arrive(INDEX2);
    await ticks(6);
    expect([isSet, (await served()).map(({ name }) => name), await openReason()]).toEqual([true, [old], ["alias.blocked"]]);
    await block(old, "read_only", false);
    await ticks(6);
    expect((await served()).length).toBe(1);
  });

  it("fails when its patience ends, names the blocked index, and leaves the one that served", async () => {
    const old = await servedWithNext();
    blockDuringRestore(old);
    await arrive(INDEX2);
    await ticks(6);
    world.advance(5 * HOUR_MS);
    await ticks(6);
    expect((await served()).map(({ name }) => name)).toEqual([old]);
    const failed = world.notices.find(({ code }) => code === "restore.failed");
    expect(failed?.text).toContain(`while ${old} has the block index.blocks.read_only`);
  });
});

describe("an index that served before and is read-only when its time is over", () => {
  freshWorld({ targetVersion: "6.7.0" });

  it("is deleted when the block is removed", async () => {
    const old = await servedWithNext();
    await arrive(INDEX2);
    await ticks(6);
    await block(old, "read_only", true);
    const isThere = async () => (await world.target.listIndices()).some(({ name }) => name === old);
    // The watch keeps it for a day.
    world.advance(49 * HOUR_MS);
    await ticks(6);
    expect(await isThere()).toBe(true);
    await block(old, "read_only", false);
    await ticks(30);
    expect(await isThere()).toBe(false);
  });
});
