/** What prunes say, by reason code. */
export const PRUNES: Readonly<Record<string, string>> = {
  "prune.asked": "requested by {by}",
  "prune.delete": "deleting {snapshots}, {remaining} left",
  "prune.deleted": "deleted {snapshots}",
  "prune.done": "removed {removed} of {asked|snapshot|snapshots}, {keep} kept",
  "prune.doneByOthers":
    "removed {removed} of {asked|snapshot|snapshots}, {keep} kept; already gone and not deleted by this job: {vanished}",
  "prune.doneHalf":
    "removed {removed} of {asked|snapshot|snapshots}, {keep} kept; half deleted, without their own blobs but still listed by the root: {half}. The notice about the repository says how to delete the rest",
  "prune.doneSpared":
    "removed {removed} of {asked|snapshot|snapshots}, {keep} kept; kept by the current plan: {spared} ({first}: {because:reason})",
  "prune.doneFreed": "removed {removed} of {asked|snapshot|snapshots}, {keep} kept; about {freed:bytes} freed",
  "prune.jobUnread":
    "open job {job} cannot be read, so it may need any snapshot, and nothing is deleted: {message}. Let the version of ossnap that wrote it finish it, or, if it is certainly of no use, remove the objects below {key} of the state",
  "prune.keepsNothingGood": "the plan would keep no good snapshot",
  "prune.listsNothing": "the repository lists no snapshots any more: it cannot be read, or all were deleted; nothing more is deleted",
  "prune.mountsUnknown":
    "cluster {cluster} does not report which snapshots its indices are mounted on, so nothing is deleted: {message}. Make it reachable, or remove it from ossnap.yaml",
  "prune.newestGone": "the newest good snapshot {snapshot} no longer exists; nothing more is deleted",
  "prune.noTimer": "policy {policy} has no prune: in ossnap.yaml, so timers delete nothing; to prune by hand: `ossnap prune {policy}`",
  "prune.notApplied":
    "no plan of policy {policy} was applied by hand yet: plan {hash} would remove {remove|snapshot|snapshots}. To apply it once: `ossnap prune {policy} --apply {hash}`",
  "prune.nothing": "nothing to remove, {keep|snapshot|snapshots} kept",
  "prune.otherUuid": "the name {snapshot} now belongs to another snapshot",
  "prune.overCap": "above the limit of one run, left for a later run",
  "prune.planned": "plan {hash}: {remove|snapshot|snapshots} to remove, {keep} kept, {later} left for a later run",
  "prune.policyChanged": "policy {policy} changed in ossnap.yaml; nothing more is deleted. To show its plan: `ossnap prune {policy}`",
  "prune.policyGone": "policy {policy} is no longer in ossnap.yaml; nothing more is deleted",
  "prune.protectedSince": "{snapshot} has been pinned, or is needed by a job, since the plan was made; nothing more is deleted",
  "prune.stopped": "removed {removed} of {asked|snapshot|snapshots}, then stopped: {because:reason}",
  "prune.superseded": "{job} of the same policy is still open; the next run removes what it leaves",
  "prune.vanished": "already gone before this job requested its deletion",
};
