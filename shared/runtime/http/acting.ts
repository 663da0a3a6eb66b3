/**
 * The verbs of which one request needs one: most requests ask for status, jobs or snapshots, and an instance that answers those loads none of
 * these. In one file, because they share most of what they need.
 */

export { jobNow } from "../../tick/jobNow.ts";
export { adopt } from "../../verbs/adopt/apply.ts";
export { planAdoption } from "../../verbs/adopt/gather.ts";
export { previewBackup } from "../../verbs/backup/preview.ts";
export { askCopy } from "../../verbs/copy/ask.ts";
export { previewCopy } from "../../verbs/copy/preview.ts";
export { startMigration } from "../../verbs/migration/ask.ts";
export { planMigration } from "../../verbs/migration/checks.ts";
export { showMigrations } from "../../verbs/migration/show.ts";
export { applyPrune, dryPrune } from "../../verbs/prune/ask.ts";
export { applyDeletion, dryDeletion } from "../../verbs/prune/askDeletion.ts";
export { preflightRestore, startRestore } from "../../verbs/restore/askByHand.ts";
export { askRollback, dryRollback } from "../../verbs/rollback/ask.ts";
export { askVerification } from "../../verbs/verification/ask.ts";
