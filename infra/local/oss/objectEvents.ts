import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { FaultBook } from "./faults.ts";
import type { CreatedObject } from "./http/exchange.ts";
import type { Target } from "./http/parseTarget.ts";

/** Configured like an OSS trigger; the host may add its own fields, because it receives the same object back. */
export interface EventRule {
  bucket: string;
  prefix: string;
  suffix: string;
  /** `oss:ObjectCreated:PutObject`, …, `oss:ObjectCreated:*`; the `oss:` is optional. */
  events: readonly string[];
}

/** The body that Function Compute passes to a function (https://help.aliyun.com/document_detail/70140.html). */
export interface OssEvent {
  events: OssEventRecord[];
}

interface OssEventRecord {
  eventName: string;
  eventSource: "acs:oss";
  /** ISO 8601, whole seconds with `.000Z`. */
  eventTime: string;
  eventVersion: "1.0";
  oss: {
    bucket: { arn: string; name: string; ownerIdentity: string; virtualBucket: string };
    object: { deltaSize: number; eTag: string; key: string; size: number };
    ossSchemaVersion: "1.0";
    ruleId: string;
  };
  region: string;
  requestParameters: { sourceIPAddress: string };
  responseElements: { requestId: string };
  userIdentity: { principalId: string };
}

interface EventOptions<Rule extends EventRule> {
  rules: readonly Rule[];
  /** Called once per delivery, never awaited by the request; an error it throws becomes an unhandled rejection. */
  onEvent(rule: Rule, event: OssEvent): void | Promise<void>;
  region: string;
  accountId: string;
  faults: FaultBook;
  /** Late events are dropped when it is aborted. */
  signal: AbortSignal;
}

interface Origin {
  requestId: string;
  sourceAddress: string;
  time: Date;
}

/** Delivers the event of a new object to every matching rule and applies the planned faults. */
export function createEventSender<Rule extends EventRule>(options: EventOptions<Rule>) {
  return (target: Target, created: CreatedObject, origin: Origin): void => {
    for (const rule of options.rules) {
      if (matches(rule, created)) void deliver(options, rule, target, eventOf(options, rule, created, origin));
    }
  };
}

async function deliver<Rule extends EventRule>(options: EventOptions<Rule>, rule: Rule, target: Target, event: OssEvent): Promise<void> {
  const { faults, signal } = options;
  if (faults.strike("lostEvent", target) !== undefined) return;
  const times = faults.strike("doubleEvent", target) === undefined ? 1 : 2;
  const late = faults.strike("lateEvent", target);
  if (late !== undefined && !(await passes(late.ms, signal))) return;
  // Each delivery gets a copy, as if parsed from its own request body.
  const deliveries = Array.from({ length: times }, async () => options.onEvent(rule, structuredClone(event)));
  await Promise.all(deliveries);
}

/** `false` when the server closed before the time was over. */
function passes(ms: number, signal: AbortSignal): Promise<boolean> {
  return sleep(ms, true, { signal }).catch(() => false);
}

function matches(rule: EventRule, { bucket, key, eventName }: CreatedObject): boolean {
  const names = rule.events.map((name) => name.replace(/^oss:/, ""));
  const isWatched = names.includes(eventName) || names.includes("ObjectCreated:*");
  return isWatched && rule.bucket === bucket && key.startsWith(rule.prefix) && key.endsWith(rule.suffix);
}

function eventOf(options: { region: string; accountId: string }, rule: EventRule, created: CreatedObject, origin: Origin): OssEvent {
  const { region, accountId } = options;
  const { bucket, key, eventName, etag, sizeBytes, previousSizeBytes } = created;
  const record: OssEventRecord = {
    eventName,
    eventSource: "acs:oss",
    eventTime: `${origin.time.toISOString().slice(0, 19)}.000Z`,
    eventVersion: "1.0",
    oss: {
      bucket: { arn: `acs:oss:${region}:${accountId}:${bucket}`, name: bucket, ownerIdentity: accountId, virtualBucket: "" },
      object: { deltaSize: sizeBytes - previousSizeBytes, eTag: etag, key, size: sizeBytes },
      ossSchemaVersion: "1.0",
      ruleId: createHash("sha1")
        .update(JSON.stringify([rule.bucket, rule.prefix, rule.suffix, rule.events]))
        .digest("hex"),
    },
    region,
    requestParameters: { sourceIPAddress: origin.sourceAddress },
    responseElements: { requestId: origin.requestId },
    userIdentity: { principalId: accountId },
  };
  return { events: [record] };
}
