import { LATEST_KEY, rootKey } from "../../format/keys.ts";
import { isTimeUp } from "../../jobs/isTimeUp.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import type { Job } from "../../jobs/record.ts";
import type { JobKind, Look } from "../../jobs/step.ts";
import type { World } from "../../jobs/world.ts";
import type { BlobStore } from "../../model/blobStore.ts";
import { AppError } from "../../model/errors.ts";
import { sha256 } from "../../model/hash.ts";
import { reason } from "../../model/reason.ts";
import type { TaskState } from "../../model/tasks.ts";
import { tellBegin, tellOver } from "../../notices/notices.ts";
import { listRoots, listSizes } from "../../reader/readRepository.ts";
import { stateKey } from "../../state/keys.ts";
import { rememberMark } from "../../state/marks.ts";
import { readObject, writeObject, writeObjectOnce } from "../../state/objects.ts";
import { copyOwner, gatherCopyPlan } from "./gatherPlan.ts";
import type { BatchResult, CopyPlan } from "./plan.ts";
import { type CopyData, type CopyInput, type CopyJob, type CopyObservation, stepCopy } from "./step.ts";

/** How a copy looks at both sides and what it may do; the decisions are in jobs/steps/copy.ts and plan/copy.ts. */
export function copyKind(world: World, work: OpenWork): JobKind<CopyInput, CopyData, CopyObservation> {
  return {
    gather: (job) => observe(world, work, job),
    step: stepCopy,

    effects: {
      writeBatches: {
        async lookUp(job) {
          if (!(await isPlanWritten(world, job))) return { found: "none" };
          const state = job.head.data.batches.length === 0 ? "moved" : "copying";
          return { found: "ours", state, reason: reason("copy.begun", { batches: job.head.data.batches.length }), data: job.head.data };
        },
        perform: (job, _args, plan: CopyPlan) => writePlan(world, job, plan),
      },
      startTask: {
        async lookUp(job, args: { batch: string; attempt: number }) {
          if (!(await hasBegun(world, job, args))) return { found: "none" };
          const batches = job.head.data.batches.map((batch) => (batch.id === args.batch ? { ...batch, attempt: args.attempt } : batch));
          return { found: "ours", state: "copying", reason: reason("copy.taskStarted", args), data: { ...job.head.data, batches } };
        },
        perform: (job, args: { batch: string; attempt: number }) =>
          world.tasks.start(world.copyFunction, taskId(job, args), { job: job.id, ...args }),
      },
      publishRoot: {
        lookUp: (job) => lookUpPublished(world, job),
        perform: (job) => publish(world, work, job),
      },
    },

    result: ({ intent, head }) => ({
      copy: intent.input.copyName,
      snapshots: head.data.snapshots.slice(0, 10).map(({ name }) => name),
      blobs: head.data.moved.blobs,
      bytes: head.data.moved.bytes,
      skipped: head.data.skipped,
      root: head.data.root?.key,
    }),

    async finished(job) {
      const key = `copy-failed:${job.intent.input.copyName}`;
      if (job.head.state === "failed")
        await tellBegin(world, { key, code: "copy.failed", severity: "bad", reason: job.head.reason, job: job.id });
      if (job.head.state === "done") await tellOver(world, key, "copy.failed", job.head.reason);
    },
  };
}

async function observe(world: World, work: OpenWork, job: CopyJob): Promise<CopyObservation> {
  if (job.head.cancelling) return noBatches;
  if (job.head.state === "copying") return seeBatches(world, job);
  if (job.head.state !== "asked") {
    const missing = await missingAtDestination(world, job);
    return missing ? { seen: "destination", missing, published: job.head.state === "published" } : cut(work, job);
  }
  // Two that publish to one destination would hide each other's snapshots.
  const older = work.jobs.find(
    (other) =>
      isSameCopy(other, job) &&
      (other.createdAt < job.createdAt || (other.createdAt.getTime() === job.createdAt.getTime() && other.id < job.id)),
  );
  if (older) return { seen: "queued", by: older.id };
  const plan = await gatherCopyPlan(world, work, job, () => isTimeUp(world));
  return plan ? { seen: "plan", plan } : cut(work, job);
}

/** A look that was cut tells nothing; it begins anew where there is more time for it. */
function cut(work: OpenWork, job: CopyJob): CopyObservation {
  work.cut.add(job.id);
  return { seen: "cut" };
}

function isSameCopy(other: Job, job: CopyJob): boolean {
  return other.kind === "copy" && other.id !== job.id && (other.intent.input as CopyInput).copyName === job.intent.input.copyName;
}

const noBatches: CopyObservation = { seen: "batches", results: new Map(), tasks: new Map() };

/** FC remembers task ids: the same one never runs twice at once. */
function taskId(job: CopyJob, { batch, attempt }: { batch: string; attempt: number }): string {
  return `${job.id}-${batch}-${attempt}`;
}

async function seeBatches(world: World, job: CopyJob): Promise<CopyObservation> {
  const results = new Map<string, BatchResult>();
  const tasks = new Map<string, TaskState>();
  for (const batch of job.head.data.batches.filter(({ done, attempt }) => !done && attempt > 0)) {
    const task = { batch: batch.id, attempt: batch.attempt };
    // The state first: a task that ends between the two looks has then left its result.
    const state = await world.tasks.state(world.copyFunction, taskId(job, task));
    const result = await readObject<BatchResult>(world.state, stateKey.batchDone(job.id, batch.id, batch.attempt));
    if (result) results.set(batch.id, result);
    else tasks.set(batch.id, state);
  }
  return { seen: "batches", results, tasks };
}

