import { parseDigits, timeDigits } from "../model/restoredName.ts";

/** A task that writes blobs under names that Elasticsearch reuses, or may have sent such a write without receiving its answer. */
export interface WritingMark {
  /** The last instant at which one of its writes can reach the store. */
  until: Date;
  job: string;
  batch: string;
  key: string;
}

/**
 * How long a write can be under way. OSS and S3 reject a request that was signed more than 15 min earlier (RequestTimeTooSkewed,
 * https://help.aliyun.com/en/oss/support/0002-00000504); the rest is for its body and for the clocks.
 */
export const WRITE_MS_MAX = 20 * 60_000;

/** The last segment of a mark's key: everything is in the listing, so that a plan reads it without a request. */
export function writingLeaf({ until, job, batch }: Omit<WritingMark, "key">, nonce: string): string {
  return `${timeDigits(until)}~${job}~${batch}~${nonce}`;
}

export function parseWritingLeaf(leaf: string, key: string): WritingMark | undefined {
  const [, digits = "", job, batch] = /^(\d{17})~([^~]+)~([^~]+)~[^~]+$/.exec(leaf) ?? [];
  const until = parseDigits(digits);
  return until && job && batch ? { until, job, batch, key } : undefined;
}
