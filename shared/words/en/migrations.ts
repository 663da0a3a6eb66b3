/** Sentences about migrations from one cluster to another. */
export const MIGRATIONS: Readonly<Record<string, string>> = {
  "migration.aliasIsIndex":
    "an index of {target} is named {alias}, so no alias can have this name: delete it there if it is not needed, or name another alias in migrations.{migration}.aliases",
  "migration.aliases": "on the target they are found as {aliases}, moved in one request",
  "migration.aliasesKept": "the aliases of {target} remain where they are, and only the source changes",
  "migration.aliasesStuck":
    "the aliases cannot move back: {because:reason}; to leave them where they are and let only the source take writes again: --keep-aliases (HTTP: keepAliases)",
  "migration.aliasesLeft":
    "these aliases of the source are not moved: {aliases}; list them under aliases in ossnap.yaml if they are needed",
  "migration.ask": "asking for the {part}",
  "migration.asked": "{partJob} does the {part}",
  "migration.backTo": "the aliases move back to the indices that {restore} took them from",
  "migration.backToNone":
    "no other index was behind the aliases before the cut-over of {migration}: they remain where they are on {target}, and only the source changes",
  "migration.backups": "from then on {policy} takes the snapshots, in {repository}, which is registered first",
  "migration.backwards": "{target} cannot restore what {source} writes: a snapshot of a newer version; the target must not be older",
  "migration.block": "blocking writes to {index}",
  "migration.blocked": "{index} takes no writes",
  "migration.cancelPart": "cancelling the {part}, {partJob}",
  "migration.counterReset": "the counter of writes to {index} was reset, perhaps by a node that started again, and says nothing",
  "migration.closed": "these indices are closed and not moved: {indices}; open them if they are to move",
  "migration.countsDiffer": "{index} has {source|document|documents} on the source, and {restored|document was|documents were} restored",
  "migration.cutOver": "noting that {migration} is cut over from {source} to {target}: no further pass is made",
  "migration.cutRecorded": "{migration} is cut over",
  "migration.firstLook": "first look at the writes to {indices|index|indices} of {source}; the second follows after a minute",
  "migration.indexGone": "{index} was deleted or created again on the source",
  "migration.indexNew": "{index} was created on the source meanwhile",
  "migration.indices": "moves {indices}",
  "migration.halfLifted":
    "{because:reason}; the way back had begun, so {source} may take writes to some of {blocked} while the target serves: `ossnap migrate rollback {migration} --start`",
  "migration.isCut":
    "{migration} is cut over: {target} serves {documents|document|documents} in {indices|index|indices} from {snapshot}, as many as the source has",
  "migration.isCutAlready":
    "{migration} was cut over at {at:minute} by {job}: no further pass is made, unless `ossnap migrate rollback {migration}` takes it back",
  "migration.lastPass": "the last pass ended at {at:minute} with {snapshot}, in {seconds:duration}",
  "migration.leftBlocked": "{because:reason}; {blocked} on {source} may still be blocked for writes: set index.blocks.write there to null",
  "migration.lift": "lifting the block of writes to {index}",
  "migration.lifted": "{index} takes writes again",
  "migration.looked": "noted the writes to {indices|index|indices} of {source}",
  "migration.losesWrites": "what was written on {target} since the cut-over is lost, as it was accepted ({writes} writes)",
  "migration.nameless": "no alias stands for {indices}: they are restored under names of ossnap's",
  "migration.nextTaken": "the alias {alias} would stand for two things, because a warm pass adds -next to each name: choose other aliases",
  "migration.noBackups": "no policy takes over on the target: give it one, and name it in migrations.{migration}.backups",
  "migration.noPass": "no pass was made yet: the last one moves everything; `ossnap migrate sync {migration}` first makes it short",
  "migration.noWrites": "nothing was written on {target} since the cut-over",
  "migration.notCopied": "{url} does not list {snapshot}, which was to be copied there",
  "migration.notCut": "{migration} is not cut over, so there is nothing to take back",
  "migration.notStopped":
    "the source is still written to: {because:reason}; stop what writes, or let the cut-over block writes with --block-writes",
  "migration.partDone": "the {part} is done ({partJob})",
  "migration.partFailed": "the {part} ({partJob}) did not end well: {because:reason}",
  "migration.partStops": "{job} is being cancelled",
  "migration.quiet": "waiting {seconds:duration} for the second look at the writes to {source}",
  "migration.registerOwn": "registering the repository of {policy}",
  "migration.reopen": "noting that {migration} is not cut over any more",
  "migration.reopened": "{migration} is not cut over any more",
  "migration.requested": "{mode} of {migration} requested by {by}",
  "migration.running": "{job} is under way for {migration}; wait for it, or cancel it with `ossnap jobs cancel {job}`",
  "migration.shardsDown": "a primary of {index} is not started, so its writes are unknown",
  "migration.starting": "it begins",
  "migration.stopped": "nothing was written to {source} for {seconds:duration}",
  "migration.stopping": "{partJob}, the {part}, is being cancelled",
  "migration.synced":
    "the pass of {migration} is done: {target} holds {documents|document|documents} in {indices|index|indices} from {snapshot}",
  "migration.targetWritten":
    "{index}, which serves alias {alias} on {target}, has changed since it was restored (writes: {writes}; {found|document|documents} now, {documents} then). No snapshot holds that: a pass restores beside it and waits until a person resumes its restore, and a cut-over, which holds the source, moves no alias away from it: make a pass first, then cut over",
  "migration.tookBack":
    "the cut-over of {migration} is taken back: {source} takes writes, and the aliases are where they were before {restore}",
  "migration.tookBackFirst":
    "the cut-over of {migration} is taken back: {source} takes writes; the aliases of the target remain where {restore} put them",
  "migration.tooOld":
    "{index} ({count} in all) was created by {created}, and {target} reads only what {oldest} or later created: restore and reindex it on {hops} in between, one after the other, or reindex it from the source into the target",
  "migration.versions": "from {source} to {target}: each index can be restored",
  "migration.waits": "waiting for the {part} ({partJob}): {because:reason}",
  "migration.willBlock": "will block writes to {count|index|indices} of {source}; {blocked} of them are blocked already",
  "migration.willLift": "lifts the block of writes to {indices} on {source}",
  "migration.willLook": "writes to {count|index|indices} of {source} must have stopped: two looks, a minute apart",
  "migration.writing": "{writes|write|writes} to {index}",
};
