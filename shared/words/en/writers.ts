/** Sentences about other writers in a repository. */
export const WRITERS: Readonly<Record<string, string>> = {
  "writers.deletions":
    "{count|snapshot|snapshots} of repository {repository}, {own} of them ossnap's own, vanished without its doing between root {before} and root {now}: {names}. If a person deleted them, nothing needs to be done; otherwise give each writer a repository of its own",
  "writers.mayBeRegistered":
    "{count|other registration|other registrations} on {cluster} may be the same place as repository {repository}, or inside or around it: {names}. One of the locations is relative, and Elasticsearch does not tell against which folder of path.repo it resolves it. If it is the same place, delete the registration, which deletes no snapshot (DELETE _snapshot/NAME), or make it read-only",
  "writers.none": "no other writer works in repository {repository} any more",
  "writers.oneCluster": "no other cluster wrote into repository {repository} since it was registered",
  "writers.otherCluster":
    "another cluster ({writer}) wrote into repository {repository} at {at}, after ossnap registered it on {cluster} ({uuid}): two clusters that write one repository destroy each other's snapshots, so nothing is written or deleted. Register it read-only on the other cluster, delete this one's registration (DELETE _snapshot/{repository} deletes no snapshot; without that step {cluster} continues from its cached root), then `ossnap repositories register {repository} --apply`",
  "writers.registered":
    "{count|other registration|other registrations} on {cluster} can write into the place of repository {repository}, or inside or around it: {names}. Delete the registration, which deletes no snapshot (DELETE _snapshot/NAME), or make it read-only",
  "writers.slm":
    "on {cluster}, {count|SLM policy writes|SLM policies write} into the place of repository {repository}: {names}. Give each writer a repository of its own",
  "writers.snapshots":
    "another writer took {count|snapshot|snapshots} in repository {repository} that no policy of ossnap.yaml takes or adopts: {names}. Give each writer a repository of its own, or adopt the snapshots (adopt:)",
};
