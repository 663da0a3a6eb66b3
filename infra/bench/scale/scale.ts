import { perBatchOf } from "../../../shared/verbs/copy/plan.ts";
import { PIECE_BLOBS_MAX, PIECE_BYTES_MAX } from "../../../shared/verbs/copy/planning/batches.ts";
import { TASKS_MAX } from "../../../shared/verbs/copy/stepBatches.ts";

const TIB = 1024 ** 4;
const LIST_KEYS = 1000;
const NIGHTS_PER_YEAR = 365;

/**
 * Upload to OSS per account: 20 Gbit/s in the large regions of China, 2 in small ones (OSS limits, December 2025). An instance of Function
 * Compute: 1 to 5 Gbit/s (limits of usage of 3.0); the copy goes in and out through it.
 */
export const GBITS = { largeRegion: 20, smallRegion: 2, instance: 1 };
/** Requests per second of an account (https://www.alibabacloud.com/help/en/oss/product-overview/limits). */
export const OSS_REQUESTS_PER_SECOND = 10_000;
/** Instances per region, by default (limits of usage of Function Compute 3.0). */
export const INSTANCES = 100;
/** What a request to OSS takes within a region, on paper. */
const REQUEST_MS = 20;

/** What stays in `live/` of an entry of ossnap.yaml without open jobs: three handled slots and a schedule; marks of a watch. */
export const LIVE_KEYS = { perPolicy: 4, perWatch: 8, others: 3 };

/** Bytes that one finished job leaves for ever: its final record and its history, as in test/golden/state/finished. */
export const LEFT_BYTES: Readonly<Record<string, number>> = {
  "done/backup": 553,
  "history/backup": 853,
  "done/prune": 455,
  "history/prune": 971,
  "done/copy": 444,
  "history/copy": 3742,
  "done/arrival": 665,
  "history/arrival": 811,
  "done/restore": 864,
  "history/restore": 2856,
  "done/retire": 470,
  "history/retire": 769,
  "done/verification": 590,
  "history/verification": 497,
  evidence: 412,
};
/** Of one night: of the policy's repository, and of what arrived. */
const VERDICTS = 2;

/** What a prune, `snapshots` and a dry run list of `evidence/` of so many years: all of it, unless they ask about one snapshot. */
export function evidenceListing(policies: number, years: number) {
  const pages = Math.ceil((growthPerYear(policies).evidence.objects * years) / LIST_KEYS);
  return { pages, seconds: Math.round((pages * REQUEST_MS) / 1000) };
}

/** Records of a copy's log: for each batch a claim, its task and its result; some for the plan and the root. */
const RECORDS = { perBatch: 3, others: 6 };
/** A record of a copy's log, which holds counters and at most four tasks. */
export const RECORD_BYTES = 1_500;

/** Pages of the one listing with which each invocation begins, and the most policies of one page. */
export function liveListing(policies: number, watches: number) {
  const keys = policies * LIVE_KEYS.perPolicy + watches * LIVE_KEYS.perWatch + LIVE_KEYS.others;
  const policiesOfOnePage = Math.floor((LIST_KEYS - LIVE_KEYS.others - watches * LIVE_KEYS.perWatch) / LIVE_KEYS.perPolicy);
  return { keys, pages: Math.ceil(keys / LIST_KEYS), policiesOfOnePage };
}

/** Hours that a copy's bytes take with so many instances, below an account's limit. */
export function copyHours(bytes: number, workers: number, regionGbits: number): number {
  const gbits = Math.min(workers * GBITS.instance, regionGbits);
  return rounded((bytes * 8) / (gbits * 1e9) / 3600);
}

/** What one copy job writes beside the blobs, if none of them are there yet. */
export function copyLog(blobs: number, bytes: number) {
  const pieces = Math.ceil(Math.max(blobs / PIECE_BLOBS_MAX, bytes / PIECE_BYTES_MAX));
  const batches = Math.ceil(pieces / perBatchOf(pieces));
  const records = batches * RECORDS.perBatch + RECORDS.others;
  return { pieces, batches, records, logKilobytes: Math.round((records * RECORD_BYTES) / 1024) };
}

/** Objects and bytes that a year of nights leaves in the state. */
export function growthPerYear(policies: number) {
  const nights = policies * NIGHTS_PER_YEAR;
  const of = (area: string) => {
    const kinds = Object.entries(LEFT_BYTES).filter(([name]) => name === area || name.startsWith(`${area}/`));
    return {
      objects: nights * kinds.length,
      megabytes: Math.round((nights * kinds.reduce((sum, [, bytes]) => sum + bytes, 0)) / 1024 ** 2),
    };
  };
  const verdicts = of("evidence");
  const evidence = { objects: verdicts.objects * VERDICTS, megabytes: verdicts.megabytes * VERDICTS };
  return { done: of("done"), history: of("history"), evidence };
}

/** Every figure of docs/scale.md that is arithmetic. */
export function benchScale() {
  return {
    liveListing: { policies200: liveListing(200, 10), policies1000: liveListing(1000, 10) },
    copyHoursOf10TiB: {
      [`workers${TASKS_MAX}`]: copyHours(10 * TIB, TASKS_MAX, GBITS.largeRegion),
      workers20: copyHours(10 * TIB, 20, GBITS.largeRegion),
      workers100: copyHours(10 * TIB, 100, GBITS.largeRegion),
      smallRegion: copyHours(10 * TIB, TASKS_MAX, GBITS.smallRegion),
    },
    copyLog: {
      blobs1M: copyLog(1_000_000, TIB),
      blobs10M: copyLog(10_000_000, 10 * TIB),
      bytes10TiB: copyLog(100_000, 10 * TIB),
    },
    evidenceListing: { years1: evidenceListing(200, 1), years10: evidenceListing(200, 10) },
    growthPerYear: { policies1: growthPerYear(1), policies200: growthPerYear(200) },
    copiesAtOnce: { most: Math.floor(INSTANCES / TASKS_MAX), requestsPerSecond: (INSTANCES * 8 * 1000) / REQUEST_MS },
    ossRequestsPerSecond: OSS_REQUESTS_PER_SECOND,
  };
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
