import { type Reason, reason } from "../../model/reason.ts";

export interface ShrinkRule {
  /** By how much a selection may shrink, 1 to 100. */
  percent: number;
  action: "tell" | "refuse";
}

export const SHRINK_DEFAULT: ShrinkRule = { percent: 30, action: "tell" };

const NAMES_SHOWN = 10;

/** The contents of the last success, as stored after it. */
export interface Taken {
  snapshot: string;
  /** Absent before 5.0, and in records of earlier builds. */
  uuid?: string;
  at: string;
  indices: string[];
  streams: string[];
  /** By the cluster's clock; absent in records of earlier versions. */
  seconds?: number;
  /** What it added to the repository; absent if unknown. */
  bytes?: number;
}

export interface Shrunk {
  why: Reason;
  /** All names that are gone; the reason names the first of them. */
  gone: string[];
}

/** Why a selection is suspicious beside the last success, or `undefined`. Streams count as one each, because their indices roll over. */
export function shrunk(
  policy: string,
  { percent }: ShrinkRule,
  last: Taken | undefined,
  now: Pick<Taken, "indices" | "streams">,
): Shrunk | undefined {
  if (last === undefined) return undefined;
  const before = countable(last);
  const after = countable(now);
  if (before.length === 0 || after.length >= before.length) return undefined;
  const lost = Math.round((100 * (before.length - after.length)) / before.length);
  if (before.length - after.length <= (before.length * percent) / 100) return undefined;
  const gone = before.filter((name) => !after.includes(name));
  const why = reason("selection.shrank", {
    policy,
    before: before.length,
    after: after.length,
    percent: lost,
    limit: percent,
    snapshot: last.snapshot,
    gone: gone.slice(0, NAMES_SHOWN),
    count: gone.length,
  });
  return { why, gone };
}

function countable({ indices, streams }: Pick<Taken, "indices" | "streams">): string[] {
  const isBacking = (name: string) => streams.some((stream) => name.startsWith(`.ds-${stream}-`));
  return [...indices.filter((name) => !isBacking(name)), ...streams];
}
