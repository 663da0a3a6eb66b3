/** What a person can do about a fault; appended to its sentence. */
export const WAYS_OUT: Readonly<Record<string, string>> = {
  "wayOut.addRegister": "add register to repositories.{repository} in ossnap.yaml, or restore by a watch on that cluster",
  "wayOut.aliasName": "write one name without blanks and special characters",
  "wayOut.archive":
    "reindex it on a version in between: what {created} created has to be rewritten; or, with an Enterprise licence, let {target} restore it itself as a read-only archive index (POST _snapshot/REPOSITORY/SNAPSHOT/_restore)",
  "wayOut.compare": "compare it with ossnap.yaml: `ossnap repositories`",
  "wayOut.completeRoot": "put a complete root back from another copy or from an earlier version of the bucket",
  "wayOut.copyApart":
    "copy the snapshot with ossnap into a prefix of its own (copies, with snapshots: latest or since), and restore from there",
  "wayOut.as": "give each index a name of its own that Elasticsearch accepts, such as --as 'restored-*' (HTTP: as)",
  "wayOut.deleteIndex": "delete {index} first, if it is no longer needed",
  "wayOut.disk":
    "free disk space or add a data node, restore fewer indices or replicas, or change cluster.routing.allocation.disk.watermark.*",
  "wayOut.backupFirst":
    "stop what writes to it and take a backup of {index} (`ossnap backup POLICY`); before 6.0 also block its writes: PUT /{index}/_settings with index.blocks.write true",
  "wayOut.backupOrLose":
    "stop what writes to it and take a backup of {index} (`ossnap backup POLICY`; before 6.0 also block its writes: PUT /{index}/_settings with index.blocks.write true); or declare that what it holds may be lost: --lose-old (HTTP: loseOld: true)",
  "wayOut.beside": "restore beside it: leave out --over (HTTP: over)",
  "wayOut.besideAlias": "restore beside it, behind the alias: --alias {alias} (HTTP: alias) instead of --over",
  "wayOut.files":
    "put them into the config directory of every node, then declare it: --files-there (HTTP: filesThere: true, ossnap.yaml: restore.filesThere: true); or leave {index} out",
  "wayOut.indices": "the snapshot contains {held}",
  "wayOut.leaveOut": "leave {index} out, or reindex it at the source",
  "wayOut.moveAlias": "restore it once more beside {index}: --older (HTTP: older: true); or move {alias} to {index} with POST /_aliases",
  "wayOut.newerCluster": "restore it on a cluster of {written} or newer",
  "wayOut.onlyFine": "restore only what is whole in it ({count|index|indices}): {fine}; or restore another snapshot",
  "wayOut.openIndex": "open {index} first (POST /{index}/_open), or delete it if it is no longer needed",
  "wayOut.openOrLose":
    "open {index} first (POST /{index}/_open), or declare that what it holds may be lost: --lose-old (HTTP: loseOld: true)",
  "wayOut.older": "restore without an alias, or move it back on purpose: --older (HTTP: older: true)",
  "wayOut.oneIndex": "name one index, or leave out the alias",
  "wayOut.elasticsearch": "name a cluster of Elasticsearch as the target",
  "wayOut.openSearch": "restore it on OpenSearch, and move the documents from there with Elasticsearch's _reindex from a remote cluster",
  "wayOut.otherAlias": "choose another alias than {alias}",
  "wayOut.otherSnapshot": "restore another snapshot",
  "wayOut.plugin": "install {plugin} on every node, or leave {index} out",
  "wayOut.rateConfigured":
    "write max_restore_bytes_per_sec: {rate} into repositories.{repository}.register.settings of ossnap.yaml and register it (`ossnap repositories register {repository} --apply`), or leave the rate out",
  "wayOut.rateOthers":
    "set max_restore_bytes_per_sec where it is registered, or restore by a watch, whose read-only registration is ossnap's own; or leave the rate out",
  "wayOut.recoveryRate": "raise it for all recoveries of the cluster: PUT /_cluster/settings",
  "wayOut.loseState":
    "keep what is there in a snapshot first (a policy with globalState and featureStates), then declare that it may be lost: --lose-old (HTTP: loseOld: true)",
  "wayOut.leaving": "add a data node, or take the shutdown back: GET /_nodes/shutdown names them, DELETE /_nodes/NODE/shutdown",
  "wayOut.upgrade": "upgrade the data nodes first",
  "wayOut.placement": "when what it was set for is over, take it back: PUT /_cluster/settings {body}",
  "wayOut.nameTaken": "restore it under another name: --as 'restored-*' (HTTP: as); or delete {index} first, if it is no longer needed",
  "wayOut.noStates": "leave it out",
  "wayOut.noWatermarks": "leave the global state out, which brings this watermark, or free disk space",
  "wayOut.states": "send it yourself, without any other index: POST /_snapshot/{repository}/{snapshot}/_restore {body}",
  "wayOut.streamAs": "give it another name: --as 'restored-*' (HTTP: as); or delete what has the name",
  "wayOut.withGlobal": "restore a snapshot that has one: a policy takes it along with globalState: true",
  "wayOut.register": "register it first: `ossnap repositories register {repository} --apply`",
  "wayOut.removeAliases": "remove them first (POST /_aliases), or choose another alias",
  "wayOut.replaceIndex":
    "choose another alias than {alias}; or let the swap remove the index: --replace-index (HTTP: replaceIndex: true), for which it must be in a proven snapshot",
  "wayOut.reindex": "reindex it on a version in between: what {created} created has to be rewritten",
  "wayOut.sameAlias": "give {alias} the same properties on all its indices, or remove it from all but one: POST /_aliases",
  "wayOut.shards": "close or delete indices, or raise cluster.max_shards_per_node",
  "wayOut.status": "`ossnap status` lists them",
  "wayOut.waits": "wait: a restore waits for up to 4 h; delete the index of a running restore that makes no progress",
  "wayOut.share": "share it: `ossnap shared add {instance} --to {cluster} --yes`",
  "wayOut.wholeOnly": "restore another snapshot, or only the indices that are whole in this one; while a copy is running, wait for its end",
};
