import type { PlantedBug } from "../bug.ts";

export const COPY_BUGS: readonly PlantedBug[] = [
  {
    name: "publishes the root before the blobs",
    file: "shared/verbs/copy/job.ts",
    find: "  for (const batch of plan.batches) await writeObject(",
    replace:
      "  await world.blobs(job.intent.input.rule.to).put(plan.root.key, plan.rootBytes);\n  for (const batch of plan.batches) await writeObject(",
    crashes: "copy/kill",
  },
  {
    name: "deletes stale roots before the new root is written",
    file: "shared/verbs/copy/publish.ts",
    find: "  if ((await store.head(root.key)) === undefined)",
    replace:
      "  await store.delete([...(await listRoots(store))].filter(([generation]) => generation < root.generation).map(([, { key }]) => key));\n  if ((await store.head(root.key)) === undefined)",
    seeds: 20,
  },
  {
    name: "publishes over a foreign root",
    file: "shared/verbs/copy/publish.ts",
    find: "if (there !== undefined && sha256(there) !== root.sha256)",
    replace: "if (there !== undefined && sha256(there) === root.sha256)",
    seeds: 20,
  },
  {
    name: "takes a counter-named blob of the same size for the same",
    file: "shared/verbs/copy/gatherDestination.ts",
    find: 'forEachBounded(recordedFiles(needed, "counter-named", new Set()), READS_AT_ONCE, look, deadline)',
    replace: 'forEachBounded(recordedFiles([], "counter-named", new Set()), READS_AT_ONCE, look, deadline)',
    seeds: 20,
  },
  {
    name: "takes files in several parts for the same by their last part",
    file: "shared/verbs/copy/gatherDestination.ts",
    find: "    if (isSplitCounter(file)) {",
    replace: "    if (isSplitCounter(file) && file.parts.length === 0) {",
    seeds: 20,
  },
  {
    name: "accepts any record of a file, whatever its parts are now",
    file: "shared/reader/prove/checkParts.ts",
    find: "known.etags.every((etag, part) => etag === etags[part])",
    replace: "known.etags.length > 0",
    seeds: 20,
  },
  {
    name: "writes blobs without a look at their contents",
    file: "shared/verbs/copy/move.ts",
    find: "return position === file.lengthBytes && checksumText(sum) !== file.checksum",
    replace: "return position < 0 && checksumText(sum) !== file.checksum",
    seeds: 20,
  },
  {
    name: "overwrites blobs of a snapshot that is listed",
    file: "shared/verbs/copy/gatherPlan.ts",
    find: "const unlist = unlistPlan(destination, closures, missing);",
    replace: "const unlist = missing.length < 0 ? unlistPlan(destination, closures, missing) : undefined;",
    seeds: 20,
  },
  {
    name: "publishes what its source no longer lists",
    file: "shared/verbs/copy/gather.ts",
    find: "    if (moved) return moved;",
    replace: '    if (moved && job.id === "") return moved;',
    test: "test/verbs/copy/reusedParts.test.ts",
  },
  {
    name: "overwrites blobs that an open restore reads",
    file: "shared/verbs/copy/gather.ts",
    find: "readBy: readerOf(work, job),",
    replace: 'readBy: job.id === "" ? readerOf(work, job) : undefined,',
    test: "test/verbs/copy/reusedParts.test.ts",
  },
  {
    name: "says done without a look at what is there",
    file: "shared/verbs/copy/gatherPlan.ts",
    find: "current: missing.length === 0 && destination.sha256 === rootSha256,",
    replace: "current: destination.sha256 === rootSha256,",
    seeds: 20,
  },
  {
    name: "publishes although blobs are missing at the destination",
    file: "shared/verbs/copy/step.ts",
    find: "  const gap = seen.missing[0];",
    replace: "  const gap = seen.missing[-1];",
    test: "test/verbs/copy/step.test.ts",
  },
];
