import type { SwapResult } from "../../jobs/aliasSwap.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import { reason } from "../../model/reason.ts";
import { isSameStem, JOB_MARKER_KEY } from "../../model/restoredName.ts";
import type { Found, Restored } from "./types.ts";

const NAMES_SHOWN = 5;

export interface LeftoverQuestion {
  /** Of the watch. */
  aliases: readonly string[];
  restored: readonly Restored[];
  /** The indices behind the aliases. */
  served: readonly Restored[];
  /** The start times of the snapshots in the bucket, as restored names contain them. */
  times: ReadonlySet<string>;
}

/**
 * Indices that served earlier are deleted by their jobs; where these are lost, nothing is deleted on a guess. A name's hash contains the alias, so
 * while its snapshot is in the bucket, it tells a watch's own index from one that a person or another deployment restored.
 */
export async function leftovers(world: World, work: OpenWork, question: LeftoverQuestion): Promise<Found[]> {
  const { restored, served } = question;
  const kept = new Set(work.jobs.flatMap(({ kind, intent }) => (kind === "retire" ? [(intent.input as { index: string }).index] : [])));
  const open = new Set(work.jobs.map(({ id }) => id));
  const old: string[] = [];
  const unknown: string[] = [];
  for (const one of restored) {
    const { index, digits } = one;
    const isReplaced = served.some((now) => digits < now.digits && isSameStem(index.name, now.index.name));
    const isOld = isReplaced && index.aliases.length === 0;
    if (!isOld || kept.has(index.name) || open.has(index.settings[JOB_MARKER_KEY] ?? "")) continue;
    const owner = await ownerOf(world, one, question);
    if (owner === "watch") old.push(index.name);
    if (owner === "unknown") unknown.push(index.name);
  }
  const about = (names: string[]) => ({ indices: names.slice(0, NAMES_SHOWN), count: names.length });
  return [
    ...(old.length === 0 ? [] : [{ reason: reason("adopt.leftover", about(old)), writes: [] }]),
    ...(unknown.length === 0 ? [] : [{ reason: reason("adopt.leftoverUnknown", about(unknown)), writes: [] }]),
  ];
}

/** `other`: a person restored it beside the watch, or another watch or deployment did. */
async function ownerOf(
  world: World,
  { index, digits, snapshot }: Restored,
  { aliases, times }: LeftoverQuestion,
): Promise<"watch" | "other" | "unknown"> {
  const job = index.settings[JOB_MARKER_KEY];
  const done = job === undefined ? undefined : await world.log.done(job);
  const { alias, moves = [] } = (done?.result ?? {}) as Partial<SwapResult>;
  const restoredBehind = alias === undefined ? moves.map((move) => move.alias) : [alias];
  const isOther = restoredBehind.length !== aliases.length || !restoredBehind.every((one) => aliases.includes(one));
  if (done && (isOther || (aliases.length === 0 && done.asked.by === "person"))) return "other";
  if (done || snapshot !== undefined) return "watch";
  return times.has(digits) ? "other" : "unknown";
}
