import type { RegisteredRepository } from "../../model/cluster.ts";
import type { Registration } from "../../model/config.ts";
import { hasCode } from "../../model/errors.ts";
import type { RegistrationDrift, SettingDifference } from "../../repository/drift.ts";
import { isSameRate, RESTORE_RATE } from "../../repository/settings/restoreRate.ts";
import type { JobLog } from "../log.ts";

/** A rate that a restore asked for, instead of the one of ossnap.yaml. */
export interface RateOfRestore {
  /** `80mb` */
  value: string;
  /** The job. */
  restore: string;
}

/** States in which a restore may read from the repository, or will. */
const READING = ["asked", "planned", "closing", "restoring", "freeing"];

/** The rate that ossnap registered for a restore, while the cluster has it and that restore reads from the repository. */
export async function throttledBy(
  log: JobLog,
  set: RateOfRestore | undefined,
  registered: Pick<RegisteredRepository, "settings"> | undefined,
): Promise<RateOfRestore | undefined> {
  if (set === undefined || !isSameRate(registered?.settings[RESTORE_RATE], set.value)) return undefined;
  return (await isReading(log, set.restore)) ? set : undefined;
}

/** A job whose records cannot be read moves nothing; what it still runs, the cluster itself shows. */
async function isReading(log: JobLog, restore: string): Promise<boolean> {
  try {
    if (await log.done(restore)) return false;
    return READING.includes((await log.read(restore))?.head.state ?? "");
  } catch (error) {
    if (!hasCode(error, "conflict", "invalid")) throw error;
    return false;
  }
}

export interface RateNeed {
  /** The restore that reads at another rate now. */
  heldBy?: RateOfRestore;
  /** What others set on the registration, which a request would change along with the rate. */
  overwrites?: readonly SettingDifference[];
}

/**
 * Whether the registration has another rate than it should have: one that a restore asks for, or that of ossnap.yaml where nobody but ossnap
 * chose another. Only for read-only registrations, which are ossnap's own; `undefined` if it may stay.
 */
export function rateNeed(
  { settings }: Registration,
  { differences, isOurs }: RegistrationDrift,
  { asked, throttled }: { asked: RateOfRestore | undefined; throttled: RateOfRestore | undefined },
): RateNeed | undefined {
  if (settings.readonly !== true || !differences.some(({ setting }) => setting === RESTORE_RATE)) return undefined;
  if (throttled && throttled.restore !== asked?.restore) return { heldBy: throttled };
  if (isOurs) return {};
  if (asked === undefined) return undefined;
  const others = differences.filter(({ setting }) => setting !== RESTORE_RATE && setting !== "readonly");
  return others.length > 0 ? { overwrites: others } : {};
}
