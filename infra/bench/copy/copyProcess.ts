import { subscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import type { World } from "../../../shared/jobs/world.ts";
import { messageOf } from "../../../shared/model/errors.ts";
import type { FcContext } from "../../../shared/runtime/context.ts";
import { initialise } from "../../../shared/runtime/initialise.ts";
import { readSettings } from "../../../shared/runtime/settings.ts";
import { openWorld } from "../../../shared/runtime/wire.ts";
import { advanceJob } from "../../../shared/tick/advance.ts";
import { askCopy } from "../../../shared/verbs/copy/ask.ts";
import { type CopyTask, moveBatch } from "../../../shared/verbs/copy/move.ts";
import { peakMemoryBytes } from "../peakMemory.ts";

/** One copy, from its request to its end, without the start of its process. */
export interface PassFigures {
  seconds: number;
  cpuSeconds: number;
  /** Of both, moving batches. */
  movingSeconds: number;
  movingCpuSeconds: number;
  /** By `METHOD host`. */
  requests: Record<string, number>;
  /** Of these, while batches were moved. */
  movingRequests: Record<string, number>;
  moved: { blobs: number; bytes: number };
}

export interface CopyFigures {
  first: PassFigures;
  /** With nothing changed. */
  second: PassFigures;
  /** Of this process, after both. */
  maxRssBytes: number;
}

/** Steps of a job: planned, handed over, moved, published, and some that only look. */
const STEPS_MAX = 100;

const [copies = "", blobsAtOnce = ""] = process.argv.slice(2);
const quiet = { info: () => undefined, warn: () => undefined, error: (text: string, fields: object = {}) => console.error(text, fields) };
const settings = readSettings("");
const counts = new Map<string, number>();
subscribe("http.client.request.start", (message) => {
  const { request } = message as { request: ClientRequest };
  // A stand-in without a host name of its own is told the bucket by this header.
  const call = `${request.method} ${request.getHeader("host")}`;
  counts.set(call, (counts.get(call) ?? 0) + 1);
});
let invocations = 0;
const started = new Set<string>();
const tasks: CopyTask[] = [];

/** As each invocation of a function opens it; tasks are run by this process. */
async function open(): Promise<World> {
  invocations += 1;
  const context: FcContext = { requestId: `bench-${invocations}`, function: { name: "bench", timeout: 600 }, region: "cn-hangzhou" };
  const world = await openWorld(settings, { functionName: "bench", context, startedMs: Date.now(), logger: quiet });
  const start = async (_function: string, task: string, payload: unknown) => {
    started.add(task);
    tasks.push(payload as CopyTask);
  };
  const state = async (_function: string, task: string) => (started.has(task) ? "running" : "unknown");
  return Object.create(world, { tasks: { value: { start, state } } }) as World;
}

interface Moving {
  seconds: number;
  cpuSeconds: number;
  requests: Record<string, number>;
  blobs: number;
  bytes: number;
}

async function pass(name: string): Promise<PassFigures> {
  counts.clear();
  const startedMs = performance.now();
  const cpu = process.cpuUsage();
  const created = await askCopy(await open(), name, { by: "person", who: "bench" });
  if (created.outcome === "done") throw new Error(`${name}: was done before`);
  const moving: Moving = { seconds: 0, cpuSeconds: 0, requests: {}, blobs: 0, bytes: 0 };
  for (let step = 0; ; step += 1) {
    const world = await open();
    if (await world.log.done(created.job.id)) break;
    if (step === STEPS_MAX) throw new Error(`${name}: not done after ${step} steps`);
    await advanceJob(world, created.job.id);
    for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) await move(task, moving);
  }
  return {
    seconds: (performance.now() - startedMs) / 1000,
    cpuSeconds: secondsOf(process.cpuUsage(cpu)),
    movingSeconds: moving.seconds,
    movingCpuSeconds: moving.cpuSeconds,
    requests: Object.fromEntries(counts),
    movingRequests: moving.requests,
    moved: { blobs: moving.blobs, bytes: moving.bytes },
  };
}

/** One task, as the function that moves blobs runs it. */
async function move(task: CopyTask, moving: Moving): Promise<void> {
  const before = new Map(counts);
  const startedMs = performance.now();
  const cpu = process.cpuUsage();
  const report = await moveBatch(await open(), task, Number(blobsAtOnce));
  moving.seconds += (performance.now() - startedMs) / 1000;
  moving.cpuSeconds += secondsOf(process.cpuUsage(cpu));
  if (!("copied" in report) || report.faults > 0) throw new Error(`${task.batch}: ${JSON.stringify(report)}`);
  for (const [call, count] of counts) moving.requests[call] = (moving.requests[call] ?? 0) + count - (before.get(call) ?? 0);
  moving.blobs += report.copied.blobs;
  moving.bytes += report.copied.bytes;
}

function secondsOf({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1_000_000;
}

/** Runs as a process of its own, so that its memory and its processor time are the copier's alone. */
async function main(): Promise<void> {
  await initialise(settings, { requestId: "bench", function: { name: "bench", timeout: 600 }, region: "cn-hangzhou" });
  const first = await pass(copies);
  const second = await pass(copies);
  const figures: CopyFigures = { first, second, maxRssBytes: peakMemoryBytes() };
  console.log(JSON.stringify(figures));
}

main().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
});
