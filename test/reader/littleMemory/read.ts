import { peakMemoryBytes } from "../../../infra/bench/peakMemory.ts";
import { directoryBlobStore } from "../../../shared/adapters/directory/blobStore.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { startProgress } from "../../../shared/proof/arrivalProgress.ts";
import { heldMemory } from "../../../shared/reader/heldMemory.ts";
import { proveArrival } from "../../../shared/reader/prove/proveArrival.ts";
import { proveChosen } from "../../../shared/reader/proveRepository.ts";
import { openRepository, requireRoot } from "../../../shared/reader/readRepository.ts";
import { surveyRepository } from "../../../shared/reader/survey/surveyRepository.ts";
import { readClosure } from "../closures.ts";

/** Runs as a child process with a heap limit: reads the repository in this directory in one way, and prints what came of it. */
const [directory = "", how = ""] = process.argv.slice(2);
const store = directoryBlobStore({ directory });
const NEVER = () => false;

const WAYS: Record<string, () => Promise<unknown>> = {
  verify: async () => (await proveChosen(store, { snapshot: "all", level: "footers" })).proofs.map(({ verdict }) => verdict),
  survey: async () => (await surveyRepository(store)).snapshots.map(({ bytes }) => typeof bytes),
  closures: async () => {
    const root = requireRoot(await openRepository(store), store.url);
    const held = heldMemory();
    const closures = [];
    for (const snapshot of root.snapshots) closures.push(await readClosure(store, root, snapshot, { held }));
    return closures.map(({ closure }) => closure !== undefined);
  },
  arrival: async () => {
    const opened = await openRepository(store);
    const root = requireRoot(opened, store.url);
    const indices = root.indices.map(({ id }) => ({ id, shards: null }));
    const [snapshot] = root.snapshots;
    if (snapshot === undefined) return [];
    const { proof, missing, damaged } = await proveArrival(store, {
      opened: { ...opened, root },
      snapshot,
      indices: root.indices.map(({ name }) => name),
      before: startProgress(new Date(), indices),
      came: [],
      waiting: [],
      deadline: NEVER,
      now: new Date(),
    });
    return [proof?.verdict ?? null, missing.length > 0, damaged.length > 0];
  },
};

try {
  console.log(JSON.stringify(await WAYS[how]?.()));
} catch (error) {
  if (!(error instanceof AppError)) throw error;
  console.log(JSON.stringify({ code: error.code, message: error.message }));
}
console.error(`peak: ${peakMemoryBytes()} bytes`);
