import type { OpenWork } from "../../jobs/openWork.ts";
import type { Job } from "../../jobs/record.ts";

/** Open arrivals of a watch. */
export function arrivalsOf({ jobs }: OpenWork, watch: string): Job[] {
  return jobs.filter(({ kind, intent }) => kind === "arrival" && (intent.input as { watchName: string }).watchName === watch);
}

/** Open restores that were requested by arrivals of a watch. */
export function restoresOf({ jobs }: OpenWork, watch: string): Job[] {
  return jobs.filter(({ kind, intent }) => kind === "restore" && (intent.input as { watch?: string }).watch === watch);
}
