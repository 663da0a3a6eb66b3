import { Cron } from "croner";
import { AppError, messageOf } from "../../../shared/model/errors.ts";
import type { AsyncTicket, FunctionHost } from "./host.ts";

/** Node fires a longer timer immediately. */
const WAIT_MS_MAX = 2 ** 31 - 1;
const UNIT_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const EVERY_PATTERN = /^@every (\d+)([smhd])$/;
const CRON_PATTERN = /^(?:CRON_TZ=(\S+) )?(\S+(?: \S+){5})$/;

/** A timer trigger as defined in s.yaml. */
export interface TimerTrigger {
  functionName: string;
  name: string;
  /** `CRON_TZ=Asia/Shanghai 0 30 1 * * *` (six fields, UTC without a zone) or `@every 1m`. */
  cron: string;
  /** Passed unchanged, as a string within the event. */
  payload: string;
}

export interface Timers {
  close(): void;
}

export interface TimersOptions {
  host: FunctionHost;
  triggers: readonly TimerTrigger[];
  /** Called for an event that the host rejected; without it the fault ends the program. */
  onError?: ((error: Error) => void) | undefined;
}

/** Fires every trigger in real time; events carry the exact scheduled times. Errors: `invalid` with the trigger of an unparsable cron. */
export function startTimers({ host, triggers, onError }: TimersOptions): Timers {
  // All are parsed before the first one starts, so that an invalid one leaves no timer behind.
  const schedules = triggers.map((trigger) => ({ trigger, next: scheduleOf(trigger) }));
  const stops = schedules.map(({ trigger, next }) =>
    repeat(next, (due) => {
      fireTimer(host, trigger, due).catch((cause: unknown) => {
        const error = new AppError("permanent", `timer ${trigger.name} of ${trigger.functionName}: ${messageOf(cause)}`, { cause });
        if (onError === undefined) throw error;
        onError(error);
      });
    }),
  );
  return {
    close() {
      for (const stop of stops) stop();
    },
  };
}

/** Delivers one timer event as of `triggerTime`, for nights that are played in fast motion. Errors: as `invokeAsync`. */
export async function fireTimer(host: FunctionHost, trigger: Omit<TimerTrigger, "cron">, triggerTime: Date): Promise<AsyncTicket> {
  const event = { triggerTime: `${triggerTime.toISOString().slice(0, 19)}Z`, triggerName: trigger.name, payload: trigger.payload };
  return await host.invokeAsync(trigger.functionName, event);
}

/** The first scheduled time after the given one. Errors: `invalid` when the cron cannot be parsed or never fires. */
export function scheduleOf({ functionName, name, cron }: TimerTrigger): (after: Date) => Date {
  const wrong = (fault: string, cause?: unknown) =>
    new AppError("invalid", `timer ${name} of ${functionName}: cron "${cron}" ${fault}`, cause === undefined ? {} : { cause });
  const every = EVERY_PATTERN.exec(cron);
  if (every !== null) {
    const everyMs = Number(every[1]) * (UNIT_MS[every[2] ?? ""] ?? 0);
    if (everyMs === 0) throw wrong("must be above zero");
    return (after) => new Date(after.getTime() + everyMs);
  }
  const [, timeZone = "UTC", fields] = CRON_PATTERN.exec(cron) ?? [];
  if (fields === undefined)
    throw wrong("must have six fields (second minute hour day month weekday), with CRON_TZ=… before them, or be @every 5m");
  const job = cronOf(fields, timeZone, wrong);
  const nextAfter = (after: Date) => {
    const due = job.nextRun(after);
    if (due === null) throw wrong("never comes");
    return due;
  };
  nextAfter(new Date());
  return nextAfter;
}

function cronOf(fields: string, timeZone: string, wrong: (fault: string, cause: unknown) => AppError): Cron {
  try {
    const job = new Cron(fields, { timezone: timeZone, mode: "6-part", paused: true });
    // An unknown time zone is only detected when a time is computed.
    job.nextRun();
    return job;
  } catch (cause) {
    throw wrong(`cannot be read: ${messageOf(cause)}`, cause);
  }
}

/** Calls `fire` at each due time; of those that passed while the machine slept only the first is fired, late. */
function repeat(next: (after: Date) => Date, fire: (due: Date) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const wait = (due: Date) => {
    const leftMs = due.getTime() - Date.now();
    if (leftMs > 0) {
      timer = setTimeout(() => wait(due), Math.min(leftMs, WAIT_MS_MAX));
      return;
    }
    fire(due);
    const following = next(due);
    wait(following.getTime() > Date.now() ? following : next(new Date()));
  };
  wait(next(new Date()));
  return () => clearTimeout(timer);
}
