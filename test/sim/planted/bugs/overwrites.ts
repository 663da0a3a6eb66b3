import type { PlantedBug } from "../bug.ts";

export const OVERWRITE_BUGS: readonly PlantedBug[] = [
  {
    name: "closes an index by its name, whatever was restored over it since",
    file: "shared/verbs/restore/over/effects.ts",
    find: "perform: (job, { guard }: Guarded) => clusterOf(job).closeBehind(guard),",
    replace: "perform: (job, { index }: Guarded) => clusterOf(job).closeBehind(index),",
    crashes: "over/freezeBefore",
  },
  {
    name: "leaves an index closed after a cancel",
    file: "shared/verbs/restore/stepUndo.ts",
    find: "  if (reopened) return reopened;\n",
    replace: '  if (reopened && reopened.do !== "effect") return reopened;\n',
    test: "test/verbs/restore/over/cancelled.test.ts",
  },
  {
    name: "deletes an index that was there before",
    file: "shared/verbs/restore/stepUndo.ts",
    find: "const ours = present.filter((there) => !over.includes(there));",
    replace: "const ours = present;",
    test: "test/verbs/restore/over/cancelled.test.ts",
  },
  {
    name: "overwrites an index that was written to since its snapshot",
    file: "shared/verbs/restore/over/effects.ts",
    find: "const why = (await mustStay(clusterOf(job), index, old, job.intent.input)) ?? (await otherSnapshot(world, job));",
    replace: "const why = old && (await otherSnapshot(world, job));",
    test: "test/verbs/restore/over/over.test.ts",
  },
  {
    name: "takes what another restore brought for what was planned to be overwritten",
    file: "shared/model/overwriting/oldIndex.ts",
    find: "return old !== undefined && index.uuid === old.uuid && index.settings[JOB_MARKER_KEY] === old.madeBy;",
    replace: "return old !== undefined && index.uuid === old.uuid;",
    test: "test/verbs/restore/over/over.test.ts",
  },
  {
    name: "restores over an index through whose alias a late request can close it",
    file: "shared/verbs/restore/stepOver.ts",
    find: "    if (guard !== undefined) return unguard(job, index, guard);\n",
    replace: "",
    test: "test/verbs/restore/over/stepOverWalk.test.ts",
  },
];
