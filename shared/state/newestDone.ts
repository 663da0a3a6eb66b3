import type { BlobStore } from "../model/blobStore.ts";
import type { JobKindName } from "../model/jobId.ts";
import { stateKey } from "./keys.ts";

/** The keys of the newest final records of a kind, the newest first; records accumulate, so that only these should be read. */
export async function newestDone(state: BlobStore, kind: JobKindName, limit: number): Promise<string[]> {
  const listed: { key: string; at: number }[] = [];
  for await (const { key, lastModified } of state.list(stateKey.doneAll(kind))) listed.push({ key, at: lastModified?.getTime() ?? 0 });
  return listed
    .sort((a, b) => b.at - a.at)
    .slice(0, limit)
    .map(({ key }) => key);
}
