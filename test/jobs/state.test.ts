import { describe, expect, it } from "vitest";
import { memoryBlobStore } from "../../shared/adapters/memory/blobStore.ts";
import { initState, openState } from "../../shared/jobs/state.ts";
import { say } from "../../shared/words/say.ts";

const NOW = new Date("2026-11-21T01:30:00Z");
const now = () => NOW;
const store = (offsetMs = 0) => memoryBlobStore({ now: () => new Date(NOW.getTime() + offsetMs) });
const put = (state: ReturnType<typeof store>, text: string) => state.put("state.json", Buffer.from(text));

describe("the state's identity", () => {
  it("invariant 9: lost state is not empty state; without the identity nothing opens, and the way out is named", async () => {
    const state = store();
    await state.put("live/jobs/backup-a-b/000000.json", Buffer.from("{}"));
    await expect(openState(state, now)).rejects.toMatchObject({
      code: "absent",
      reason: { code: "state.absent" },
      message: expect.stringContaining("ossnap init"),
    });
  });

  it("is written once and found again", async () => {
    const state = store();
    expect(await initState(state, "one", now)).toMatchObject({ created: true, identity: { id: "one" } });
    expect(await initState(state, "two", now)).toMatchObject({ created: false, identity: { id: "one" } });
    expect((await openState(state, now)).identity).toMatchObject({ product: "ossnap", id: "one", schema: 1 });
  });

  it.each([
    ["not JSON", "<html>", "state.foreign"],
    ["another product's", '{"product":"other","schema":1}', "state.foreign"],
    ["without an id", '{"product":"ossnap","schema":1}', "state.foreign"],
    ["of a newer schema", '{"product":"ossnap","schema":2,"id":"a","createdAt":"b"}', "state.newer"],
  ])("is refused when it is %s", async (_, text, code) => {
    const state = store();
    await put(state, text);
    await expect(openState(state, now)).rejects.toMatchObject({ code: "invalid", reason: { code } });
    await expect(initState(state, "one", now)).rejects.toMatchObject({ reason: { code } });
  });
});

describe("the state's clock", () => {
  it.each([301_000, -301_000, 3_600_000])("is refused when this machine is %i ms off", async (offsetMs) => {
    const error = await initState(store(offsetMs), "one", now).catch((thrown: unknown) => thrown as { reason: Parameters<typeof say>[0] });
    expect(error).toMatchObject({ code: "conflict", reason: { code: "clock.skew" } });
    expect(say((error as { reason: Parameters<typeof say>[0] }).reason)).toContain(String(-offsetMs / 1000));
  });

  it.each([
    ["a minute ahead", 60_000, 60_000],
    ["299 s behind", -299_000, -299_000],
    // The Date header has whole seconds.
    ["a rounding off", 900, 0],
  ])("is the store's when that is %s", async (_, offsetMs, carriedMs) => {
    const state = store(offsetMs);
    await initState(state, "one", now);
    const { clock } = await openState(state, now);
    expect(clock.now().getTime() - NOW.getTime()).toBe(carriedMs);
  });
});
