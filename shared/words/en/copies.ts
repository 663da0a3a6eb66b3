/** What copies say, by reason code. */
export const COPIES: Readonly<Record<string, string>> = {
  "copy.ahead":
    "copy {copy}: the source has snapshots dated in the future, because its clock was wrong: {snapshots}; until those times, none of them counts as the newest one, and those of a policy are ordered by the slot in their names",
  "copy.asked": "requested by {by}",
  "copy.attempts": "the task of batch {batch} ended {attempts|time|times} without a result; the log of the copy function shows why",
  "copy.begun": "{batches|batch|batches} planned",
  "copy.broken":
    "copy {copy}: {count|older snapshot is|older snapshots are} no longer whole at the source: {snapshots} ({first}); the destination still lists those of which it has all blobs: {kept}; it no longer lists: {left}",
  "copy.checked": "{blobs|blob|blobs}, {bytes:bytes} read at the destination: {different|blob is|blobs are} not as recorded",
  "copy.checkedWhole": "nothing to copy: {blobs|blob|blobs}, {bytes:bytes} were read at the destination, and all are as recorded",
  "copy.checkMoved": "{blobs|blob|blobs}, {bytes:bytes} read so far: {different|blob is|blobs are} not as recorded",
  "copy.checkPlanned": "{blobs|blob|blobs}, {bytes:bytes} to read at the destination",
  "copy.checkRunning": "{done} of {batches|batch|batches} read",
  "copy.checkTask": "reading batch {batch} of {batches} at the destination, attempt {attempt}",
  "copy.cut": "{key} is too short: expected {expectedBytes} B, found {foundBytes} B{because:added}",
  "copy.damaged": "{key} differs from what the catalogue records{because:added}",
  "copy.deleted": "{blobs|blob|blobs}, {bytes:bytes} deleted at the destination",
  "copy.deleteUnneeded": "deleting {blobs|blob|blobs}, {bytes:bytes} at the destination that no snapshot listed there has needed for a day",
  "copy.doneCleaned":
    "{blobs|blob|blobs}, {bytes:bytes} copied; {root} published; {deletedBlobs|blob|blobs}, {deletedBytes:bytes} deleted that no listed snapshot needs",
  "copy.done": "{blobs|blob|blobs}, {bytes:bytes} copied; {root} published",
  "copy.failed": "{key} could not be copied{because:added}",
  "copy.foreignRoot": "{destination} has {root}, which this copy did not publish: give the copy a destination of its own",
  "copy.gap": "{missing|blob is|blobs are} missing at the destination, the first is {first}",
  "copy.gapSize":
    "{missing|blob is|blobs are} missing at the destination or not as large as at the source, the first is {first}: expected {expectedBytes} B, found {foundBytes} B",
  "copy.goesOn": "the time of a task was up; another one continues batch {batch} after {blobs|blob|blobs}, {bytes:bytes}",
  "copy.late": "{key} was not copied: the time of the task was up",
  "copy.leftUnlisted":
    "copy {copy}: {snapshots|snapshot was|snapshots were} removed from the list of {destination}, because a copy ended before it listed them again; the next copy lists them again: `ossnap copy {copy}`",
  "copy.listedAgain": "copy {copy}: {destination} lists everything again that the source has of what was published there",
  "copy.moved": "{blobs|blob|blobs}, {bytes:bytes} copied so far",
  "copy.noRoot": "{source} has no root (index-N), so there is nothing to copy yet: check its place, or wait for its first snapshot",
  "copy.noSnapshots": "{root} of {source} lists no good snapshot that the copy selects",
  "copy.notAhead": "copy {copy}: no snapshot at the source is dated in the future any more",
  "copy.notBroken": "copy {copy}: every snapshot that it published is whole at the source again, or gone from its root",
  "copy.notEmpty": "{destination} is not empty and was not written by this copy: give the copy an empty prefix",
  "copy.nothing": "nothing to copy: the destination already has all of {root}",
  "copy.olderPlan": "the plan of an earlier version does not record which blobs were verified: planning again",
  "copy.otherRoot": "{destination} has another {root}: another process writes there",
  "copy.outage": "a store has not answered since {since}: {key} could not be copied{because:added}",
  "copy.planned": "{blobs|blob|blobs}, {bytes:bytes} to copy; {skippedBlobs|blob is|blobs are} already at the destination",
  "copy.publish": "all blobs are at the destination; publishing {root}",
  "copy.published": "{root} published at {destination}",
  "copy.queued": "waits: {job} copies the same snapshots",
  "copy.readBy": "waits: {job} restores from a snapshot that must be unlisted at the destination while blobs are written",
  "copy.reading": "reading the source and the destination takes longer than one tick",
  "copy.replaced":
    "{missing|blob differs|blobs differ} from what this copy verified at the destination, the first is {first}: another process has written it since",
  "copy.rootDamaged":
    "{root} of {destination}, which this copy published, is damaged{because:within}: delete that object and copy again; the copy then lists again what it published there and the source still has",
  "copy.running": "{done} of {batches|batch|batches} copied",
  "copy.sourceMoved": "{snapshot} is no longer at the source, whose root is now {root}: planning again",
  "copy.sourceNotWhole":
    "{snapshot} is not whole at the source: the first faulty blob is {first}{where:within}; put it back, or delete the snapshot at the source",
  "copy.task": "copying batch {batch} of {batches}, attempt {attempt}",
  "copy.taskStarted": "batch {batch} is being copied",
  "copy.unanswered": "a store did not answer while {key} was being copied; the next attempt is at {until}{because:added}",
  "copy.unlist":
    "removing {snapshots|snapshot|snapshots} from the destination's list ({root}) while blobs are written; the new root lists {again} of these again",
  "copy.unlisted": "until the new root is published, the destination does not list {snapshots|snapshot|snapshots} that it listed before",
  "copy.vanished": "{key} vanished at the source: planning again",
  "copy.version2":
    "{source} was written by Elasticsearch 2.x, whose root cannot be copied: list its snapshots once on Elasticsearch 5.x with a writable registration, which writes index-0, or copy the whole folder with another tool",
  "copy.wouldLeave": "the destination would no longer list {count|snapshot|snapshots} that it lists now: {snapshots}",
  "copy.unneeded":
    "{blobs|blob|blobs}, {bytes:bytes} at the destination are needed by no snapshot that it would list; the setting unneeded of the copy would delete them after a day",
  "copy.wouldUnlist":
    "while blobs are written, the destination does not list {snapshots|snapshot|snapshots} that it lists now; afterwards {again} of them again",
  "copy.writing": "waits until {until}: a write of {job} was not answered and may still arrive at the destination",
};
