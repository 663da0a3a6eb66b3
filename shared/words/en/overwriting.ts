/** Sentences about restores over indices that exist. */
export const OVERWRITING: Readonly<Record<string, string>> = {
  "over.absent": "no index is named {index} yet: it is made",
  "over.blocked":
    "index {index} has the block index.blocks.{block}, with which it cannot be closed: set it to false (PUT /{index}/_settings) first",
  "over.close": "closing {index}",
  "over.closed": "{index} is closed",
  "over.closedLong": "{index} was closed for {minutes} min, and the restore over it could not begin: {because:reason}",
  "over.closedSince": "{index} was closed by another request since the restore was planned",
  "over.closes":
    "{index} is closed, and opened when its primaries are restored: meanwhile searches and writes fail. Its documents, mapping and settings become those of the snapshot",
  "over.closesWith":
    "{index} is closed, and opened when its primaries are restored: meanwhile searches and writes fail. Its documents, mapping and settings become those of the snapshot; it keeps its aliases: {aliases}",
  "over.guard": "adding alias {guard} to {index}, to close it through",
  "over.guarded": "{index} can be closed through {guard}",
  "over.inStream": "index {index} belongs to data stream {stream}",
  "over.isAlias": "{alias} is an alias of {index}, and only an index can be overwritten",
  "over.leftClosed": "{because:reason}; could not be opened again, open by hand (POST /INDEX/_open): {left}",
  "over.loses": "what {index} holds is lost, as it was declared: no snapshot of it is looked for, and there is no rollback",
  "over.named": "{index} has a name that ossnap gave it for the snapshot that it holds, so no other one is restored over it",
  "over.open": "opening {index} again, as it was",
  "over.opened": "{index} is open again",
  "over.openedSince": "{index} was opened by another request",
  "over.opens": "{index} is closed; the restore opens it, with the documents, mapping and settings of the snapshot",
  "over.otherShards":
    "{as} has {there|shard|shards}, and {index} in the snapshot {shards}: no cluster restores over an index with another number",
  "over.otherSince": "{index} is another index than the one that was planned to be overwritten, or another restore came over it",
  "over.replaced": "{because:reason}; the restore over {over} had begun, so what was there before is gone: {way:reason}",
  "over.unguard": "removing alias {guard} from {index}",
  "over.unguarded": "alias {guard} is removed from {index}",
  "over.unsaved":
    "no one snapshot in a repository of {cluster} whose bucket ossnap reads holds all of {indices} ({count} in all), so not all of them could be brought back",
  "over.unproven": "whether snapshot {snapshot} in {repository} is whole is not known yet: {because:reason}",
  "over.wayBack": "it is in snapshot {keptAs} in {keptIn}, `ossnap jobs rollback {restore}` restores it",
  "over.wayDelete":
    "it is in snapshot {keptAs} in {keptIn}; delete what hangs (DELETE /INDEX), which also frees the cluster, then `ossnap jobs rollback {restore}` restores it",
  "over.wayNone": "it was declared that it may be lost",
};
