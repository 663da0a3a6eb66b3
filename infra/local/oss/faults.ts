import { setTimeout as sleep } from "node:timers/promises";
import { OssError } from "./http/ossError.ts";
import type { Target } from "./http/parseTarget.ts";

/** The requests to which a fault applies; omitted fields match everything. */
interface FaultMatch {
  method?: string;
  bucket?: string;
  /** A prefix or a regular expression; requests without a key (listings) never match it. */
  key?: string | RegExp;
  /** `PutObject`, `ListObjectsV2`, … */
  operation?: string;
}

/**
 * The kinds of faults with their parameters:
 * - `latency` waits `ms` before anything else
 * - `status` answers `status` with `code` and `message`, nothing is done
 * - `slowdown` 503 with `x-oss-qos-delay-time: delayMs`
 * - `cutBody` closes the connection after `afterBytes` of the response body; a response without a body is lost although the work is done
 * - `stallBody` the response pauses after `afterBytes` for `ms` (default: until the client or the server gives up)
 * - `lostEvent`, `lateEvent` (`ms`), `doubleEvent` affect the event of a write
 * - `deleteThenPut` overwriting leaves the object absent for `ms`, as with the Elasticsearch plugin for OSS
 */
interface FaultParams {
  latency: { ms: number };
  status: { status: number; code?: string; message?: string };
  slowdown: { delayMs?: number };
  cutBody: { afterBytes?: number };
  stallBody: { afterBytes?: number; ms?: number };
  lostEvent: Record<string, never>;
  lateEvent: { ms: number };
  doubleEvent: Record<string, never>;
  deleteThenPut: { ms: number };
}

type FaultKind = keyof FaultParams;

/** `times`: how often the fault applies before it is used up (default: unlimited). `params` is optional if all of its fields are. */
export type FaultSpec = { [Kind in FaultKind]: FaultOf<Kind> }[FaultKind];
type FaultOf<Kind extends FaultKind> = { match?: FaultMatch; times?: number; kind: Kind } & (Record<string, never> extends FaultParams[Kind]
  ? { params?: FaultParams[Kind] }
  : { params: FaultParams[Kind] });

/** One added fault. */
interface Fault {
  readonly spec: FaultSpec;
  /** How often it has applied. */
  readonly fired: number;
  remove(): void;
}

export interface Faults {
  /** Active immediately, until it has applied `times` times (default: unlimited). Earlier faults apply first. */
  add(spec: FaultSpec): Fault;
  /** Every fault since the last `clear`, including used-up ones, with its count. */
  fired(): { kind: FaultKind; match: FaultMatch; fired: number }[];
  clear(): void;
}

/** The server's interface: requests the next fault of a kind and counts it. */
export interface FaultBook extends Faults {
  strike<Kind extends FaultKind>(kind: Kind, target: Target): FaultParams[Kind] | undefined;
}

const QOS_DELAY_MS = 100;

export function createFaults(): FaultBook {
  let entries: { spec: FaultSpec; fired: number; removed: boolean }[] = [];
  return {
    add(spec) {
      const entry = { spec, fired: 0, removed: false };
      entries.push(entry);
      return {
        spec,
        get fired() {
          return entry.fired;
        },
        remove() {
          entry.removed = true;
        },
      };
    },
    fired: () => entries.map(({ spec, fired }) => ({ kind: spec.kind, match: spec.match ?? {}, fired })),
    clear() {
      entries = [];
    },
    strike<Kind extends FaultKind>(kind: Kind, target: Target) {
      const live = entries.filter((entry) => !entry.removed && entry.fired < (entry.spec.times ?? Number.POSITIVE_INFINITY));
      const found = live.find(({ spec }) => spec.kind === kind && matches(spec.match ?? {}, target));
      if (found === undefined) return undefined;
      found.fired += 1;
      return (found.spec.params ?? {}) as FaultParams[Kind];
    },
  };
}

/** Applies the faults that precede any work: may delay, may throw an error response. */
export async function strikeBeforeWork(faults: FaultBook, target: Target, signal: AbortSignal): Promise<void> {
  const latency = faults.strike("latency", target);
  if (latency !== undefined) await sleep(latency.ms, undefined, { signal });
  const broken = faults.strike("status", target);
  if (broken !== undefined) {
    const { status, code = "InternalError", message = "We encountered an internal error. Please try again." } = broken;
    throw new OssError(status, code, message);
  }
  const slowdown = faults.strike("slowdown", target);
  if (slowdown === undefined) return;
  const delay = String(slowdown.delayMs ?? QOS_DELAY_MS);
  throw new OssError(503, "SlowDown", "Please reduce your request rate.", { "x-oss-qos-delay-time": delay });
}

function matches(match: FaultMatch, target: Target): boolean {
  if (match.method !== undefined && match.method !== target.method) return false;
  if (match.bucket !== undefined && match.bucket !== target.bucket) return false;
  if (match.operation !== undefined && match.operation !== target.operation) return false;
  if (match.key === undefined) return true;
  if (target.key === "") return false;
  return typeof match.key === "string"
    ? target.key.startsWith(match.key)
    : new RegExp(match.key.source, match.key.flags.replace(/[gy]/g, "")).test(target.key);
}
