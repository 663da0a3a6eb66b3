/** What `import curator` says about an action file. */
export const IMPORTS = {
  "import.action": "action {id}, {action}: ossnap only takes snapshots and deletes them; left out",
  "import.adopt": "snapshots named {pattern} are not adopted, because the pattern would match more than Curator's; adopt them by hand",
  "import.age":
    "action {id}: its age has a unit, a count or a start that ossnap does not know; the action is left out, so nothing is deleted by it",
  "import.countAfterAge":
    "action {id}: a count after an age keeps all of the last {within} and, beside them, the newest {count} of the older ones, which no rule says; the action is left out, so nothing is deleted by it. To keep as much, write keep with within: {within} and last: {count} plus the number of snapshots in {within}",
  "import.deletesAll":
    "action {id} has no age or count that ossnap supports, and would delete every matching snapshot; nothing is deleted, so write keep by hand",
  "import.disabled": "action {id}, {action}, is disabled; left out",
  "import.excludes":
    "action {id}: the filter {filter} {value} has exclude: true, so it names what Curator keeps, and ossnap has no such rule; the action is left out, so nothing is deleted by it",
  "import.filter":
    "action {id}: ossnap has no such filter {filter}, and rules without it would remove snapshots that Curator keeps; the action is left out, so nothing is deleted by it",
  "import.globalState":
    "action {id} includes the global state, by Curator's default too; so does globalState: true here, and ossnap never restores it: remove the line if the indices are enough",
  "import.indices": "action {id}: ossnap chooses indices by name; the filter {filter} is left out, so more are taken",
  "import.name": "Curator named snapshots {name} (action {id}); ossnap names them by policy and slot",
  "import.noRepository": "action {id}, {action}, names no repository; left out",
  "import.nothing": "the file has no snapshot and no delete_snapshots action that could be used",
  "import.onlyDeletes":
    "{repository}: no action of the file takes snapshots here, and an ossnap policy does; choose its indices and schedule",
  "import.partial":
    "action {id} accepts partial snapshots; with partial: true ossnap takes them too, but to it a partial one is a failure, and the slot is tried again",
  "import.sameTime": "policies {policies} would all take snapshots at {cron}, and prune at {prune}: give each a time of its own",
  "import.schedule":
    "{repository}: Curator's schedule is not in its file; {cron} is a guess, and so are the time zone and the times of prune",
  "import.second": "action {id} writes to {repository} as well; write a second policy for it",
  "import.secondDelete": "{repository}: several actions delete snapshots; only the first one's rules are here",
  "import.severalNames":
    "action {id} has several filters of names that must all match, and adopt has one pattern; the action is left out, so nothing is deleted by it",
  "import.snapshotPattern":
    "action {id}: snapshots are matched by {kind}, and adopt supports a prefix only; the action is left out, so nothing is deleted by it",
  "import.state": "action {id} filters by state {state}; ossnap keeps failed ones until a good one exists, and two for diagnosis",
  "import.twoPatterns": "action {id} has several patterns that must all match; only the first ones are here",
  "import.variable":
    "{value} was filled in by Curator from its environment; ossnap reads such a name as a variable of its own, without a default, and refuses ossnap.yaml where it is not set: set it for ossnap too, or write the value here",
  "import.within": "action {id}: Curator counts {within} back from now, ossnap from the newest good snapshot, so a pause deletes nothing",
};
