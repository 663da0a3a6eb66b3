import type { JobKind } from "../jobs/kind.ts";
import type { OpenWork } from "../jobs/openWork.ts";
import type { Job } from "../jobs/record.ts";
import type { World } from "../jobs/world.ts";
import { arrivalKind } from "../verbs/arrival/job.ts";
import { backupKind } from "../verbs/backup/job.ts";
import { copyKind } from "../verbs/copy/job.ts";
import { migrationKind } from "../verbs/migration/job.ts";
import { pruneKind } from "../verbs/prune/job.ts";
import { restoreKind } from "../verbs/restore/job.ts";
import { retireKind } from "../verbs/retire/job.ts";
import { rollbackKind } from "../verbs/rollback/job.ts";
import { verificationKind } from "../verbs/verification/job.ts";
import { comparingConfig } from "./configChange.ts";

/** Returns how jobs of its kind gather, decide and act. Loaded with the first job that moves: most invocations move none. */
export function kindFor(world: World, work: OpenWork, job: Job): JobKind {
  const kinds = {
    backup: () => backupKind(world, work),
    prune: () => pruneKind(world, work),
    copy: () => copyKind(world, work),
    arrival: () => arrivalKind(world, work),
    restore: () => restoreKind(world, work),
    retire: () => retireKind(world, work),
    rollback: () => rollbackKind(world),
    migration: () => migrationKind(world, work),
    verification: () => verificationKind(world, work),
  };
  // Input and data types differ per kind; the first word of the id determines the kind.
  return comparingConfig(world, kinds[job.kind]() as unknown as JobKind);
}
