import type { World } from "../../shared/jobs/world.ts";
import type { TaskState, Tasks } from "../../shared/model/tasks.ts";
import type { CopyTask } from "../../shared/verbs/copy/move.ts";
import type { Faults } from "./faults.ts";
import type { Actor, Kernel } from "./kernel.ts";
import type { Random } from "./random.ts";

const MINUTE_MS = 60_000;

/** Timeouts and retries as deployed by s.yaml. */
const FUNCTIONS = {
  createSnapshots: { timeoutMs: 60_000, retries: 2 },
  pruneSnapshots: { timeoutMs: 120_000, retries: 0 },
  onCopiedBlob: { timeoutMs: 300_000, retries: 3 },
  copyBlobs: { timeoutMs: 1_800_000, retries: 0 },
  continueJob: { timeoutMs: 3_600_000, retries: 0 },
  advanceJobs: { timeoutMs: 120_000, retries: 0 },
  http: { timeoutMs: 60_000, retries: 0 },
} as const;

export type FunctionName = keyof typeof FUNCTIONS;
export type Verb = (world: World) => Promise<unknown>;

export interface Platform {
  /** Starts one invocation; `ended` is called once with its outcome. */
  invoke(name: FunctionName, label: string, verb: Verb, ended?: (outcome: "done" | "failed") => void): void;
  /** Asynchronous invocations by task id. */
  tasks: Tasks;
  crashes(): number;
  readonly invocations: readonly Actor[];
}

export interface PlatformOptions {
  kernel: Kernel;
  random: Random;
  faults: Faults;
  open(actor: Actor): Promise<World>;
  runTask(name: FunctionName, world: World, payload: CopyTask): Promise<unknown>;
  /** Called for an invocation that threw, in most cases because of an injected fault. */
  failed(actor: Actor, error: unknown): void;
}

/** A model of Function Compute: instances that are killed at their timeout, asynchronous invocations that are retried, tasks by id. */
export function platform(options: PlatformOptions): Platform {
  const { kernel, random, faults } = options;
  const invocations: Actor[] = [];
  let crashes = 0;

  function invoke(
    name: FunctionName,
    label: string,
    verb: Verb,
    ended: (outcome: "done" | "failed") => void = () => undefined,
    attempt = 0,
  ): void {
    const { timeoutMs, retries } = FUNCTIONS[name];
    let over = false;
    const end = (outcome: "done" | "failed") => {
      if (over) return;
      over = true;
      if (outcome === "done" || attempt >= retries) return ended(outcome);
      faults.count("retried");
      kernel.at(kernel.nowMs() + random.between(5_000, 2 * MINUTE_MS), `${name} is retried`, () =>
        invoke(name, label, verb, ended, attempt + 1),
      );
    };
    const actor = kernel.actor(`${name}#${invocations.length + 1}${label === "" ? "" : ` ${label}`}`, timeoutMs, () => {
      crashes += 1;
      end("failed");
    });
    invocations.push(actor);
    kernel.at(actor.deadlineMs, "", () => {
      if (over) return;
      faults.count("timedOut");
      // The platform gives up a frozen instance, which continues when it thaws.
      if (actor.frozenUntilMs > kernel.nowMs()) end("failed");
      else kernel.kill(actor, "timed out");
    });
    options
      .open(actor)
      .then(verb)
      .then(
        () => end("done"),
        (error: unknown) => {
          options.failed(actor, error);
          end("failed");
        },
      );
  }

  return { invoke, tasks: taskQueue(options, invoke), crashes: () => crashes, invocations };
}

function taskQueue({ kernel, random, faults, runTask }: PlatformOptions, invoke: Platform["invoke"]): Tasks {
  const states = new Map<string, TaskState>();
  return {
    async start(name, id, payload) {
      const run = name as FunctionName;
      if (states.has(id)) return;
      states.set(id, "running");
      const deliver = (delayMs: number) =>
        kernel.at(kernel.nowMs() + delayMs, `task ${id} is delivered`, () =>
          invoke(
            run,
            id.slice(-8),
            (world) => runTask(run, world, payload as CopyTask),
            (outcome) => {
              if (states.get(id) === "running") states.set(id, outcome === "done" ? "succeeded" : "failed");
            },
          ),
        );
      deliver(random.between(100, 20_000));
      // The platform guarantees at-least-once delivery.
      if (faults.strikes("taskTwice")) deliver(random.between(100, 10 * MINUTE_MS));
    },
    state: async (_function, id) => states.get(id) ?? "unknown",
  };
}
