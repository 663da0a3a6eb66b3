import { randomUUID } from "node:crypto";
import { jobLog } from "../../../shared/jobs/log.ts";
import type { BlobStore } from "../../../shared/model/blobStore.ts";
import { openState } from "../../../shared/state/identity.ts";
import { stateKey } from "../../../shared/state/keys.ts";

/**
 * Expires the claims of a killed host's invocations now instead of after minutes. The host was the whole platform and its servers were
 * stopped after it, so no invocation is alive and no request is still in transit. Returns the ids of the jobs.
 */
export async function releaseClaims(state: BlobStore): Promise<string[]> {
  const { clock } = await openState(state, () => new Date());
  const log = jobLog(state, clock, { function: "local-host", requestId: "start", nonce: randomUUID() });
  const released: string[] = [];
  for (const id of await openJobs(state)) {
    const { head } = (await log.read(id)) ?? {};
    if (!head?.claim || new Date(head.claim.until) <= clock.now()) continue;
    const claim = { ...head.claim, until: clock.now().toISOString() };
    await log.append(id, head, { state: head.state, reason: head.reason, data: head.data, claim });
    released.push(id);
  }
  return released;
}

async function openJobs(state: BlobStore): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const { key } of state.list(stateKey.jobs)) ids.add(key.slice(stateKey.jobs.length).split("/")[0] ?? "");
  return ids;
}
