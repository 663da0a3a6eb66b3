import { type ArrivalProgress, isKnown, tallyProgress } from "./arrivalProgress.ts";

const MINUTE_MS = 60_000;
/** Back-off between checks while nothing arrives; the last value applies from then on. */
const BACK_OFF_MINUTES = [1, 2, 4, 8, 15] as const;

/** When to check again even if no probe has arrived. */
export function nextLookAt(idleLooks: number, now: Date): Date {
  const minutes = BACK_OFF_MINUTES[Math.min(idleLooks, BACK_OFF_MINUTES.length - 1)] ?? 0;
  return new Date(now.getTime() + minutes * MINUTE_MS);
}

/** Estimated seconds until the missing bytes have arrived, at the rate since the first measurement; `null` without a rate. */
export function etaSeconds(progress: ArrivalProgress, now: Date): number | null {
  const tally = tallyProgress(progress);
  if (progress.first === null || !isKnown(progress, tally)) return null;
  const seconds = (now.getTime() - new Date(progress.first.at).getTime()) / 1000;
  const cameBytes = progress.first.missingBytes - tally.missingBytes;
  return seconds > 0 && cameBytes > 0 ? Math.ceil((tally.missingBytes * seconds) / cameBytes) : null;
}

/** Estimated seconds until files in several parts are read, at the rate since the first measurement, which is stored; `null` without a rate. */
export function partsEtaSeconds(progress: ArrivalProgress, parts: { verifiedBytes: number; bytes: number }, now: Date): number | null {
  progress.parts ??= { at: now.toISOString(), verifiedBytes: parts.verifiedBytes };
  const seconds = (now.getTime() - new Date(progress.parts.at).getTime()) / 1000;
  const readBytes = parts.verifiedBytes - progress.parts.verifiedBytes;
  return seconds > 0 && readBytes > 0 ? Math.ceil(((parts.bytes - parts.verifiedBytes) * seconds) / readBytes) : null;
}
