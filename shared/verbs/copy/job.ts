import type { Decision, JobKind } from "../../jobs/kind.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import { reason } from "../../model/reason.ts";
import { stateKey } from "../../state/keys.ts";
import { type DueList, deleteUnneeded, lookUpDeleted } from "./deleteUnneeded.ts";
import { gatherCopy, rootOf, taskId, taskOf, unlistedRootOf } from "./gather.ts";
import { claimDestination } from "./gatherOwner.ts";
import type { CopyPlan } from "./plan.ts";
import { lookUpPublished, publish } from "./publish.ts";
import { copyResult, reportCopy } from "./show.ts";
import { stepCopy } from "./step.ts";
import { withTask } from "./stepBatches.ts";
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
          const { data } = job.head;
          const batches = data.moving?.count ?? 0;
          return { found: "ours", state: batches === 0 ? "moved" : "copying", reason: reason("copy.begun", { batches }), data };
        },
        perform: (job, _args, plan: CopyPlan) => writePlan(world, work, job, plan),
      },
      startTask: {
        async lookUp(job, args: { batch: number; attempt: number }) {
          if (!(await hasBegun(world, job, args))) return { found: "none" };
          return {
            found: "ours",
            state: "copying",
            reason: reason("copy.taskStarted", { ...args, batch: args.batch + 1 }),
            data: withTask(job.head.data, args),
          };
        },
        perform: (job, args: { batch: number; attempt: number }) => {
          const task = taskOf(job, args);
          return world.tasks.start(world.copyFunction, taskId(job, task), { job: job.id, ...task });
        },
      },
      unlist: {
        lookUp: (job) => lookUpPublished(world, job, { root: unlistedRootOf(job), state: job.head.state, data: unlisted(job.head.data) }),
        perform: (job) => publish(world, work, job, { root: unlistedRootOf(job), listed: toListAgain(job.head.data) }),
      },
      publishRoot: {
        lookUp: (job) => lookUpPublished(world, job, { root: rootOf(job), state: "published", data: listedAgain(job.head.data) }),
        perform: (job) => publish(world, work, job, { root: rootOf(job), listed: plannedOf(job.head.data) }),
      },
      deleteUnneeded: {
        lookUp: (job, args: DueList) => lookUpDeleted(world, job, args),
        perform: (job, args: DueList) => deleteUnneeded(world, work, job, args),
      },
    },

    result: copyResult,
    finished: (job) => reportCopy(world, job),
  };
}

const WRITES_DESTINATION: readonly string[] = ["publishRoot", "unlist", "deleteUnneeded"];

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

async function hasBegun(world: World, job: CopyJob, args: { batch: number; attempt: number }): Promise<boolean> {
  const task = taskOf(job, args);
  if (await world.state.head(stateKey.batchDone(job.id, task.batch, task.attempt))) return true;
  const state = await world.tasks.state(world.copyFunction, taskId(job, task));
  return state !== "unknown";
}

/** Writes the root last: with it the plan is complete. An empty destination is claimed before anything else is written. */
async function writePlan(world: World, work: OpenWork, job: CopyJob, plan: CopyPlan): Promise<void> {
  const { copyName, rule } = job.intent.input;
  await claimDestination(world, work, job.id, { copyName, to: rule.to });
  await removeOldMarks(world, work, job);
  if (plan.unlist) await world.state.put(stateKey.copyRoot(job.id, plan.unlist.root.sha256), plan.unlist.bytes);
  await world.state.put(stateKey.copyRoot(job.id, plan.root.sha256), plan.rootBytes);
}

/** The batches were written while the plan was made; a crashed invocation may have written one of the roots only. */
async function isPlanWritten(world: World, job: CopyJob): Promise<boolean> {
  const { unlist } = job.head.data;
  for (const { sha256 } of [rootOf(job), ...(unlist ? [unlist.root] : [])])
    if ((await world.state.head(stateKey.copyRoot(job.id, sha256))) === undefined) return false;
  return true;
}
