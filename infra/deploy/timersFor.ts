import { stringify } from "yaml";
import type { Config } from "../../shared/model/config.ts";
import {
  type PolicySchedule,
  type PolicySchedules,
  type SharedTimer,
  schedulesOf,
  sharedTimers,
  TIMERS_MAX,
} from "../../shared/plan/slots.ts";
import type { OssTrigger, TimerTrigger } from "./serverlessSchema.ts";

export interface Timers {
  createSnapshots: TimerTrigger[];
  pruneSnapshots: TimerTrigger[];
  advanceJobs: TimerTrigger[];
}

/** The events that create a copied blob; `ObjectCreated:*` would also fire for each uploaded part. */
export const COPIED_EVENTS = ["oss:ObjectCreated:PutObject", "oss:ObjectCreated:CompleteMultipartUpload", "oss:ObjectCreated:CopyObject"];

/**
 * The timers that ossnap.yaml requires: one per distinct cron and zone, named after the first policy that it starts, and the tick. Function
 * Compute takes the first {@link TIMERS_MAX} of a function; the tick starts what the others would.
 */
export function timersFor(config: Config): Timers {
  const schedules = schedulesOf(config);
  return {
    createSnapshots: sharedTimers(schedules.createSnapshots).slice(0, TIMERS_MAX).map(timerOf),
    pruneSnapshots: sharedTimers(schedules.pruneSnapshots).slice(0, TIMERS_MAX).map(timerOf),
    advanceJobs: [{ triggerName: "every-minute", triggerType: "timer", triggerConfig: { enable: true, cronExpression: "@every 1m" } }],
  };
}

/** The policies of both functions that no timer starts, because Function Compute takes no more; they start with the next tick. */
export function withoutTimer(config: Config): Record<keyof PolicySchedules, string[]> {
  const schedules = schedulesOf(config);
  const without = (of: readonly PolicySchedule[]) =>
    sharedTimers(of)
      .slice(TIMERS_MAX)
      .flatMap(({ policies }) => policies);
  return { createSnapshots: without(schedules.createSnapshots), pruneSnapshots: without(schedules.pruneSnapshots) };
}

/** Function Compute interprets a cron in UTC unless a zone precedes it. */
function timerOf({ cron, timeZone, policies }: SharedTimer): TimerTrigger {
  const triggerConfig = { enable: true, cronExpression: `CRON_TZ=${timeZone} ${cron}` };
  return { triggerName: policies[0] ?? "", triggerType: "timer", triggerConfig };
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

/** What the configuration needs of the function that deploys a bundle, such as `onCopiedBlob`; HTTP triggers are no matter of it. */
export function triggersFor(bundle: string, config: Config, region: string): (TimerTrigger | OssTrigger)[] {
  const timers = Object.entries(timersFor(config)).find(([name]) => name === bundle)?.[1] ?? [];
  return [...timers, ...(bundle === "onCopiedBlob" ? watchTriggersFor(config, region) : [])];
}

/** Ready to paste under `triggers:`. */
export function triggerYaml(trigger: TimerTrigger | OssTrigger): string {
  return stringify([trigger], { lineWidth: 0 }).trimEnd();
}
