/** Sentences about a root, and about what stands in its place or hides it. */
export const ROOTS: Readonly<Record<string, string>> = {
  "place.links":
    "{count|link is|links are} not followed (first {url}/{first}): what a link leads to counts as missing here, because it may lead anywhere, although a cluster may read it; copy the files instead of linking them, or give the real path",
  "place.linksWithPointer":
    "{count|link is|links are} not followed (first {url}/{first}), index.latest among them, so that it is unknown which root it names: a link may lead anywhere; copy the files instead of linking them, or give the real path",
  "repository.hiddenRoot":
    "Elasticsearch treats {key} of {url} as the newest root, although no repository has such a generation, and therefore reads nothing else: delete that object",
  "repository.linkedRoot":
    "{key} of {url} is a link, which ossnap does not read because it may lead anywhere; Elasticsearch treats it as the newest root, so ossnap sees an older state than Elasticsearch does: put a copy of the file there",
  "repository.noRoot":
    "{url} has no root (index-N), so it is no repository: check bucket and base path, or wait until a copy into it has finished",
  "repository.noSuchGeneration":
    "{key} of {url} is not a root, because no repository has such a generation, and there is no other root; delete that object",
  "repository.onlyLinkedRoot":
    "the root of {url}, {key}, is a link, which ossnap does not follow because it may lead anywhere: put a copy of the file there",
  "repository.rootsLost":
    "the roots of {url} are lost: index.latest names index-{generation}, which does not exist, so Elasticsearch treats the repository as empty: put the root back from a copy or an earlier version of the bucket",
  "root.ambiguous":
    "{root} may not be the newest state of this repository ({why}): nothing is restored from it until that is resolved; delete the roots that do not belong there, or, if {root} is right, restore one of its snapshots from {repository} by hand, behind the alias of the watch",
  "root.clear": "it is certain again that {root} is the newest state of the repository",
  "root.faultyEntries":
    "{root} has {count|entry|entries} that ossnap cannot read (of {snapshots}), and it proposes to delete nothing whose blobs it does not know: put {root} back from another copy or from an earlier version of the bucket; or try whether the cluster that writes here still lists such a snapshot and deletes it by its name (DELETE _snapshot/REPOSITORY/NAME), which is not measured, and verify again",
  "root.moved": "the newest root no longer lists what was proven",
  "root.unindexed":
    "{root} does not list {count|index|indices} whose metadata its snapshots name (first id {id}, of {snapshot}): Elasticsearch 7.9 and later list, restore, delete and write nothing in this repository; put a complete {root} back from another copy or from an earlier version of the bucket, and verify again: until then every deletion is answered with 500",
  "root.unlisted":
    "{root} names {count|snapshot|snapshots} that it does not list (first {uuid} of index {index}): Elasticsearch 5.x fails at its next write, and later versions read nothing of it; a copy made by ossnap leaves them out",
  "root.vanishes":
    "the root of {url} disappeared several times while it was read: another process deletes it; try again when that process has ended",
  "survey.tooManyShards":
    "{root} names {shards|shard|shards}, and a survey takes at most {most|shard|shards}: the repository was not surveyed, and nothing is known to be wrong with it; verify proves single snapshots of it (--snapshot NAME)",
  "root.wrongPointer":
    "index.latest names {latest}, but the newest root is {root}: clusters that can list the repository ignore it, and one that cannot, as of type url, reads another root or none; its next snapshot corrects it",
};
