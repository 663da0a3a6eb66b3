import { describe, expect, it } from "vitest";
import { releaseClaims } from "../../../../infra/local/host/releaseClaims.ts";
import { memoryBlobStore } from "../../../../shared/adapters/memory/blobStore.ts";
import { jobLog } from "../../../../shared/jobs/log.ts";
import { reason } from "../../../../shared/model/reason.ts";
import { initState } from "../../../../shared/state/identity.ts";

const now = () => new Date();
const later = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();

async function stateWithClaim(until: string) {
  const state = memoryBlobStore({ bucket: new Map(), now });
  await initState(state, "id", now);
  const log = jobLog(state, { now }, { function: "advanceJobs", requestId: "r", nonce: "n" });
  const intent = { about: "a", asked: { by: "timer" as const, who: "t" }, patienceUntil: later(60), input: {} };
  await log.create("backup-nightly-1", intent, { state: "asked", reason: reason("backup.asked", { by: "timer" }), data: { attempt: 2 } });
  const created = await log.read("backup-nightly-1");
  if (created === undefined) throw new Error("no job");
  const claim = { effect: "startSnapshot", args: {}, attempt: 2, until };
  await log.append("backup-nightly-1", created.head, {
    state: "asked",
    reason: reason("backup.asked", { by: "timer" }),
    data: { attempt: 2 },
    claim,
  });
  return { state, head: async () => (await log.read("backup-nightly-1"))?.head };
}

describe("claims of a killed host", () => {
  it("expire at once, and the job keeps everything else", async () => {
    const { state, head } = await stateWithClaim(later(30));
    const before = await head();
    expect(await releaseClaims(state)).toEqual(["backup-nightly-1"]);
    const after = await head();
    expect(new Date(after?.claim?.until ?? "").getTime()).toBeLessThanOrEqual(Date.now());
    expect(after).toMatchObject({ seq: 2, state: before?.state, data: before?.data, reason: before?.reason });
    expect(after?.claim).toMatchObject({ effect: "startSnapshot", attempt: 2 });
  });

  it("are left unchanged if they have already expired", async () => {
    const { state, head } = await stateWithClaim(later(-1));
    expect(await releaseClaims(state)).toEqual([]);
    expect((await head())?.seq).toBe(1);
  });
});
