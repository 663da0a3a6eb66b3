/** Sentences about what is deleted by hand, what it frees, and what is proposed for a damaged repository. */
export const DELETIONS: Readonly<Record<string, string>> = {
  "delete.asked": "asked for by name",
  "delete.askedForeign": "another writer's, asked for by name and uuid",
  "delete.broken": "{verdict}: the cluster cannot restore it, and it may keep others from being listed or written",
  "delete.cannotLost":
    "a broken snapshot has lost its own blob, and Elasticsearch {version} answers 404 for it; what helps is in the notes",
  "delete.done": "removed {removed|snapshot|snapshots}, as asked for",
  "delete.doneFreed": "removed {removed|snapshot|snapshots}, as asked for; about {freed:bytes} freed",
  "delete.foreign": "{snapshot} was written by another writer; to delete it, give its uuid too: {uuid}",
  "delete.notAllProven": "{open} of {snapshots|snapshot|snapshots} could not be proven in time; run it from a terminal",
  "delete.nothingBroken": "no snapshot is broken, or none is whole: nothing would become usable by deleting",
  "delete.readonly": "repository {repository} is only read: ossnap.yaml registers it readonly or not at all",
  "delete.repositoryChanged": "repository {repository} changed in ossnap.yaml; nothing more is deleted",
  "freed.catalogue": "{key} does not list the files of every snapshot",
  "freed.noBlobs": "repositories.{repository}.blobs is missing, so its bucket cannot be read",
  "freed.noRoot": "there is no root at {url}",
  "freed.tooMuch": "the repository has too many {what} to read for a plan; `ossnap snapshots URL` reads it whole",
  "freed.unreadable": "the bucket cannot be read: {message}",
  "proposal.atSource": "first delete at the source what is broken there too",
  "proposal.copyAgain": "this is a copy, which no cluster may write: copy it again (broken: {snapshots})",
  "proposal.copyWhole":
    "nothing here is whole: if the copy is still running, verify again when it has finished; otherwise copy it again, and verify the source",
  "proposal.delete": "delete the broken snapshots through Elasticsearch's API, so that the others work: {snapshots}",
  "proposal.deleteAtWriter":
    "{repository} is written by cluster {cluster}: delete the broken snapshots through the API of that cluster, so that the others work: {snapshots}",
  "proposal.emptyObject": "never put a copy of another snapshot's blob there: Elasticsearch would delete blobs of that snapshot",
  "proposal.newSnapshot":
    "nothing here is whole, so no deletion helps: if a copy into it is still running, verify again when it has finished; otherwise put the missing blobs back from another copy or from the bucket's earlier versions, or let its cluster take a new snapshot into an empty place",
  "proposal.newSnapshotAtWriter":
    "nothing here is whole, so no deletion helps: put the missing blobs back from a copy or from the bucket's earlier versions, or give {repository} an empty place and let cluster {cluster} take a new snapshot",
  "proposal.noListing":
    "until then the cluster cannot list all snapshots, because one has lost its own blob, as after an interrupted deletion",
  "proposal.noRecord": "up to 6.x a deletion is answered with 404 while this blob is missing; put an empty object there first: {keys}",
  "proposal.notWhileCopied": "do not delete while something is copied into the repository; if it is a copy, copy it again instead",
  "proposal.restoreFirst": "first restore the indices that are whole in the broken snapshots, because a deletion removes them too: {held}",
  "proposal.sharedName": "do not delete these, because several snapshots have the name; copy the whole ones elsewhere: {snapshots}",
  "proposal.unlisted": "nothing can be deleted, because the root names snapshots that it does not list; copy the whole ones elsewhere",
};
