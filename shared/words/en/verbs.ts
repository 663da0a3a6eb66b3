/** What jobs and other verbs say, by reason code. */
export const VERBS: Readonly<Record<string, string>> = {
  "adopt.aliasesDiffer":
    "the watch's aliases are on {index} and on {other}, which were restored from different snapshots: restore one of them behind all",
  "adopt.aliasSeveral": "alias {alias} is on several indices ({indices}): move it to one of them first",
  "adopt.copyEmpty": "{destination} has no root yet: the first copy will claim it",
  "adopt.copyEqual":
    "{root} at {destination} equals, byte for byte, the root that {copy} publishes of {from} at {source}. A mirror kept by another tool or another ossnap would be equal too, and a copy deletes old roots at its destination. If nothing else writes there: `ossnap adopt --yes --take-over {copy}`; otherwise give the copy another prefix",
  "adopt.copyOurs": "{root} at {destination} was published by this ossnap",
  "adopt.copyTaken":
    "{root} at {destination} equals, byte for byte, the root that {copy} publishes of {from} at {source}: taken over, as requested",
  "adopt.leftover":
    "{count|index restored earlier serves nothing and no job deletes it|indices restored earlier serve nothing and no job deletes them}; delete by hand: {indices}",
  "adopt.leftoverUnknown":
    "{count|index was|indices were} restored earlier from snapshots that the bucket no longer has, and {count|serves|serve} nothing: it is unknown whether this watch, a person or another deployment restored them; ask before you delete any: {indices}",
  "adopt.liveLost":
    "open jobs and remembered positions are lost, and the functions refuse to run until this is written; a pause is lost too: to pause again, `ossnap pause`",
  "adopt.noSlots":
    "{repository} has no good snapshot of {policy}; {others|snapshot of another writer is|snapshots of other writers are} left alone",
  "adopt.position": "{index} serves {snapshot}",
  "adopt.positionGone": "{index} serves a snapshot that is no longer at {url}; only newer ones are restored",
  "adopt.prove": "stored verdicts are not taken over: every snapshot of {repository} is verified again (names and metadata)",
  "adopt.pruneWaits":
    "timers delete nothing until a plan of the present policy {policy} has been applied by hand once; to show the plan: `ossnap prune {policy}`",
  "adopt.restoredInPart":
    "{snapshot} does not count as served: {count|index does not exist or has|indices do not exist or have} primaries that are not started ({indices}); the watch restores it like a new snapshot, and completes the indices that exist",
  "adopt.restoredNothing": "no index of the cluster was restored from this place",
  "adopt.running": "{snapshot} is still running and will be followed to its end",
  "adopt.servesNothing": "alias {alias} is on no index: nothing is served yet",
  "adopt.slot": "taken over: {snapshot} exists",
  "adopt.slotPassed": "taken over: the slot has passed, and {newest} is newer",
  "adopt.slots":
    "{policy}: {slots|slot has its snapshot|slots have their snapshots}, the newest {newest}; {others|snapshot of another writer is|snapshots of other writers are} left alone",
  "arrival.asked": "requested the restore {job}",
  "arrival.future":
    "{snapshot} starts at {startTime}, in the future: the clock of its source is wrong, or the time was forged; it is not restored before {until}",
  "arrival.incomplete": "{snapshot} is not whole yet: {missing|blob is|blobs are} missing, the first is {first}{where:within}",
  "arrival.notWhole": "{snapshot} is {verdict}: {damaged|blob is|blobs are} damaged, the first is {first}{where:within}",
  "arrival.overtaken": "{snapshot} is not newer than the served snapshot {by}",
  "arrival.parts":
    "{snapshot}: all blobs exist; {percent} % of {files|file|files} stored in several parts, whose names can be reused, are read ({verifiedBytes:bytes} of {bytes:bytes}){etaSeconds:eta}",
  "arrival.proving": "{snapshot}: {provenShards} of {shards|shard|shards} proven so far",
  "arrival.queued": "{snapshot} waits for {job}, which is older",
  "arrival.restoreEnded": "its earlier restore {job} ended as {state}; `ossnap jobs show {job}` shows why",
  "arrival.restores": "{snapshot} is proven whole ({blobs|blob|blobs}, {bytes:bytes}, level {level}); {job} restores it",
  "arrival.rootUnreadable": "{snapshot} waits: the newest root cannot be read: {message}",
  "arrival.seen": "root {root} lists {snapshot}",
  "arrival.superseded": "{by} is newer than {snapshot} and whole",
  "arrival.vanished": "{snapshot} is no longer in the newest root",
  "arrival.whole": "{snapshot} is proven whole: {blobs|blob|blobs}, {bytes:bytes}, level {level}",
  "backup.asked": "requested by {by} for slot {slot}",
  "backup.attempts": "no good snapshot after {attempts|attempt|attempts}; the last attempt ended as {last}{first:added}",
  "backup.attemptDue": "attempt {attempt} of {attempts} is due",
  "backup.late": "backup {policy} is {minutes} min late for slot {slot}",
  "backup.missed": "backup {policy} missed slot {slot}: no timer event arrived",
  "backup.missedSeveral":
    "backup {policy} missed {count|slot|slots}, {first} to {last}: no timer event arrived, and it is too late to run them",
  "backup.nextAttempt": "{because:reason}; attempt {attempt} of {attempts} starts at {at}",
  "backup.noTrace":
    "{snapshot} was accepted {attempts|time|times} and does not exist: check whether the cluster can write to the repository",
  "backup.notGood": "{snapshot} ended as {state}: {shardsFailed|shard|shards} failed{first:added}",
  "backup.otherIndices": "{snapshot} contains other indices than planned: {indices}",
  "backup.start": "starting {snapshot} with {count|index|indices}, attempt {attempt}",
  "backup.success": "{snapshot}: SUCCESS, {indices|index|indices}, {shards|shard|shards}, {seconds:duration}",
  "cancel.asked": "cancellation requested by {by}",
  "cancel.notRequested":
    "cancelled; {snapshot}, which is running under the name of this slot, was not requested by this job and is not deleted",
  "cancel.takeBack": "deleting {snapshot}, which is still running",
  "cancel.takeBackIndex": "deleting {index}, which this job restored",
  "cancel.tookBack": "{snapshot} is deleted",
  "cancel.tookBackIndex": "{index} is deleted",
  "cancel.unseen":
    "stopped as requested: the cluster runs no snapshot of this job, and one that was taken is not deleted; it could not be looked at ({code}): {message}",
  "pin.absent": "{snapshot} is not pinned in {repository}",
  "plan.carriedOut": "plan {asked} was carried out at {at}, and nothing is deleted now: read the current plan before you apply it",
  "plan.stale": "plan {asked} is out of date, the current plan is {now}: read it before you apply it",
  "restore.again": "{index}: interrupted at {started} of {shards|shard|shards}; deleted, to be restored again",
  "restore.asked": "requested by {by}",
  "restore.brokenOff":
    "{index}: {started} of {shards|shard|shards} started, and no restore is running any more: the cluster restarted, or the other shards failed{why:added}",
  "restore.countsDiffer": "{index} has {found|document|documents}, the snapshot has {expected}; nothing was switched",
  "restore.counted":
    "{index} has {documents|document|documents} in {shards|shard|shards}, whose files the cluster compared with their checksums; how many documents the snapshot has is not known{source:wayOut}",
  "restore.countsEqual": "{index} has {documents|document|documents}, as many as the snapshot{mapping:wayOut}{source:wayOut}",
  "restore.done": "{snapshot} restored as {indices}, {documents|document|documents}{seconds:took}{mapping:wayOut}",
  "restore.goesOn": "alias {alias} moves although {index} was written to, as {by} asked",
  "restore.gone": "{index} vanished after it was restored",
  "restore.keptServing": "{because:reason}; {kept} is kept because it has the alias {aliases}",
  "restore.leftOver": "{because:reason}; could not be deleted, delete by hand: {left}",
  "restore.noPreflight": "the preflight waits until the repository is registered",
  "restore.planned": "the preflight passes: {checks|check|checks}, {warnings|warning|warnings}",
  "restore.progress":
    "{index}: {started} of {shards|shard|shards}, {bytesRecovered:bytes} of {bytesTotal:bytes}{bytesPerSecond:rate}{etaSeconds:eta}{why:added}",
  "restore.refused": "the preflight fails: {refusals:reason}{fix:wayOut}",
  "restore.replicas": "raising {index} to {replicas|replica|replicas}",
  "restore.replicasRefused":
    "{index} has {replicas|replica|replicas} instead of {wanted}, because the cluster refused more{message:added}; make room, and set index.number_of_replicas by hand",
  "restore.replicasSet": "{index} has {replicas|replica|replicas}",
  "restore.replicasUnseen":
    "{index} has {replicas|replica|replicas} instead of {wanted}, because the cluster accepted the request and it had no effect; check the index's settings, and set index.number_of_replicas by hand",
  "restore.settle": "recording which snapshot is served now",
  "restore.settled": "the index that served before is kept for a while: {kept}",
  "restore.shardsDown": "{index}: only {started} of {shards|shard|shards} started; nothing is switched before all of them are",
  "restore.shardsFailed": "{index}: only {started} of {shards|shard|shards} could be restored{why:added}",
  "restore.start": "restoring {index} as {as}: {shards|shard|shards}, {bytes:bytes}",
  "restore.started": "{as} is being restored",
  "restore.starting": "the cluster is starting the restore of {index}",
  "restore.stuck": "{index}: no progress for {minutes} min at {started} of {shards|shard|shards}{why:added}",
  "restore.swap": "moving alias {alias} to {to} in one request",
  "restore.swapSeveral": "moving {aliases} to {to} in one request",
  "restore.swapped": "alias {alias} is now on {to} alone",
  "restore.swappedSeveral": "moved {aliases} to {to}",
  "restore.unlisted": "waits: blobs of {snapshot} are being written by {job}; the destination does not list it until they are there",
  "restore.waitsGreen": "{index}: {unassigned|replica is|replicas are} not assigned yet",
  "restore.writtenSince":
    "{index} has changed since it serves alias {alias} (writes: {writes}; {found|document|documents} now, {documents} then), and the restored index does not hold that: the alias is not moved. `ossnap jobs resume {job}` moves it, `ossnap jobs cancel {job}` leaves it",
  "retire.delete": "deleting {index}",
  "retire.deleted": "{index} is deleted",
  "retire.gone": "{index} was already gone",
  "retire.kept": "{index} is kept until {until}",
  "retire.neededBack": "{index} is kept: {rollback} puts the alias back on it",
  "retire.overBytes": "deleting {index} before its time: what is kept takes {bytes:bytes} with it, and keepOldBytes allows {most:bytes}",
  "retire.notOurs": "the name {index} now belongs to another index, which is not deleted",
  "retire.serves": "{index} still has an alias ({aliases}), so it is not deleted",
  "retire.unserved":
    "{index} is kept beyond its deletion date because it may be the last copy: alias {alias} is on no other index whose primaries are all started; restore a snapshot behind the alias, or delete the index by hand and cancel {job}",
  "retire.unservedNoAlias":
    "{index} is kept beyond its deletion date because it may be the last copy: no other index that was restored under its name has an alias and all its primaries started; restore a snapshot behind its alias, or delete the index by hand and cancel {job}",
  "snapshot.ahead":
    "{snapshot} is dated {time}, in the future: the clock of its writer was wrong, or the date was changed, and it may be older than other snapshots",
  "snapshot.ambiguous": "{snapshot} is ambiguous, because {root} lists several snapshots of that name or uuid: give one of {uuids}",
  "snapshot.foreign": "{snapshot} exists and was written by another writer",
  "snapshot.found": "every snapshot of {repository} can be listed again",
  "snapshot.indexNotHeld": "{snapshot} does not contain {indices}",
  "snapshot.latestUnclear":
    "the newest snapshot of {root} is unclear: entries that cannot be read, or that occur twice, may be newer ({snapshots}); verify one by its uuid, or all",
  "snapshot.lost":
    "repository {repository}: {count|snapshot has lost its own blob, or its entry in the root cannot be read|snapshots have lost their own blobs, or their entries in the root cannot be read} ({keys}; {snapshots}), as after an interrupted deletion: the cluster can neither list nor restore such a snapshot, and a listing of all snapshots fails; the others are handled as usual. Put the blob back, or delete the snapshot: DELETE _snapshot/{repository}/NAME (up to 6.x, which answers that with 404, put an empty object in the blob's place first)",
  "snapshot.mounted":
    "{index} in {snapshot} is a mounted index without data of its own: restoring it needs snapshot {of} ({uuid}) of repository {repository}",
  "snapshot.foundBroken": "{snapshot} was found {verdict} by the proof of {at}",
  "snapshot.holdsDamage": "{snapshot} refers to {blob}, which a proof found damaged or missing",
  "snapshot.sharesDamage": "{snapshot} refers to {blob}, which the proof of {finder} found damaged or missing",
  "snapshot.unproven": "{snapshot} is not proven: {because:reason}",
  "snapshot.newestBroken":
    "{newest} is newer, and is not taken: {snapshot} is the newest good snapshot without a known fault. To check {newest} again: `ossnap verify {repository} --snapshot {newest}`",
  "snapshot.newestLacks": "{newest} is newer and does not hold all of {indices}: {snapshot} is the newest good snapshot that does",
  "snapshot.noneGood": "{root} lists no good snapshot",
  "snapshot.notListed": "{root} does not list {snapshot}{near:meant}",
  "snapshot.unreadOnCluster":
    "{cluster} cannot read {snapshot} in {repository} now, so a restore would wait or fail until it can: {message}",
  "snapshot.notOnCluster":
    "{cluster} finds no snapshot {snapshot} in its repository {repository}, although the bucket of ossnap.yaml lists it ({uuid}): the registration points to another place, or the cluster has not read the newest root",
  "snapshot.unreadable": "{cluster} cannot read the lists of files of {snapshot}, so it cannot restore it: {message}",
  "snapshot.notRestorable": "{snapshot} is not restorable: state {state}",
  "snapshot.otherContents":
    "{snapshot} has the uuid {uuid} that was proven at {at} with other contents; Elasticsearch never changes a snapshot: another program did. Compare both, and delete {key} in the state if the present contents are right",
  "snapshot.otherOnCluster":
    "{snapshot} in repository {repository} of {cluster} is another snapshot ({found}) than the one in the bucket of ossnap.yaml ({uuid}): the registration points to another place",
  "snapshot.progress":
    "{snapshot} is running: {initializing} INITIALIZING, {started} STARTED, {finalizing} FINALIZING, {done} DONE, {failed} FAILED of {shards|shard|shards}; {bytesDone:bytes} of {bytes:bytes} ({percent} %), {bytesPerSecond:bytes}/s, {leftSeconds:duration} left",
  "snapshot.running": "{snapshot} is running: {shardsDone} of {shardsTotal|shard|shards} done",
  "snapshot.shallow":
    "{snapshot} of {version} is shallow: its data is in the remote store of that cluster and not in the repository, so that it cannot be restored from here",
  "snapshot.shardFailed": "{snapshot}: shard {index}[{shard}] failed",
  "snapshot.sharedName":
    "{root} lists several snapshots named {snapshot} ({uuids}): Elasticsearch's API takes names only, and may restore or delete another one than you mean",
  "snapshot.started": "{snapshot} has started",
  "snapshot.startedBehind": "{snapshot} has started; the cluster's clock is {minutes|minute|minutes} behind",
  "snapshot.stuckFinishing":
    "{snapshot} has made no progress since {since}: all {shards|shard|shards} ended, and the master does not finish it. Either it cannot write into the repository (expired keys, a read-only bucket), or it lost the task. Check the repository, then `ossnap jobs cancel {job}`, which deletes the running snapshot; if it is still there ten minutes later, restart the elected master node",
  "snapshot.stuckSending":
    "{snapshot} has made no progress since {since}: {done} of {shards|shard|shards}, {bytesDone:bytes}. The nodes can no longer reach the store, or their keys expired. Check both, then `ossnap jobs cancel {job}`, which deletes the running snapshot; other snapshots are not affected",
  "snapshot.stuckWaiting":
    "{snapshot} has made no progress since {since}: {waiting|shard waits|shards wait} in INIT, as when a node left or is busy with another snapshot. Check that all nodes are there, then `ossnap jobs cancel {job}`, which deletes the running snapshot; if it is still there ten minutes later, restart the elected master node",
  "snapshot.throttled":
    "{snapshot} is running: {done} DONE, {failed} FAILED of {shards|shard|shards}; {bytesDone:bytes} of {bytes:bytes} ({percent} %), {leftSeconds:duration} left at {bytesPerSecond:bytes}/s, which is what max_snapshot_bytes_per_sec ({limit} per node) allows; {needed} in the repository's settings would halve it, if disks and network can",
  "snapshot.unknown": "repository {repository} does not list {snapshot}{near:meant}",
  "snapshots.unseen": "the snapshots of {repository} cannot be listed: {message}",
  "snapshot.unlisted":
    "the cluster cannot list all snapshots of {repository}: {message}; the others are handled as usual; add blobs: to the repository in ossnap.yaml, and ossnap names the lost blob",
  "snapshot.vanished": "{snapshot} no longer exists; trying again",
  "snapshot.version1": "{snapshot} was written by Elasticsearch 1.x, which ossnap cannot read",
  "verification.asked": "requested by {by}",
  "verification.broken":
    "{snapshot} is {verdict} ({level}): {missing|blob is|blobs are} missing, {damaged} damaged; `ossnap verify {repository}` shows which snapshots are affected, and a new snapshot by hand replaces it",
  "verification.copyAgain":
    "{whole} of {restorable|restorable snapshot|restorable snapshots} whole ({level}); this is a copy: copy it again, after deleting at the source what is broken there too: {remove}",
  "verification.done": "{whole} of {restorable|restorable snapshot|restorable snapshots} whole ({level})",
  "verification.gone": "{snapshot} is no longer listed, so there is nothing left to verify",
  "verification.nothingWhole":
    "0 of {restorable|restorable snapshot|restorable snapshots} whole ({level}): if a copy is still running, verify again when it has finished; otherwise `ossnap verify {repository}` shows what helps",
  "verification.progress": "{proven|snapshot|snapshots} verified, {open} left",
  "verification.proposal":
    "{whole} of {restorable|restorable snapshot|restorable snapshots} whole ({level}); to make the rest usable, delete the others through Elasticsearch's API, or copy the repository again if it is a copy: {remove}",
  "verification.proposalAtWriter":
    "{whole} of {restorable|restorable snapshot|restorable snapshots} whole ({level}); to make the rest usable, delete the others from {repository} on {cluster}: {remove}; `ossnap delete --broken --repository {repository}` shows what that does",
};
