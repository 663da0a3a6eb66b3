const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The syntax that {@link parseDuration} accepts, for messages and for the JSON schema. */
export const DURATION_PATTERN = "^[0-9]+(ms|s|m|h|d)$";

const DURATION = new RegExp(DURATION_PATTERN);

/** Milliseconds of `500ms`, `90s`, `30m`, `4h`, `2d`; `undefined` when the text is not a duration. A day is 24 hours. */
export function parseDuration(text: string): number | undefined {
  const unit = DURATION.exec(text.trim())?.[1];
  if (unit === undefined) return undefined;
  const durationMs = Number.parseInt(text, 10) * UNIT_MS[unit as keyof typeof UNIT_MS];
  return Number.isSafeInteger(durationMs) ? durationMs : undefined;
}

/** The shortest exact spelling: `14400000` → `4h`. */
export function printDuration(durationMs: number): string {
  if (durationMs === 0) return "0s";
  const units = Object.entries(UNIT_MS).reverse();
  const [unit, unitMs] = units.find(([, size]) => durationMs % size === 0) ?? ["ms", 1];
  return `${durationMs / unitMs}${unit}`;
}
