/** What is said of configurations, clusters, repositories and blobs, by reason code. */
export const WORLD: Readonly<Record<string, string>> = {
  "basePath.character": "the base path contains a character that not every store preserves",
  "basePath.control": "the base path contains a control character, or one that is not visible",
  "basePath.dots": 'the base path contains a folder named "." or ".."',
  "basePath.emptySegment": "the base path contains an empty folder name",
  "basePath.leadingSlash": "the base path starts with a slash, so objects land under an empty folder name",
  "basePath.tooLong": "the base path is too long for the keys below it",
  "chunk.copyRepeat": "a copy that is interrupted repeats at most {chunkBytes:bytes} of a blob",
  "chunk.defaultServes": "the default chunk size of type {type} is suitable",
  "chunk.ossLargest": "{maxBytes:bytes} is the largest chunk size that type oss accepts",
  "chunk.typeLargest": "{maxBytes:bytes} is the largest chunk size that type {type} accepts",
  "clock.skew": "this machine's clock differs from the store's by {seconds} s: synchronise it (NTP)",
  "cluster.openSearch": "{cluster} runs {version}; ossnap takes snapshots there, and restores to Elasticsearch only",
  "cluster.restoreRuns": "another client's restore is running on {cluster}: {indices}",
  "cluster.shardLimit": "{message}",
  "cluster.snapshotRuns": "another client's snapshot {snapshot} is running in {repository} on {cluster}",
  "config.changed":
    "{section}.{name} has changed in ossnap.yaml ({fields}) since the job was requested: nothing more is started, and started work is finished or undone; request the job again if it is still wanted",
  "config.entryGone": "{section}.{name} is no longer in ossnap.yaml",
  "config.gone":
    "{section}.{name} is not in the ossnap.yaml with which the functions were deployed, or npm start began: nothing more is started, and started work is finished or undone",
  "config.invalid": "ossnap.yaml has faults: {faults}",
  "config.noBlobs": "repositories.{repository}.blobs is missing, so its bucket cannot be read; add it",
  "config.syntax": "ossnap.yaml is not YAML",
  "config.unknown": "{section} has no {name}; known: {known}",
  "effect.refused": "{effect} was refused: {message}",
  "effect.unanswered": "{effect} was requested, and no answer arrived: {message}",
  "effect.unknown": "{effect} was not requested, because the current state could not be read: {message}",
  "effect.unseen": "{effect} was requested and has no visible result yet",
  "event.foreign": "{bucket}/{key} belongs to no watch",
  "event.noRoot": "{key} is not a root blob",
  "format.crc32": "{subject}: the footer records CRC32 {expected}, the bytes have {found}",
  "format.invalid": "{subject}: {problem}",
  "gather.failed": "could not read the current state ({code}): {message}",
  "gather.failedIdle": "could not read the current state ({code}), and the cluster runs nothing of this job: {message}",
  "job.absent": "there is no job {id}{near:meant}",
  "job.alreadyDone": "already done",
  "job.notHeld": "{job} does not wait for a person ({state})",
  "job.aside":
    "job {job} is put aside and not tried again before {until}: {times|invocation|invocations} in a row ended or ran out of time while reading its blobs; other jobs are not affected. Give the function more memory (memorySize) or a longer timeout, or repair the repository; to try again at once: `ossnap resume`",
  "job.asideOver": "job {job} is no longer put aside",
  "job.cancelled": "stopped as requested",
  "job.beingCancelled": "{job} is being cancelled; ask again when it has ended: `ossnap jobs show {job}`",
  "job.claimed": "{effect} is in progress until {until} at the latest",
  "job.deadline": "this invocation has no time left; the next one continues",
  "job.error": "{message}",
  "job.inTask": "a background task is working on it",
  "job.lost": "another process advanced the job at the same moment",
  "job.moves": "advanced {moves|time|times} in this invocation, which is the limit; the next one continues",
  "job.notGivenBack": "could not give back what it took, tried since {since}: {because:reason}",
  "job.patience": "gave up at {until}: {because:reason}",
  "job.paused": "ossnap is paused",
  "job.refused": "{effect} was refused and is tried again after {until}: {because:reason}",
  "job.readAgain": "job {job} can be read again, or is gone",
  "job.recordUnreadable": "this record cannot be read: {message}",
  "evidence.damagedRecord":
    "{message}; verify the snapshot with uuid {uuid} at level contents, which replaces the record, or put it back from a copy",
  "job.gaveBack": "job {job} has ended",
  "job.givingBack": "job {job} gave up and could not give back yet what it took{effect:within}, which it tries for a day: {because:reason}",
  "job.unreadable": "job {job} cannot be read, so it is not moved, and what it needs is unknown: {message}",
  "job.unreadableDone": "how job {job} ended cannot be read: {message}",
  "job.unstarted": "the work takes longer than a tick, and no background task could be started: {message}",
  "lane.busy": "waits: {job} is working on {cluster}",
  "lane.queue": "waits: {job} is the next one on {cluster}",
  "listing.outOfOrder": "the listing returned {key} after {previous}: a page was repeated or left out",
  "look.aside":
    "{look} is put aside: {times|invocation|invocations} died while reading {reads}. It is checked again after 1 h, then once a day, and at once when there is a new root; the other entries are checked as usual. Give the function more memory (memorySize), or repair the root; to check again at once: `ossnap resume`",
  "look.failed": "checking {look} failed: {message}",
  "look.fine": "{look} can be checked again",
  "notice.unreadable": "an open notice cannot be read ({object}): {message}. Put the object back from a copy, or delete it",
  "place.absent": "{place} does not exist; correct the address, or create it",
  "proof.outOfTime": "the proof ran out of time at level {level}",
  "proof.parts":
    "all blobs exist; time ran out while reading {files|file|files} stored in several parts, whose names can be reused: {percent} %, {verifiedBytes:bytes} of {bytes:bytes}; the next check continues from there",
  "read.outOfTime":
    "{url}: the time of this invocation ended before {key} was read: there is more to read than it has time for, or the store is slow; it is read again in a task with more time, otherwise give the function a longer timeout",
  "registration.absent": "is not registered",
  "registration.byNobody": "has no register in ossnap.yaml, and its cluster does not list it; ossnap reads its blobs only",
  "registration.byOthers": "is registered by another client; ossnap only reads it",
  "registration.different": "is registered with other settings (cluster → ossnap.yaml): {changes}",
  "registration.failed": "is registered as configured, but cannot be used: {message}",
  "registration.notOurs": "repositories.{repository} has no register in ossnap.yaml: ossnap only reads it",
  "registration.same": "is registered as configured",
  "registration.secretsChanged": "is registered with other keys than those now in ossnap.yaml",
  "registration.throttled": "is registered as configured, but for the rate of {rate} a second that {restore} asked for",
  "registration.unverified": "is registered as configured, but ossnap has never verified it",
  "repository.absent": "{repository} is not registered on {cluster}",
  "repository.notShared": "{repository} is not registered on {cluster}: its instance is not shared with it",
  "repository.absentByOthers": "{repository} is not registered on {cluster}, and has no register in ossnap.yaml",
  "repository.keysHidden": "{cluster} no longer returns keys of repositories in clear",
  "repository.keysShown":
    "{cluster} returns {settings} in clear to everyone who may read repositories (GET _snapshot): restrict that permission, and give the keys of each repository rights on its bucket alone",
  "repository.otherCluster": "{repository} is registered on {cluster}, not on {to}",
  "repository.overwrites":
    "{repository} on {cluster} has settings that ossnap did not register and that ossnap.yaml would change ({settings}): write them into ossnap.yaml, or overwrite them: `ossnap repositories register {repository} --apply --overwrite`",
  "repository.disabled": "{message}",
  "repository.disabledByItself":
    "{message}. The newest root is of {cluster} itself, so it writes there through another registration: delete that one, which deletes no snapshot (DELETE _snapshot/NAME), or make it read-only: {names}",
  "repository.readonly": "{message}",
  "repository.readonlyThere":
    "{message}; `ossnap repositories register {repository}` shows what ossnap.yaml would change there, with --apply it does it, and the job continues",
  "repository.register": "registering {repository}",
  "repository.registered": "{repository} is registered",
  "repository.taken":
    "{repository} on {cluster} is registered as another repository: {settings}. Choose another name, or delete that registration first",
  "repository.unreadable": "a blob of the repository is missing, or {cluster} cannot read it",
  "repository.version1": "{url} was written by Elasticsearch 1.x ({key}), which ossnap cannot read; it reads 2.4 and newer",
  "repository.sourceOnly":
    "{repository} is source-only: a restored index has neither the data that searches need nor its document ids in a usable form, is read-only, and has to be reindexed completely before it can serve",
  "rpo.met": "the newest good snapshot of {policy} is of {newest}, within the target of {target:duration} again",
  "rpo.missed": "the newest good snapshot of {policy} is of {newest}; its target (rpo) is to be no older than {target:duration}",
  "selection.absent": "index {index} does not exist{near:meant}",
  "selection.chosen": "{count|index|indices}: {indices}",
  "selection.closed": "index {index} is closed",
  "selection.covered": "every index of {cluster} is covered or excluded by a policy again",
  "selection.dateMath": "{pattern} cannot be resolved: {message}",
  "selection.empty": "none of {indices|index|indices} matches {patterns}{why:wayOut}{also:wayOut}",
  "selection.excludesNothing": "{pattern} excludes nothing: no index of the snapshot matches it",
  "selection.noneBeside": "featureStates has none beside {features}; write [none] alone, or leave none out",
  "selection.noFeatures": "feature states need Elasticsearch 7.12 or later; {version} ignores them silently, so leave out featureStates",
  "selection.notShrunk": "policy {policy} selects about as many indices as its last success again",
  "selection.nothingLeftOut": "policy {policy} leaves out nothing that its patterns match any more",
  "selection.outClosed": "closed, and a pattern selects open indices only: {names} ({count} in all)",
  "selection.outExcluded": "excluded by a pattern: {names} ({count} in all)",
  "selection.outSystem": "system indices, which this version takes only with featureStates: {names} ({count} in all)",
  "selection.outUnnamed": "matched by no pattern of policy {policy}: {names} ({count} in all)",
  "selection.patternAlias":
    "{pattern} selects nothing: it matches only {aliases}, and a pattern matches no alias; name the alias in full, or its indices: {names} ({count} in all)",
  "selection.patternClosed":
    "{pattern} selects nothing: a pattern selects open indices only, and closed are {names} ({count} in all); open them, or from Elasticsearch 7.7 on name them in full",
  "selection.patternExcluded": "{pattern} selects nothing: another pattern excludes {names} ({count} in all)",
  "selection.patternExcludesNothing": "{pattern} excludes nothing: no index matches it",
  "selection.patternLeftOut": "{pattern} selects nothing: what it matches is left out by a rule: {names} ({count} in all)",
  "selection.patternNothing": "{pattern} selects nothing: no index matches it",
  "selection.restoredLeftOut":
    "policy {policy} leaves out {count|index|indices} that ossnap restored on that cluster, because only * matches: {names}; to include such indices, name them in backups.{policy}.indices",
  "selection.shrank":
    "policy {policy} selects {after} instead of {before|index or data stream|indices and data streams}, {percent} % fewer than its last success {snapshot}; shrinkAtMost is {limit} %. Gone: {gone} ({count} in all)",
  "selection.shrankRefused":
    "the timer of policy {policy} would refuse this selection and report it (shrinkAtMost, action: refuse), until a backup by hand succeeds: `ossnap backup {policy}`",
  "selection.shrankTold": "the timer of policy {policy} would take this selection and report it once (shrinkAtMost, action: tell)",
  "selection.streamsLeftOut":
    "policy {policy} leaves out {count|data stream whose name its patterns match|data streams whose names its patterns match}, because their indices begin with a dot: {names}; to include their indices, add .ds-* to backups.{policy}.indices",
  "selection.systemLeftOut":
    "policy {policy} leaves out indices that begin with a dot, which belong to Elasticsearch or its tools: {names} ({count} in all); add a pattern that begins with a dot to backups.{policy}.indices to take them, or exclude them with -.*",
  "selection.systemNamed":
    "{index} is a system index, which Elasticsearch {version} takes only with the state of its feature; name the feature in featureStates instead",
  "selection.uncovered": "no backup policy covers {count|index or data stream|indices and data streams} of {cluster}: {names}{more:wayOut}",
  "selection.unknownFeature": "no feature is called {features}; the cluster has: {known}",
  "selection.unmatched": "{pattern} matches no index of the snapshot",
  "selection.unstartedFails": "{count|index has|indices have} primary shards that are not started, so the snapshot will fail: {indices}",
  "selection.unstartedPartial":
    "{count|index has|indices have} primary shards that are not started, whose data the snapshot will lack: {indices}",
  "selection.unstartedRefused":
    "{count|index has|indices have} primary shards that are not started, so the cluster will refuse the snapshot: {indices}",
  "selection.withFeatures": "the states of features include their own system indices: {features}",
  "settings.expands":
    "{index} sets its number of replicas itself (auto_expand_replicas: {expand}), so the requested {replicas|replica|replicas} cannot be set",
  "settings.leftBehind": "{index}: settings that are not restored: {settings}",
  "settings.unknown":
    "{index}: {count|setting|settings} that Elasticsearch {target} itself does not know, such as those of a plugin, not restored: {settings}",
  "state.absent": "{state} has no identity; run: `ossnap init` (and, where an earlier state was lost: `ossnap adopt`)",
  "state.foreign": "{state} contains objects that are not ossnap's",
  "state.liveLost": "open jobs and remembered positions in {state} are lost; run: `ossnap adopt`, then `ossnap adopt --yes`",
  "state.newer": "the state has schema {schema}, which is newer than this version of ossnap: deploy the newer version",
  "state.objectDamaged": "{message}",
  "state.recordDamaged":
    "a record that helps ossnap cannot be used and counts as absent ({message}); it is replaced when ossnap writes it next, or put it back from a copy",
  "state.strangeKey": "the state contains {object}, which ossnap never writes: it is ignored; delete it if it is not needed",
  "state.versioned": "bucket {bucket} keeps versions, so a second writer is not refused: use an unversioned bucket",
  "state.writtenTwice":
    "{state} lets two writers write one key that only one of them may write: use OSS, Amazon's S3, another server that refuses the second write, or a directory",
  "system.feature": "{index} belongs to the feature {feature}; from 8.0 on, a feature is restored only as a whole",
  "tasks.notHere":
    "this terminal has no access to Function Compute (FC_ACCOUNT_ID and keys are not set), so it cannot start the task; the next tick of advanceJobs starts it, in the deployment or with npm start",
  "timer.aheadTime":
    "timer {timer} of {function} fired for {slot}, which lies ahead of the state's clock ({now}): nothing was started, so that the slot is free when its time comes; the clock of its sender is ahead, or the event was not sent by a timer",
  "timer.farTime":
    "timer {timer} of {function} fired for {slot}, more than a year from now ({now}): nothing was started; the clock of its sender is wrong, or the event was not sent by a timer",
  "timer.nothingDue":
    "timer {timer} of {function} fired for {slot}, when no policy of ossnap.yaml is due; deploy again, so that s.yaml and ossnap.yaml agree",
  "timer.policyGone":
    "timer {timer} of {function} names policy {policy}, which ossnap.yaml does not have; deploy again, so that s.yaml and ossnap.yaml agree",
  "timer.silent": "the timer has not fired for {days} days",
  "timer.starts": "timer {timer} starts policies again",
  "url.invalid": "this is not an address that ossnap can use",
  "version.fits": "written by {written}, target {target}",
  "version.upgrading":
    "the cluster is being upgraded, its data nodes run {versions}: until all are at {written} or later, restored shards are placed on those alone that are",
  "version.upgradingAll":
    "the cluster is being upgraded, its data nodes run {versions}: none takes a shard of a snapshot that {written} wrote",
  "version.newer": "written by {written}, which is newer than the target's {target}",
  "version.openSearch": "written by {written}, which no Elasticsearch can restore; target {target}",
  "version.tooOld": "{indices} were created by {created}, which is too old for {target}",
  "version.tooOldAll": "the snapshot was written by {written}, and {target} restores no index that is so old",
  "version.unknown": "the version that wrote the snapshot is unknown, because its own blob cannot be read; the target is {target}",
  "watch.ahead":
    "watch {watch} serves a snapshot dated {served}, in the future: the source's clock was wrong; until then, a snapshot that its root newly lists counts as newer, unless its slot or time shows that it is older than those listed before",
  "watch.aliasFree": "the former alias of watch {watch} is on no restored index any more, or a watch moves it again",
  "watch.aliasLeft":
    "watch {watch} no longer moves alias {alias} on {cluster}, which is still on {indices}: no restore updates it, and nothing deletes its index. The next snapshot is restored as ossnap.yaml says now; to restore one at once, `ossnap restore latest --repository {repository} --to {to} --start`, with --alias if the watch has one. When nothing searches {alias} any more, delete the index by hand",
  "watch.aliasUnknown":
    "watch {watch} no longer moves alias {alias} on {cluster}, which does not answer: the alias may still be on an index that no restore updates and nothing deletes. The next snapshot is restored as ossnap.yaml says now, from {repository} to {to}",
  "watch.clear": "Elasticsearch can read the newest root of watch {watch} again",
  "watch.found": "every snapshot of watch {watch} can be dated again",
  "watch.faulty":
    "watch {watch} passes over {count|snapshot|snapshots} whose entry in the root cannot be read ({snapshots}){fault:added}; delete it at the source, or put the root back from a copy; the others are restored",
  "watch.future":
    "watch {watch} sees {count|snapshot|snapshots} dated in the future ({snapshots}: {times}): the clock of the source is wrong, or the time was written on purpose. None is restored automatically; each is checked again when its time has come, and passed over if a newer one was restored by then. To restore one now, do it by hand from {repository}",
  "watch.goesOn": "watch {watch} restores newer snapshots again",
  "watch.lacking":
    "watch {watch} passes over {count|snapshot|snapshots} without an index that restore.indices of ossnap.yaml names ({indices}): {snapshots}; the newest holds {held}. If a name is wrong, correct it; a snapshot that holds them is restored",
  "watch.lacksNothing": "the newest snapshots that watch {watch} sees hold its indices again",
  "watch.lost":
    "watch {watch}: {count|snapshot cannot be restored, because its own blob is|snapshots cannot be restored, because their own blobs are} missing or cannot be read ({keys}; {snapshots}){fault:added}; copy the blob again, or delete the snapshot at the source; the others are restored",
  "watch.notAhead": "the snapshot that watch {watch} serves is no longer dated in the future",
  "watch.notFaulty": "the root of watch {watch} lists no snapshot any more whose entry cannot be read",
  "watch.notFuture": "no snapshot that watch {watch} sees starts in the future any more",
  "watch.older":
    "watch {watch} serves {served} and passes over {count|older snapshot|older snapshots} that its root newly lists: {snapshots}; if the source's clock was wrong, restore one of them from {repository} by hand, with --older",
  "watch.rooted": "watch {watch} finds a root again",
  "watch.rootless":
    "the roots at {url} are gone: watch {watch} restores nothing until there is a root again; Elasticsearch treats such a repository as empty",
};
