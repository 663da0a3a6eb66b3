import { describe, expect, it } from "vitest";
import type { MemoryCluster } from "../../../../shared/adapters/memory/cluster.ts";
import { cancelJob } from "../../../../shared/verbs/jobs/ask.ts";
import { freshWorld, tick, world } from "../../../world/moved.ts";
import { OPS } from "../../../world/nightly.ts";
import { asked, documentsIn, ended, given, look, start } from "./overWorld.ts";

const BEFORE = { state: "open", documents: documentsIn("snap-3"), aliases: ["films"], replicas: 1 };
const AFTER = { ...BEFORE, documents: documentsIn("snap-1"), replicas: 0 };

type Method = "moveAliases" | "closeBehind" | "restore" | "health";

/** Cancels the job around the call of this method, the first or second of its kind. */
function cancelAt(id: () => string, method: Method, when: "before" | "after", number = 1): void {
  const original = world.target[method] as (...args: unknown[]) => Promise<unknown>;
  let calls = 0;
  const cancelling = async (...args: unknown[]) => {
    calls += 1;
    if (calls !== number) return original(...args);
    const cancel = async () => void (await cancelJob(await world.open(), id(), OPS));
    if (when === "before") await cancel();
    const answer = await original(...args);
    if (when === "after") await cancel();
    return answer;
  };
  Object.assign(world.target, { [method]: cancelling } as Partial<MemoryCluster>);
}

async function cancelled(method: Method, when: "before" | "after", number?: number) {
  await given();
  let id = "";
  cancelAt(() => id, method, when, number);
  id = await start();
  return ended(id, 120);
}

describe("a cancelled restore over an index", () => {
  freshWorld({ targetVersion: "6.8.23", restorePolls: Number.POSITIVE_INFINITY });

  it("before its first look changes nothing", async () => {
    await given();
    const id = await start();
    await cancelJob(await world.open(), id, OPS);
    expect(await ended(id)).toMatchObject({ state: "cancelled", reason: { code: "job.cancelled" } });
    expect([await look(), asked()]).toEqual([BEFORE, []]);
  });

  it.each<[string, Method, "before" | "after", number?]>([
    ["before its alias is added", "moveAliases", "before"],
    ["after its alias was added", "moveAliases", "after"],
    ["before the index is closed", "closeBehind", "before"],
    ["after the index was closed", "closeBehind", "after"],
    ["before its alias is removed", "moveAliases", "before", 2],
    ["after its alias was removed", "moveAliases", "after", 2],
  ])("%s leaves the index as it was", async (_, method, when, number) => {
    expect(await cancelled(method, when, number)).toMatchObject({
      state: "cancelled",
      reason: { code: "job.cancelled" },
      result: { over: [] },
    });
    expect(await look()).toEqual(BEFORE);
  });

  it.each<[string, Method, "before" | "after"]>([
    ["while it is sent", "restore", "before"],
    ["after it was accepted", "restore", "after"],
  ])("%s finishes what it began, and says how what was there comes back", async (_, method, when) => {
    const done = await cancelled(method, when);
    expect(done).toMatchObject({
      state: "cancelled",
      reason: { code: "over.replaced", params: { because: "job.cancelled", way: "over.wayBack", keptAs: "snap-3" } },
      result: { over: [{ kept: { snapshot: "snap-3" } }] },
    });
    expect(await look()).toEqual(AFTER);
  });

  it("never deletes what it overwrote, even if no alias protects it", async () => {
    await given({ aliases: [] });
    const id = await start();
    await tick();
    await cancelJob(await world.open(), id, OPS);
    expect(await ended(id)).toMatchObject({ state: "cancelled", reason: { code: "over.replaced" } });
    expect([await look(), asked().includes("deleteIndex")]).toEqual([{ ...AFTER, aliases: [] }, false]);
  });

  it("while it runs waits for its end, and sets the replicas", async () => {
    await given();
    const id = await start({ replicas: 1 });
    await tick();
    await cancelJob(await world.open(), id, OPS);
    await tick();
    expect(await (await world.open()).log.done(id)).toBeUndefined();
    expect(await ended(id)).toMatchObject({ state: "cancelled", reason: { code: "over.replaced" } });
    expect(await look()).toEqual({ ...AFTER, replicas: 1 });
  });
});