async function hasBegun(world: World, job: CopyJob, args: { batch: string; attempt: number }): Promise<boolean> {
  if (await world.state.head(stateKey.batchDone(job.id, args.batch, args.attempt))) return true;
  const state = await world.tasks.state(world.copyFunction, taskId(job, args));
  return state !== "unknown";
}

/** The root comes last: while it is not there, the plan is not. Before anything is written an empty destination is claimed. */
async function writePlan(world: World, job: CopyJob, plan: CopyPlan): Promise<void> {
  await writeObjectOnce(world.state, stateKey.copyClaim(copyOwner(world, job)), {
    destination: world.blobs(job.intent.input.rule.to).url,
    job: job.id,
  });
  for (const batch of plan.batches) await writeObject(world.state, stateKey.batch(job.id, batch.id), batch);
  await writeObject(world.state, stateKey.copyExpected(job.id, plan.root.sha256), plan.expected);
  await world.state.put(stateKey.copyRoot(job.id, plan.root.sha256), plan.rootBytes);
}

/** The root and every batch: another plan for the same root may have been written by an invocation that died. */
async function isPlanWritten(world: World, job: CopyJob): Promise<boolean> {
  const written = new Set<string>();
  for await (const { key } of world.state.list(stateKey.work(job.id))) written.add(key);
  const { batches } = job.head.data;
  return written.has(stateKey.copyRoot(job.id, rootOf(job).sha256)) && batches.every(({ id }) => written.has(stateKey.batch(job.id, id)));
}

type Missing = Extract<CopyObservation, { seen: "destination" }>["missing"];

/** Undefined when time ran out. */
async function missingAtDestination(world: World, job: CopyJob): Promise<Missing | undefined> {
  const { id, head } = job;
  const expected =
    (await readObject<CopyPlan["expected"]>(world.state, stateKey.copyExpected(id, rootOf(job).sha256))) ??
    (await readObject<CopyPlan["expected"]>(world.state, stateKey.copyExpectedBefore(id, head.data.round)));
  if (!expected) throw new AppError("invalid", `job ${id}: what must be at the destination was written down, and is gone`);
  const sizes = await listSizes(world.blobs(job.intent.input.rule.to), () => isTimeUp(world));
  return (
    sizes &&
    expected
      .filter(({ key, sizeBytes }) => sizes.get(key) !== sizeBytes)
      .map(({ key, sizeBytes }) => ({ key, expectedBytes: sizeBytes, foundBytes: sizes.get(key) ?? null }))
  );
}

function rootOf(job: CopyJob): { key: string; sha256: string; generation: number } {
  const { root } = job.head.data;
  if (!root) throw new AppError("invalid", `job ${job.id}: publishes without a root`);
  return { ...root, generation: Number(root.key.slice("index-".length)) };
}

/** Published: these very bytes under the root's key, the latest pointer at it, and no older root beside it. */
async function lookUpPublished(world: World, job: CopyJob): Promise<Look<CopyData>> {
  const store = world.blobs(job.intent.input.rule.to);
  const root = rootOf(job);
  const roots = await listRoots(store);
  const there = await store.get(root.key);
  const foreign = reason("copy.otherRoot", { root: root.key, destination: store.url });
  if (there !== undefined && sha256(there) !== root.sha256) return { found: "foreign", reason: foreign };
  const highest = Math.max(...roots.keys());
  if (there === undefined) return (await isAsPlanned(store, job, highest)) ? { found: "none" } : { found: "foreign", reason: foreign };
  const latest = await store.get(LATEST_KEY);
  const stale = [...roots.keys()].filter((generation) => generation < root.generation);
  if (highest > root.generation) return { found: "foreign", reason: foreign };
  if (stale.length > 0 || latest === undefined || Buffer.from(latest).readBigInt64BE() !== BigInt(root.generation))
    return { found: "none" };
  return {
    found: "ours",
    state: "published",
    reason: reason("copy.published", { root: root.key, destination: store.url }),
    data: job.head.data,
  };
}

/** The destination's highest root is the one that the plan was made against. */
async function isAsPlanned(store: BlobStore, job: CopyJob, highest: number): Promise<boolean> {
  const planned = job.head.data.seenRoot ?? null;
  const bytes = Number.isFinite(highest) ? await store.get(rootKey(highest)) : undefined;
  return (bytes === undefined ? null : sha256(bytes)) === planned;
}

/** Root after everything it refers to, the pointer after the root, stale roots after that: the destination is readable at every instant. */
async function publish(world: World, work: OpenWork, job: CopyJob): Promise<void> {
  const store = world.blobs(job.intent.input.rule.to);
  const root = rootOf(job);
  const bytes =
    (await world.state.get(stateKey.copyRoot(job.id, root.sha256))) ??
    (await world.state.get(stateKey.copyRootBefore(job.id, job.head.data.round)));
  if (!bytes || sha256(bytes) !== root.sha256) throw new AppError("invalid", `job ${job.id}: the planned root is not what was planned`);
  const owner = copyOwner(world, job);
  await rememberMark(world, work.live.published, {
    name: owner,
    prefix: stateKey.published(owner),
    mark: `${root.generation}-${root.sha256}`,
  });
  if ((await store.head(root.key)) === undefined) await store.put(root.key, bytes, { ifAbsent: true });
  const latest = Buffer.alloc(8);
  latest.writeBigInt64BE(BigInt(root.generation));
  await store.put(LATEST_KEY, latest);
  const stale = [...(await listRoots(store))].filter(([generation]) => generation < root.generation).map(([, { key }]) => key);
  if (stale.length > 0) await store.delete(stale);
}
