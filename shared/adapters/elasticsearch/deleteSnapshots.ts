import * as z from "zod";
import { AppError } from "../../model/errors.ts";
import { percentEncoded } from "../../model/plainText.ts";
import type { ElasticsearchClient } from "./client.ts";
import { faultOf } from "./errors/errors.ts";

/** 7.10 answers `too_long_frame` to a request line over 4096 bytes, which includes method, encoding and protocol. */
const PATH_BYTES_MAX = 3_900;
/** First version that accepts several names in one delete; 2.x to 7.7 read `a,b` as one name. */
const MULTIPLE_SINCE = [7, 8] as const;

const acknowledged = z.object({ acknowledged: z.boolean() });
const namesAnswer = z.object({ snapshots: z.array(z.object({ snapshot: z.string() })).default([]) });

interface Deletion {
  repository: string;
  snapshots: string[];
  /** How long the response of one request is waited for. */
  answerMs?: number | undefined;
}

/**
 * Deletes in as few requests as the version and the request line allow; a name that does not exist counts as deleted.
 * Errors: `invalid` for several names before 7.8, in which case nothing is deleted.
 */
export async function deleteSnapshots(client: ElasticsearchClient, version: () => Promise<string>, deletion: Deletion): Promise<void> {
  const { repository, answerMs } = deletion;
  const snapshots = [...new Set(deletion.snapshots)];
  if (snapshots.length > 1 && !supportsMultiDelete(await version()))
    throw new AppError(
      "invalid",
      `cluster ${client.name}: snapshots of ${repository}: before 7.8 one name per call can be deleted, not ${snapshots.length}`,
    );
  for (const batch of batches(`/_snapshot/${percentEncoded(repository)}/`, snapshots))
    await deleteBatch(client, { repository, snapshots: batch, answerMs });
}

/** Splits names that are joined by commas, by the bytes of the encoded path; `before` stands in front of them. */
export function batches(before: string, names: readonly string[]): string[][] {
  const result: string[][] = [];
  let usedBytes = Number.POSITIVE_INFINITY;
  for (const name of names) {
    // The comma between two names is encoded too.
    const bytes = percentEncoded(`${name},`).length;
    if (usedBytes + bytes > PATH_BYTES_MAX) {
      result.push([]);
      usedBytes = before.length;
    }
    result.at(-1)?.push(name);
    usedBytes += bytes;
  }
  return result;
}

async function deleteBatch(client: ElasticsearchClient, deletion: Deletion): Promise<void> {
  try {
    await requestDeletion(client, deletion);
  } catch (error) {
    if (faultOf(error)?.type !== "snapshot_missing_exception") throw error;
    if (deletion.snapshots.length === 1) return;
    // If one name is missing, the server deletes none of the others.
    const { repository, answerMs } = deletion;
    const there = await listNames(client, repository);
    const snapshots = deletion.snapshots.filter((snapshot) => there.has(snapshot));
    if (snapshots.length > 0) await requestDeletion(client, { repository, snapshots, answerMs });
  }
}

async function requestDeletion(client: ElasticsearchClient, { repository, snapshots, answerMs }: Deletion): Promise<void> {
  const names = snapshots.join(",");
  const subject = `snapshot ${repository}:${names}`;
  const call = { subject, method: "DELETE" as const, path: ["_snapshot", repository, names] };
  const answer = await client.request(acknowledged, { ...call, ...(answerMs !== undefined && { answerMs }) });
  if (!answer.acknowledged) throw new AppError("transient", `cluster ${client.name}: ${subject}: the deletion was not acknowledged`);
}

/** Reads names only, which come from the repository's root, so that a snapshot with a missing blob can be deleted too. */
async function listNames(client: ElasticsearchClient, repository: string): Promise<Set<string>> {
  const answer = await client.request(namesAnswer, {
    subject: `snapshots of repository ${repository}`,
    method: "GET",
    path: ["_snapshot", repository, "_all"],
    answer: "large",
    query: { verbose: false },
  });
  return new Set(answer.snapshots.map(({ snapshot }) => snapshot));
}

function supportsMultiDelete(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > MULTIPLE_SINCE[0] || (major === MULTIPLE_SINCE[0] && minor >= MULTIPLE_SINCE[1]);
}
