/** What a restore's dry run says of the target's disks, of work there, and of names; and what is compared in the end. */
export const PREFLIGHTS: Readonly<Record<string, string>> = {
  "alias.ahead":
    "alias {alias} serves {index}, whose snapshot is dated {time}, in the future: the clock of its source was wrong, so it is unknown which of the two is newer",
  "alias.behindNone": "{indices} ({count} in all) would be behind no alias: none of the patterns matches",
  "alias.blocked":
    "alias {alias} cannot be moved while {index} has the block index.blocks.{block}: set index.blocks.{block} to false (PUT /{index}/_settings); the cluster itself sets read_only_allow_delete while a disk is full",
  "alias.differs": "alias {alias} has another filter, routing or flag on {other} than on {index}, so the move cannot preserve them",
  "alias.filterFails": "the filter of alias {alias} does not fit the mapping of {index}: {message}",
  "alias.foreign": "alias {alias} is on {index}, which ossnap did not restore",
  "alias.isIndex": "an index is named {alias}, so no alias can have this name",
  "alias.leaves":
    "alias {alias} leaves {indices} ({count} in all), of whose index this snapshot restores nothing behind it: searches do not find these documents any more",
  "alias.matchesNone": "alias {alias} would be on no index: {pattern} matches none of those to be restored",
  "alias.moves": "alias {alias} moves to the restored index in one request",
  "alias.movesBack":
    "alias {alias} moves BACK to this older snapshot; {index} serves a newer one and is kept for a while. The next newer snapshot that a watch restores takes the alias again",
  "alias.moving": "{job} is moving alias {alias}",
  "alias.name": "alias {alias} {wrong}, which the cluster does not accept",
  "alias.new": "no index has the alias {alias} yet: it is added, and a rollback has no index to move it back to",
  "alias.newer": "alias {alias} already serves a newer snapshot, on {index}",
  "alias.newerSince": "alias {alias} has moved to {index}, whose snapshot is newer, since this restore was requested",
  "alias.noReplace":
    "{alias} is the name of an index, and {version} cannot remove it in the call that adds the alias: searches would fail in between",
  "alias.oldClosed": "index {index} is closed, so it is unknown whether its snapshot holds all of it",
  "alias.oldHasAliases": "index {index} has aliases of its own ({aliases}), which would go with it",
  "alias.oldKept":
    "snapshot {snapshot} in {repository} holds exactly what index {index} holds now: proven whole, and nothing was written since",
  "alias.oldNotWhole":
    "the newest snapshot of index {index}, {snapshot} in {repository}, is {verdict}, so nothing of the index would be left",
  "alias.oldOther": "snapshot {snapshot} in {repository} holds another index of the name {index} than the cluster has now",
  "alias.oldShards":
    "of index {index} {started} of {shards|primary shard is|primary shards are} started, so it is unknown whether its snapshot holds all of it",
  "alias.oldUnblocked":
    "before 6.0 it is unknown whether index {index} was written to since snapshot {snapshot} in {repository}, unless writes to it are blocked",
  "alias.oldUnsaved":
    "no snapshot in a repository of {cluster} whose bucket ossnap reads holds index {index}, so nothing of it would be left",
  "alias.oldWritten": "index {index} has changed since snapshot {snapshot} in {repository}: {found} {by} now, {held} in the snapshot",
  "alias.onSeveral": "alias {alias} is on several indices ({indices}); it must be on {to} alone",
  "alias.otherIndex": "alias {alias} is on {index}, which ossnap restored from an index of another name",
  "alias.replacesIndex":
    "{alias} is an index: the swap removes it and puts the alias in its place, in one call. Searches may fail meanwhile, for 16 to 125 ms up to 7.10 and rarely after that. There is no rollback: the way back is snapshot {snapshot} in {repository}",
  "alias.several": "alias {alias} would be on several indices: {indices}",
  "analysis.missing": "{index} needs {names} of the plugin {plugin}, which the nodes do not have: its shards would never start",
  "analysis.perhaps": "{index} needs {names}, which Elasticsearch itself does not have; one of the nodes' plugins may have it: {plugins}",
  "analysis.there": "{index} needs {names}, and the nodes have the plugins for it",
  "analysis.unknown": "{index} needs {names}, which neither Elasticsearch nor a plugin of the nodes has: its shards would never start",
  "closure.notWhole": "the snapshot is {verdict}: {missing|blob|blobs} missing, {damaged} damaged, the first is {first}{where:within}",
  "closure.outOfProportion":
    "{subject}: this blob and those before it decode to far more than is stored (over {times}:1), which no repository of a server does: the rest was not examined",
  "closure.tooLarge":
    "{subject}: this blob and those read before it need more than {megabytes} MB; give the function more memory (memorySize in s.yaml), or read fewer snapshots at once",
  "closure.stateLost": "the snapshot is {verdict}: its cluster state ({key}) is at fault, which this version does not read for indices",
  "closure.unread":
    "nothing is proven: the bucket of {repository} can be read by {cluster} alone, which read the lists of files of {shards|shard|shards}. Not known before: missing or damaged data, documents, mapping types, plugins, which version created each index",
  "closure.whole": "the snapshot is whole ({level}, generation {generation}, {blobs|blob|blobs})",
  "closure.wholeOld": "the snapshot is whole ({level}, root {root} of 2.x, {blobs|blob|blobs})",
  "restore.rate":
    "{bytes:bytes} at {bytesPerSecond:bytes} a second on {nodes|node|nodes} take {seconds:duration} or more: the limit is {setting}",
  "restore.rateOfTwo":
    "{bytes:bytes} at {bytesPerSecond:bytes} a second on {nodes|node|nodes} take {seconds:duration} or more: the limit is {setting}; {other} allows {otherPerSecond:bytes}",
  "rate.bound":
    "the restore is asked to run at {rate} a second, and the cluster's own limit, indices.recovery.max_bytes_per_sec, is {bytesPerSecond:bytes}: it decides, and ossnap does not change it",
  "rate.held": "{repository} is registered with {rate} a second for {restore}, which still reads from it",
  "rate.now": "now {before}",
  "rate.nowDefault": "now the default of its version",
  "rate.others": "{repository} is registered by others, so a restore does not change its rate to {rate}",
  "rate.policys": "{repository} is registered as ossnap.yaml configures it, so a restore does not change its rate to {rate}",
  "rate.sets":
    "for this restore {repository} gets max_restore_bytes_per_sec {rate} ({now:reason}); the next restore without a rate, or `ossnap repositories register {repository} --apply`, sets it back to what ossnap.yaml says",
  "kept.atMost":
    "of what restores by hand and rollbacks replaced on {cluster}, at most {most:bytes} is kept: the oldest is deleted before its time",
  "kept.sizesUnknown":
    "{cluster} does not tell the sizes of its indices ({message}): what restores by hand and rollbacks replaced is kept for its whole time, also where it takes more than {most:bytes}",
  "kept.tooLarge":
    "{indices} takes {bytes:bytes}, and keepOldBytes allows {most:bytes}: it is deleted once the alias has moved, and there is no rollback then",
  "restore.atSource": "source: {documents} ({cluster}, at that time)",
  "restore.mappingDiffers": "its mapping ({hash}) differs from the one in the snapshot ({inSnapshot})",
  "restore.mappingsDiffer":
    "the mapping of {indices} differs from the one in the snapshot ({count|index|indices}): compare them before you rely on it",
  "disk.belowHigh": "below the high watermark ({high})",
  "disk.fewer":
    "with {replicas|replica|replicas} the indices need {bytes:bytes}, and the room on {nodes|data node|data nodes} is {room:bytes} {limit:reason}: some of their replicas will not be assigned",
  "disk.fits":
    "the indices need {bytes:bytes} with their replicas; the room on {nodes|data node|data nodes} is {room:bytes} {limit:reason}",
  "disk.freeOnly": "(no watermarks apply)",
  "copy.nextTick": "everything is there; the next tick publishes it",
  "placement.forbids": "{setting} is {value} on the cluster, which therefore refuses restores, or has no node for their shards",
  "over.unclosable": "{setting} is {value} on the cluster, which therefore closes no index, as a restore over one needs",
  "placement.forced":
    "{setting} is {value} on the cluster, which leaves no node for new shards: an index is restored over where a node has a copy of it, and its replicas are not assigned",
  "placement.leaving":
    "every data node is about to leave the cluster, or to take over from one that is: {nodes} ({count|node|nodes}). None takes a new shard",
  "placement.uncopied":
    "{setting} is {value} on the cluster, which leaves no node for new shards, and no node is known to have every primary of {indices} ({count|index|indices}): what is not there, or was closed up to 7.1, would wait without end",
  "placement.stateForbids":
    "the global state of the snapshot sets {setting} to {value}, with which the cluster refuses restores, or has no node for their shards",
  "placement.total":
    "{taken|shard is|shards are} on the nodes of the cluster, and its data nodes take {most} ({limit} each, cluster.routing.allocation.total_shards_per_node): of {more} more some would never start",
  "placement.totalFewer":
    "there would be {after|open shard|open shards}, and the data nodes take {most} ({limit} each, cluster.routing.allocation.total_shards_per_node): some will not be assigned",
  "disk.full":
    "one copy of the indices needs {bytes:bytes}, and the room on {nodes|data node|data nodes} is {room:bytes} {limit:reason}: some shards would never start",
  "disk.shard":
    "a shard of {index} has about {bytes:bytes}, and no data node has more than {room:bytes} below the low watermark ({low}): it may not be placed",
  "disk.shardFree": "a shard of {index} has about {bytes:bytes}, and no data node has more than {room:bytes} of free space",
  "disk.unknown": "whether the indices fit on the disks is unknown: {message}",
  "files.blocking":
    "the analysis of {index} needs {count|file|files} on every node ({files}), and no server reports whether they exist: without one of them the index never starts, and up to 5.5 every other snapshot and restore of the cluster is refused until that index is deleted",
  "files.needed":
    "the analysis of {index} needs {count|file|files} on every node ({files}), and no server reports whether they exist: without one of them the index remains red",
  "files.there": "{index} needs {count|file|files} on every node, and you declared that they exist: {files}",
  "name.again": "{kept} was restored from this snapshot before and is kept: the snapshot is restored once more beside it, as {as}",
  "name.closed": "{as} was restored from this snapshot by {job}, and was closed since",
  "name.closedOther":
    "{as} exists and is closed, with {there|shard|shards}; {index} has {shards|shard|shards}, and no cluster restores over an index with another number",
  "name.free": "{as} is free",
  "name.invalid": "{index} cannot be restored as {as}, which {wrong}",
  "name.kept": "{as} was restored from this snapshot before and still exists",
  "name.open": "{as} exists and is open",
  "name.renamesNothing": "{pattern} matches no chosen index, so nothing would be renamed",
  "name.restoring": "{as} is being restored from this snapshot by {job}; wait until it has ended",
  "name.serves": "{as} was restored from this snapshot and already has the alias {alias}: there is nothing to restore",
  "name.taken": "{as} exists and was not created by this job",
  "name.twice": "{index} and {other} would both be restored as {as}",
  "name.unfinished": "{as} is an unfinished restore of this snapshot by {job}: the job did not succeed, or shards are missing",
  "running.restore": "a restore runs on {cluster}, of {indices}: this one begins when it has ended",
  "running.snapshot": "snapshot {snapshot} runs on {cluster}, in {repository}: the restore begins when it has ended",
  "shards.fewer":
    "with {replicas|replica|replicas} the cluster would have {after|open shard|open shards}, and it accepts {most} (cluster.max_shards_per_node): the restored indices get fewer replicas",
  "shards.fits": "{after|open shard|open shards}; the cluster accepts {most}",
  "shards.full":
    "the cluster has {open|open shard|open shards} and accepts {most} (cluster.max_shards_per_node): it would refuse {more} more",
  "shards.stateFull":
    "the cluster has {open|open shard|open shards}, and with the global state of the snapshot it accepts {most} (cluster.max_shards_per_node): it would then refuse {more} more",
  "types.several": "{index} has several mapping types ({types}), which 7.x refuses",
};
