import type { Reach } from "../../../shared/plan/retention/reach.ts";
import type { ComingSlot } from "../../../shared/plan/slots.ts";

const [DAY_HOURS, MONTH_HOURS, YEAR_HOURS] = [24, 730.5, 8_766];

/** How far back the policy reaches, and its next slots in its own zone. */
export function reachLines({ now, full, next }: Reach): string[] {
  const present = now ? `Reaches back ${ageText(now.hours)} now` : "Reaches no good snapshot now";
  return [`${present}${full ? `, ${onceFull(full)}` : ""}.`, slotsText(next)];
}

/** The same of a policy before any snapshot is looked at. */
export function fullText(policy: string, full: Reach["full"], next: Reach["next"]): string {
  return `${policy} ${full ? `reaches back ${onceFull(full)}` : "keeps no snapshot by a rule"}.\n  ${slotsText(next)}`;
}

/** `11 months once full (monthly 12)`. */
function onceFull({ hours, rule, count, atLeast }: NonNullable<Reach["full"]>): string {
  const by = rule === "within" ? `within ${ageText(count)}` : `${rule === "atLeast" ? "floor of" : rule} ${count}`;
  return `${atLeast ? "more than " : ""}${ageText(hours)} once full (${by})`;
}

const SLOTS_INDENT = 4;

function slotsText(next: Reach["next"]): string {
  const { times, offset } = slotTimes(next);
  return times.length === 0 ? "Next slots: none" : `Next slots (${offset}):\n${" ".repeat(SLOTS_INDENT)}${times.join(", ")}`;
}

/** Local times of slots, with the distance from UTC once, unless it changes among them. */
export function slotTimes(next: readonly ComingSlot[]): { times: string[]; offset: string } {
  const offset = / [+-]\d\d:\d\d$/.exec(next[0]?.local ?? "")?.[0] ?? "";
  const times = next.map(({ local }) => (local.endsWith(offset) ? local.slice(0, local.length - offset.length) : local));
  return { times, offset: offset.trim() };
}

/** `less than 1 h`, `60 h`, `14 d`, `11 months`, `3 years`: in the unit that a person counts in. */
function ageText(hours: number): string {
  if (hours < 1) return "less than 1 h";
  if (hours < 4 * DAY_HOURS) return `${Math.round(hours)} h`;
  if (hours < 2 * MONTH_HOURS) return `${Math.round(hours / DAY_HOURS)} d`;
  return hours < 2 * YEAR_HOURS ? `${Math.round(hours / MONTH_HOURS)} months` : `${Math.round((hours / YEAR_HOURS) * 10) / 10} years`;
}
