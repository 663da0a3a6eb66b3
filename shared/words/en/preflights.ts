/** What a restore's dry run says of the target's disks, of work there, and of names. */
export const PREFLIGHTS: Readonly<Record<string, string>> = {
  "disk.belowHigh": "below the high watermark ({high})",
  "disk.fewer":
    "with {replicas|replica|replicas} the indices need {bytes:bytes}, and the room on {nodes|data node|data nodes} is {room:bytes} {limit:reason}: they will serve without some of their replicas",
  "disk.fits":
    "the indices need {bytes:bytes} with their replicas; the room on {nodes|data node|data nodes} is {room:bytes} {limit:reason}",
  "disk.freeOnly": "(no watermarks apply)",
  "disk.full":
    "one copy of the indices needs {bytes:bytes}, and the room on {nodes|data node|data nodes} is {room:bytes} {limit:reason}: some shards would never start",
  "disk.shard":
    "a shard of {index} has about {bytes:bytes}, and no data node has more than {room:bytes} below the low watermark ({low}): it may not be placed",
  "disk.shardFree": "a shard of {index} has about {bytes:bytes}, and no data node has more than {room:bytes} of free space",
  "disk.unknown": "whether the indices fit on the disks is unknown: {message}",
  "name.closedOther":
    "{as} exists and is closed, with {there|shard|shards}; {index} has {shards|shard|shards}, and no cluster restores over an index with another number",
  "running.restore": "a restore runs on {cluster}, of {indices}: this one begins when it has ended",
  "running.snapshot": "snapshot {snapshot} runs on {cluster}, in {repository}: the restore begins when it has ended",
};
