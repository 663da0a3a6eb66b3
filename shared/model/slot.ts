import { AppError } from "./errors.ts";

const SLOT = /^(\d{4})(\d{2})(\d{2})t(\d{2})(\d{2})(\d{2})z$/;

/** A scheduled time as it is written in ids and snapshot names: `yyyymmddthhmmssz`, UTC, whole seconds. */
export function slotOf(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace(/[-:]/g, "").toLowerCase()}z`;
}

/** The time of a slot; `undefined` if the text is not a slot. */
export function parseSlot(slot: string): Date | undefined {
  const match = SLOT.exec(slot);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time.getTime()) || slotOf(time) !== slot ? undefined : time;
}

/** Like {@link parseSlot}, for slots that we wrote ourselves; anything else is `invalid`. */
export function slotTime(slot: string): Date {
  const time = parseSlot(slot);
  if (!time) throw new AppError("invalid", `slot: "${slot}" is not of the form yyyymmddthhmmssz`);
  return time;
}
