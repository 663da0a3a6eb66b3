import { stringify } from "yaml";
import type { Config } from "../../shared/model/config.ts";
import type { OssTrigger, TimerTrigger } from "./serverlessSchema.ts";

export interface Timers {
  createSnapshots: TimerTrigger[];
  pruneSnapshots: TimerTrigger[];
  advanceJobs: TimerTrigger[];
}

/** The events that create a copied blob; `ObjectCreated:*` would also fire for each uploaded part. */
export const COPIED_EVENTS = ["oss:ObjectCreated:PutObject", "oss:ObjectCreated:CompleteMultipartUpload", "oss:ObjectCreated:CopyObject"];

/** The timers that ossnap.yaml requires: one per policy, one per pruned policy, and the tick. */
export function timersFor(config: Config): Timers {
  const policies = Object.entries(config.backups);
  return {
    createSnapshots: policies.map(([policy, { schedule }]) => timerOf(policy, schedule.cron, schedule.timeZone)),
    pruneSnapshots: policies.flatMap(([policy, { schedule, prune }]) =>
      prune === undefined ? [] : [timerOf(policy, prune.cron, schedule.timeZone)],
    ),
    advanceJobs: [{ triggerName: "every-minute", triggerType: "timer", triggerConfig: { enable: true, cronExpression: "@every 1m" } }],
  };
}

/** Function Compute interprets a cron in UTC unless a zone precedes it. */
function timerOf(policy: string, cron: string, timeZone: string): TimerTrigger {
  const triggerConfig = { enable: true, cronExpression: `CRON_TZ=${timeZone} ${cron}`, payload: JSON.stringify({ policy }) };
  return { triggerName: policy, triggerType: "timer", triggerConfig };
}

/**
 * One trigger per watch on OSS in the functions' region (native triggers do not work across regions).
 * The prefix matches every root blob (`index-7`, `index.latest`, `index`) and nothing below `indices/`; Function Compute takes a prefix
 * alone, and the role that invokes the function is created by fc3 unless the trigger names one.
 */
export function watchTriggersFor(config: Config, region: string): OssTrigger[] {
  return Object.entries(config.watches)
    .filter(([, { blobs }]) => blobs.store === "oss" && (blobs.region ?? region) === region)
    .map(([watch, { blobs }]) => ({
      triggerName: watch,
      triggerType: "oss",
      sourceArn: `acs:oss:\${vars.region}:\${env('ACCOUNT_ID')}:${blobs.bucket}`,
      triggerConfig: {
        events: COPIED_EVENTS,
        filter: { key: { prefix: blobs.basePath === "" ? "index" : `${blobs.basePath}/index` } },
      },
    }));
}

/** Ready to paste under `triggers:`. */
export function triggerYaml(trigger: TimerTrigger | OssTrigger): string {
  return stringify([trigger], { lineWidth: 0 }).trimEnd();
}
