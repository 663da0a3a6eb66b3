import type { Job } from "../../jobs/record.ts";
import type { MigrationJob } from "./types.ts";

/** The open jobs of one migration: one, unless two were asked for at once. */
export function openJobsOf(jobs: readonly Job[], migration: string): MigrationJob[] {
  return (jobs as readonly MigrationJob[]).filter(({ kind, intent }) => kind === "migration" && intent.input.name === migration);
}
