import type { World } from "../jobs/world.ts";
import { hasCode, messageOf } from "../model/errors.ts";
import { type Reason, reason } from "../model/reason.ts";
import { slotOf } from "../model/slot.ts";
import { raiseNotice, resolveNotice } from "../notices/notices.ts";
import { isClockChange, isSlot, type PolicySchedule, schedulesOf } from "../plan/slots.ts";
import { AHEAD_MS } from "../plan/snapshotOrder.ts";
import { keyText } from "../state/segment.ts";
import type { Advanced } from "./advanced.ts";
import type { PolicyTimer } from "./createSnapshots.ts";

export interface TimerEvent {
  triggerTime: Date;
  triggerName: string;
  /** Named by timers of earlier versions, whose payload is one policy. */
  policy?: string | undefined;
}

export interface TimerAnswer {
  slot: string;
  /** Why nothing was started: the event's time cannot be true. */
  refused?: Reason;
  started: { policy: string; job: string; outcome: string; advanced: Advanced | undefined }[];
}

/** Each function loads its own. */
const STARTS = {
  createSnapshots: async (world: World, timer: PolicyTimer) => (await import("./createSnapshots.ts")).createSnapshots(world, timer),
  pruneSnapshots: async (world: World, timer: PolicyTimer) => (await import("./pruneSnapshots.ts")).pruneSnapshots(world, timer),
};
export type TimedFunction = keyof typeof STARTS;

/** Nothing delivers an event so late. */
const FAR_MS = 366 * 24 * 3_600_000;

/** Begins the key of a notice about a timer for which nothing is due. */
export const TIMER_NOTICE = "timer:";
const timerKey = (functionName: TimedFunction, triggerName: string) => keyText(`${TIMER_NOTICE}${functionName}/${triggerName}`);

/**
 * Handles a timer that carries no payload: starts every policy that is due at its time; one that fails does not hold the others back, and its
 * error is thrown at the end, so that the platform delivers the event again. An event of another year makes no slot, which would be a name for ever, and one of the future none either, which would be taken when its night comes. A timer for which no policy is due belongs to a deployment of an earlier ossnap.yaml: reported once, not failed every night.
 */
export async function onTimer(world: World, functionName: TimedFunction, fired: TimerEvent): Promise<TimerAnswer> {
  // A schedule's times are whole seconds.
  const event = { ...fired, triggerTime: new Date(Math.floor(fired.triggerTime.getTime() / 1000) * 1000) };
  const slot = slotOf(event.triggerTime);
  const refused = untrueTime(event, functionName, world.clock.now());
  if (refused) {
    await reportUntrueTime(world, functionName, event, refused);
    return { slot, started: [], refused };
  }
  const schedules = schedulesOf(world.config)[functionName];
  const due = schedules.filter((one) => isMeant(one, event));
  await reportTimer(world, functionName, event, { isKnown: due.length > 0, schedules });
  const started: TimerAnswer["started"] = [];
  const errors: unknown[] = [];
  for (const { policy } of due) {
    try {
      started.push({ policy, ...(await STARTS[functionName](world, { policy, triggerTime: event.triggerTime })) });
    } catch (error) {
      world.logger.error("a policy was not started", { policy, slot, error: messageOf(error) });
      errors.push(error);
    }
  }
  // A transient one is worth the platform's next attempt, whatever the others are.
  if (errors.length > 0) throw errors.find((error) => hasCode(error, "transient")) ?? errors[0];
  return { slot, started };
}

function isMeant({ policy, schedule }: PolicySchedule, event: TimerEvent): boolean {
  return event.policy === undefined ? isSlot(schedule, event.triggerTime) : event.policy === policy;
}

/** Why an event's time cannot be that of a timer. */
function untrueTime({ triggerName: timer, triggerTime }: TimerEvent, functionName: TimedFunction, now: Date): Reason | undefined {
  const aheadMs = triggerTime.getTime() - now.getTime();
  const params = { timer, function: functionName, slot: slotOf(triggerTime), now: now.toISOString() };
  if (Math.abs(aheadMs) > FAR_MS) return reason("timer.farTime", params);
  return aheadMs > AHEAD_MS ? reason("timer.aheadTime", params) : undefined;
}

/** Not thrown: the platform would only deliver the same event again. */
async function reportUntrueTime(world: World, functionName: TimedFunction, { triggerName }: TimerEvent, why: Reason): Promise<void> {
  world.logger.error("a timer's event was refused", { timer: triggerName, slot: why.params.slot });
  const key = timerKey(functionName, triggerName);
  // It is over when the timer starts policies again, or was silent; its own time says nothing.
  await raiseNotice(world, { key, code: "timer.unknown", severity: "warning", reason: why, upTo: slotOf(world.clock.now()) });
}

async function reportTimer(
  world: World,
  functionName: TimedFunction,
  { triggerName, triggerTime, policy }: TimerEvent,
  { isKnown, schedules }: { isKnown: boolean; schedules: readonly PolicySchedule[] },
): Promise<void> {
  const key = timerKey(functionName, triggerName);
  const slot = slotOf(triggerTime);
  if (isKnown) {
    if (world.live?.notices.has(key) !== false)
      await resolveNotice(world, key, "timer.starts", reason("timer.starts", { timer: triggerName }));
    return;
  }
  // Function Compute and ossnap may resolve an hour that does not exist, or exists twice, differently; the missed slot is run by the next tick.
  if (policy === undefined && schedules.some(({ schedule }) => isClockChange(schedule.timeZone, triggerTime))) return;
  const why =
    policy === undefined
      ? reason("timer.nothingDue", { timer: triggerName, function: functionName, slot })
      : reason("timer.policyGone", { timer: triggerName, function: functionName, policy });
  await raiseNotice(world, { key, code: "timer.unknown", severity: "warning", reason: why, upTo: slot });
}
