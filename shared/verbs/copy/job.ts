import type { Decision, JobKind } from "../../jobs/kind.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import { reason } from "../../model/reason.ts";
import { stateKey } from "../../state/keys.ts";
import { writeObject } from "../../state/objects.ts";
import { gatherCopy, rootOf, taskId, unlistedRootOf } from "./gather.ts";
import { claimDestination } from "./gatherOwner.ts";
import type { CopyPlan } from "./plan.ts";
import { lookUpPublished, publish } from "./publish.ts";
import { copyResult, reportCopy } from "./show.ts";
import { expectedHash, stepCopy } from "./step.ts";
import type { CopyData, CopyInput, CopyJob, CopyObservation } from "./types.ts";
import { removeOldMarks } from "./writing.ts";

/** The copy job and its effects; step.ts and plan.ts decide. */
export function copyKind(world: World, work: OpenWork): JobKind<CopyInput, CopyData, CopyObservation> {
  return {
    gather: (job) => gatherCopy(world, work, job),
    step: (job, seen, now) => unlessElsewhere(world, stepCopy(job, seen, now)),

    effects: {
      writeBatches: {
        async lookUp(job) {
          if (!(await isPlanWritten(world, job))) return { found: "none" };
          const state = job.head.data.batches.length === 0 ? "moved" : "copying";
          return { found: "ours", state, reason: reason("copy.begun", { batches: job.head.data.batches.length }), data: job.head.data };
        },
        perform: (job, _args, plan: CopyPlan) => writePlan(world, work, job, plan),
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
      unlist: {
        lookUp: (job) => lookUpPublished(world, job, { root: unlistedRootOf(job), state: job.head.state, data: unlisted(job.head.data) }),
        perform: (job) => publish(world, work, job, { root: unlistedRootOf(job), listed: toListAgain(job.head.data) }),
      },
      publishRoot: {
        lookUp: (job) => lookUpPublished(world, job, { root: rootOf(job), state: "published", data: listedAgain(job.head.data) }),
        perform: (job) => publish(world, work, job, { root: rootOf(job), listed: plannedOf(job.head.data) }),
      },
    },

    result: copyResult,
    finished: (job) => reportCopy(world, job),
  };
}

const WRITES_DESTINATION: readonly string[] = ["publishRoot", "unlist"];

/** Where no destination may be written, the next tick does it. */
function unlessElsewhere({ writesNoCopies }: World, decision: Decision<CopyData>): Decision<CopyData> {
  if (!writesNoCopies || decision.do !== "effect" || !WRITES_DESTINATION.includes(decision.effect)) return decision;
  return { do: "wait", own: true, reason: reason("copy.nextTick") };
}

function unlisted(data: CopyData): CopyData {
  const { unlist } = data;
  if (!unlist) return data;
  const snapshots = toListAgain(data).length;
  const meanwhile = snapshots > 0 ? { meanwhile: reason("copy.unlisted", { snapshots }) } : {};
  return { ...data, unlist: { ...unlist, done: true }, seenRoot: unlist.root.sha256, ...meanwhile };
}

/** Plans of earlier versions store only what leaves the list. */
function toListAgain({ unlist }: CopyData): string[] {
  return unlist?.again ?? unlist?.uuids ?? [];
}

function listedAgain({ meanwhile: _over, ...data }: CopyData): CopyData {
  return data;
}

/** What the root lists, and what it would list if anybody had all blobs of it. */
function plannedOf({ snapshots, left = [] }: CopyData): string[] {
  return [...snapshots.map(({ uuid }) => uuid), ...left];
}

async function hasBegun(world: World, job: CopyJob, args: { batch: string; attempt: number }): Promise<boolean> {
  if (await world.state.head(stateKey.batchDone(job.id, args.batch, args.attempt))) return true;
  const state = await world.tasks.state(world.copyFunction, taskId(job, args));
  return state !== "unknown";
}

/** Writes the root last: the plan is complete only when it exists. An empty destination is claimed before anything else is written. */
async function writePlan(world: World, work: OpenWork, job: CopyJob, plan: CopyPlan): Promise<void> {
  const { copyName, rule } = job.intent.input;
  await claimDestination(world, work, job.id, { copyName, to: rule.to });
  await removeOldMarks(world, work, job);
  for (const batch of plan.batches) await writeObject(world.state, stateKey.batch(job.id, batch.id), batch);
  await writeObject(world.state, stateKey.copyExpected(job.id, expectedHash(plan.expected)), plan.expected);
  if (plan.unlist) await world.state.put(stateKey.copyRoot(job.id, plan.unlist.root.sha256), plan.unlist.bytes);
  await world.state.put(stateKey.copyRoot(job.id, plan.root.sha256), plan.rootBytes);
}

/** Requires both roots and every batch: a crashed invocation, or an earlier round, may have written part of another plan for the same root. */
async function isPlanWritten(world: World, job: CopyJob): Promise<boolean> {
  const written = new Set<string>();
  for await (const { key } of world.state.list(stateKey.work(job.id))) written.add(key);
  const { batches, expected, unlist } = job.head.data;
  const roots = [rootOf(job), ...(unlist ? [unlist.root] : [])];
  return (
    (expected === undefined || written.has(stateKey.copyExpected(job.id, expected))) &&
    roots.every(({ sha256 }) => written.has(stateKey.copyRoot(job.id, sha256))) &&
    batches.every(({ id }) => written.has(stateKey.batch(job.id, id)))
  );
}
