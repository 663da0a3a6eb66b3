import { AppError } from "../../shared/model/errors.ts";
import type { Actor, Request, Verdict } from "./kernel.ts";
import type { Random } from "./random.ts";

const MINUTE_MS = 60_000;

/** Faults of a request. */
const REQUEST_FAULTS = [
  "transient",
  "throttled",
  "denied",
  "outage",
  "lost",
  "late",
  "cut",
  "stall",
  "kill",
  "freezeBefore",
  "freezeAfter",
] as const;
/** Faults in the delivery of a trigger. */
const DELIVERY_FAULTS = [
  "timerLost",
  "timerTwice",
  "timerLate",
  "eventLost",
  "eventTwice",
  "eventLate",
  "taskTwice",
  "retried",
  "timedOut",
  "requestRepeated",
] as const;

type RequestFault = (typeof REQUEST_FAULTS)[number];
type DeliveryFault = (typeof DELIVERY_FAULTS)[number];
export type FaultName = RequestFault | DeliveryFault;
export const FAULT_NAMES: readonly FaultName[] = [...REQUEST_FAULTS, ...DELIVERY_FAULTS];

/** The probability of each fault per request or delivery, if it is enabled. */
const RATES: Record<FaultName, number> = {
  transient: 0.01,
  throttled: 0.005,
  denied: 0.0005,
  outage: 0.0005,
  lost: 0.02,
  late: 0.006,
  cut: 0.02,
  stall: 0.01,
  kill: 0.004,
  freezeBefore: 0.002,
  freezeAfter: 0.002,
  timerLost: 0.15,
  timerTwice: 0.15,
  timerLate: 0.1,
  eventLost: 0.25,
  eventTwice: 0.25,
  eventLate: 0.25,
  taskTwice: 0.15,
  retried: 0,
  timedOut: 0,
  requestRepeated: 0.3,
};

/** Writes are few, but everything important happens around them. */
const WRITE_WEIGHT = 5;
const FREEZE_MS_MAX = 70 * MINUTE_MS;
const LATE_MS_MAX = 60 * MINUTE_MS;
/**
 * OSS and S3 reject a request that was signed more than 15 min before it arrives (RequestTimeTooSkewed,
 * https://help.aliyun.com/en/oss/support/0002-00000504); its body may take some time more. Elasticsearch's requests have no time.
 */
const SIGNED_MS_MAX = 19 * MINUTE_MS;

export interface Faults {
  decide(actor: Actor, request: Request<unknown>, nowMs: number): Verdict;
  /** Whether this fault affects a delivery now. */
  strikes(fault: DeliveryFault): boolean;
  count(fault: FaultName): void;
  stop(): void;
  readonly fired: Record<FaultName, number>;
}

export function noFaults(): Faults {
  const fired = none();
  return {
    fired,
    decide: () => ({ do: "proceed" }),
    strikes: () => false,
    count(fault) {
      fired[fault] += 1;
    },
    stop: () => undefined,
  };
}

/** Each seed enables a subset of the faults at varying rates, so that combinations that need another fault to be absent occur too. */
export function randomFaults(random: Random, secret: string): Faults {
  const fired = none();
  const rates = Object.fromEntries(
    FAULT_NAMES.map((fault) => [fault, random.chance(0.6) ? RATES[fault] * random.pick([0.3, 1, 1, 2]) : 0]),
  ) as Record<FaultName, number>;
  const outages = new Map<string, { untilMs: number; code: "denied" | "transient" }>();
  let stopped = false;

  function begin(fault: RequestFault, request: Request<unknown>, nowMs: number): Verdict {
    const broken = (code: "transient" | "denied") => troubleOf(request, code, secret);
    if (fault === "transient") return { do: "fail", fault, error: broken("transient") };
    if (fault === "throttled")
      return {
        do: "fail",
        fault,
        error: new AppError("transient", `${request.port}: slow down`, { retryAfterMs: random.between(100, 20_000) }),
      };
    if (fault === "denied" || fault === "outage") {
      const code = fault === "denied" ? "denied" : "transient";
      outages.set(request.port, { untilMs: nowMs + random.between(1, 12) * MINUTE_MS, code });
      return { do: "fail", fault, error: broken(code) };
    }
    if (fault === "lost") return { do: "lose", error: broken("transient") };
    if (fault === "late") {
      const mostMs = Math.min(random.pick([30_000, 300_000, LATE_MS_MAX]), isSigned(request) ? SIGNED_MS_MAX : LATE_MS_MAX);
      return { do: "late", ms: random.between(1_000, mostMs), error: broken("transient") };
    }
    if (fault === "stall") return { do: "stall", ms: random.between(1000, random.pick([5_000, 60_000])) };
    if (fault === "cut") return { do: "cut" };
    if (fault === "kill") return { do: "kill" };
    const when = fault === "freezeBefore" ? "before" : "after";
    const ms = random.between(10_000, random.pick([180_000, 1_200_000, FREEZE_MS_MAX]));
    const isExpired = when === "before" && ms > SIGNED_MS_MAX && isSigned(request);
    return { do: "freeze", ms, when, expired: isExpired ? broken("denied") : undefined };
  }

  return {
    fired,
    count(fault) {
      fired[fault] += 1;
    },
    decide(_actor, request, nowMs) {
      if (stopped || request.port === "sleep") return { do: "proceed" };
      const outage = outages.get(request.port);
      if (outage && outage.untilMs > nowMs) return { do: "fail", fault: outage.code, error: troubleOf(request, outage.code, secret) };
      for (const fault of REQUEST_FAULTS) {
        if (!applies(fault, request) || !random.chance(rates[fault] * (request.writes ? WRITE_WEIGHT : 1))) continue;
        fired[fault] += 1;
        return begin(fault, request, nowMs);
      }
      return { do: "proceed" };
    },
    strikes(fault) {
      if (stopped || !random.chance(rates[fault])) return false;
      fired[fault] += 1;
      return true;
    },
    stop: () => {
      stopped = true;
    },
  };
}

function isSigned({ port }: Request<unknown>): boolean {
  return port === "state" || port.startsWith("oss:") || port.startsWith("s3:");
}

/** A write may land late if it was already sent; a read has no effect that could be late. */
function applies(fault: RequestFault, request: Request<unknown>): boolean {
  if (fault === "late" || fault === "lost") return request.writes;
  return fault !== "cut" || request.half !== undefined;
}

/** Some clients include their arguments in error messages. */
function troubleOf({ port, call, subject }: Request<unknown>, code: "transient" | "denied", secret: string): AppError {
  return new AppError(code, `${port}: ${call} ${subject}: ${code} (planted; signed with ${secret})`);
}

function none(): Record<FaultName, number> {
  return Object.fromEntries(FAULT_NAMES.map((fault) => [fault, 0])) as Record<FaultName, number>;
}
