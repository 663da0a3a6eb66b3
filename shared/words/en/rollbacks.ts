/** Sentences about rollbacks, and about what was written since a swap. */
export const ROLLBACKS: Readonly<Record<string, string>> = {
  "rollback.asked": "rollback of {restore} requested by {by}",
  "rollback.closed": "{index}, which had the alias before, is closed: open it first",
  "rollback.done": "the move of {alias} is undone: {to} answers again; nothing was written to {from} since the swap",
  "rollback.doneLosing":
    "the move of {alias} is undone: {to} answers again; {lost|write|writes} to {from} since the swap can no longer be found through it",
  "rollback.doneUnknown": "the move of {alias} is undone: {to} answers again; how much was written to {from} since the swap is unknown",
  "rollback.gone": "{index}, which had the alias before, does not exist any more: restore the earlier snapshot instead",
  "rollback.isBack": "the move of {alias} is undone already: {index} answers",
  "rollback.earlierKept": "the scheduled deletion of {index} is cancelled",
  "rollback.keepEarlier": "cancelling {job}, which would delete {index} later",
  "rollback.indexReplaced":
    "{restore} removed the index {alias} when it put the alias in its place, so there is no rollback: `ossnap restore {snapshot} --repository {repository} --to {cluster}` brings it back under another name",
  "rollback.noEarlier":
    "no index is known from which {restore} took alias {alias}, so there is none to move it back to: take it off (POST /_aliases {body}), or restore the snapshot that it should serve behind it (--older if that is an earlier one)",
  "rollback.others": "alias {alias} is not on {index} alone, where the restore put it, but on {indices}: what moved it since is not undone",
  "rollback.keptGone": "what {restore} overwrote was in snapshot {snapshot} in {repository}, which does not exist any more",
  "rollback.nothingKept": "{restore} overwrote {indices}, and it was declared that what they held may be lost: no snapshot of it is known",
  "rollback.nothingReplaced": "{restore} was to be restored over {indices}, and overwrote nothing ({state}): there is nothing to take back",
  "rollback.ofRollback":
    "{restore} is the rollback of {of}: to have again what it overwrote, restore that snapshot over it (`ossnap jobs show {of}` names it)",
  "rollback.overLost": "{writes|write|writes} to {index} since the restore will be lost, as it was accepted",
  "rollback.overLostUnknown":
    "whether {index} was written to since the restore is unknown: {because:reason}; what was written will be lost, as it was accepted",
  "rollback.overOther": "{index} is not what {restore} restored there: it was deleted, replaced, or restored over since",
  "rollback.overUnknown":
    "whether {index} was written to since the restore is unknown: {because:reason}; what was written is lost; to accept that: --lose-writes (HTTP: loseWrites)",
  "rollback.overUnwritten": "nothing was written to {index} since {restore} restored it",
  "rollback.overWrites":
    "{writes|write|writes} to {index} since the restore would be lost; to accept that: --lose-writes (HTTP: loseWrites)",
  "rollback.retireRuns": "{job} may be deleting {index} right now",
  "rollback.several": "{restore} took alias {alias} from several indices: {indices}",
  "rollback.settle": "keeping {index} for a day",
  "rollback.settled": "{index} is kept for a day",
  "rollback.swap": "moving {alias} back from {from} to {to} in one request",
  "rollback.swapped": "{alias} moved back to {to}",
  "rollback.writes":
    "{writes|write|writes} to {index} since the swap could no longer be found through the alias; to accept that: --lose-writes (HTTP: loseWrites)",
  "rollback.writesUnknown":
    "whether {index} was written to since the swap is unknown: {because:reason}; to accept that: --lose-writes (HTTP: loseWrites)",
  "writes.closed": "it is closed",
  "writes.gone": "it does not exist any more",
  "writes.noCount": "the restore did not record how many operations it had",
  "writes.restarted": "a node or a shard has restarted since, which resets the count",
  "writes.shardsDown": "{started} of {shards|primary|primaries} started",
};
