/** A request of an invocation to the outside; it has no effect until the kernel lets it proceed. */
export interface Request<T> {
  /** `state`, `oss:moved`, `cluster:source`, `tasks`, `notifier`, `sleep`. */
  port: string;
  call: string;
  subject: string;
  writes: boolean;
  /** The effect itself, on the bare part behind the port. */
  apply(): Promise<T>;
  /** The part of a response that is received before it breaks off. */
  half?(answer: T): T;
  /** The duration of a sleep. */
  waitMs?: number;
}

/** The fate of a request. */
export type Verdict =
  | { do: "proceed" }
  /** Nothing is done. */
  | { do: "fail"; fault: string; error: Error }
  /** It is done, and the response is lost. */
  | { do: "lose"; error: Error }
  /** It times out now, and is done anyway after this delay. */
  | { do: "late"; ms: number; error: Error }
  | { do: "cut" }
  | { do: "kill" }
  /** `expired`: the request is frozen for longer than its signature is valid, and rejected. */
  | { do: "freeze"; ms: number; when: "before" | "after"; expired?: Error | undefined }
  | { do: "stall"; ms: number };

/** One invocation of a function. */
export interface Actor {
  name: string;
  startedMs: number;
  alive: boolean;
  /** It resumes exactly where it was once this is over. */
  frozenUntilMs: number;
  /** It was frozen, or one of its requests was late: its decisions may be outdated by the time they take effect. */
  wasFrozen: boolean;
  /** When its time is over. */
  deadlineMs: number;
  /** The time it slept itself, besides retry pauses. */
  waitedMs: number;
  onKilled(): void;
}

interface Parked {
  actor: Actor;
  request: Request<unknown>;
  order: number;
  readyMs: number;
  /** A freeze or stall has already been its fault. */
  struck: boolean;
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

interface Happening {
  atMs: number;
  order: number;
  label: string;
  run(): unknown;
}

export interface KernelOptions {
  startMs: number;
  /** How long a request takes to arrive. */
  latencyMs(request: Request<unknown>): number;
  decide(actor: Actor, request: Request<unknown>, nowMs: number, step: number): Verdict;
  /** Called after every step; `happened` if something other than an invocation moved. */
  observe(happened: boolean): Promise<void>;
  trace?: ((line: string) => void) | undefined;
}

export interface Kernel {
  nowMs(): number;
  steps(): number;
  actor(name: string, timeoutMs: number, onKilled: () => void): Actor;
  gate<T>(actor: Actor, request: Request<T>): Promise<T>;
  /** Schedules an event that does not come from an invocation. */
  at(atMs: number, label: string, run: () => unknown): void;
  kill(actor: Actor, why: string): void;
  /** Runs until nothing is left to happen before `untilMs`, or `stop` returns true. */
  run(untilMs: number, stop: (happened: boolean) => boolean): Promise<void>;
  /** Number of pending requests. */
  parked(): number;
}

/**
 * The tick queue runs after all microtasks: by then every invocation waits at a request or has finished. A turn of the event loop for each
 * would dominate the run time.
 */
const drained = () => new Promise<void>((resolve) => process.nextTick(resolve));
/** Yields to the event loop from time to time, so that timers and signals of the process are handled. */
const STEPS_PER_TURN = 2000;
const turned = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A virtual clock, and invocations that take turns at every request: one thing happens at a time, in an order that the seed determines. */
export function kernel(options: KernelOptions): Kernel {
  let nowMs = options.startMs;
  let steps = 0;
  let order = 0;
  let parked: Parked[] = [];
  /** Number of responses waiting for a frozen instance. */
  let thawing = 0;
  /** The next one last; of two at the same time, the one that was scheduled first runs first. */
  const happenings: Happening[] = [];
  const trace = (actor: string, what: string, verdict: string) =>
    options.trace?.(`${new Date(nowMs).toISOString().slice(5, 23)}  ${actor.padEnd(24)} ${what.padEnd(70)} ${verdict}`);

  const at: Kernel["at"] = (atMs, label, run) => {
    order += 1;
    const happening = { atMs: Math.max(atMs, nowMs), order, label, run };
    let [low, high] = [0, happenings.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((happenings[middle] as Happening).atMs > happening.atMs) low = middle + 1;
      else high = middle;
    }
    happenings.splice(low, 0, happening);
  };

  function kill(actor: Actor, why: string): void {
    if (!actor.alive) return;
    actor.alive = false;
    parked = parked.filter((one) => one.actor !== actor);
    trace(actor.name, "", `killed: ${why}`);
    actor.onKilled();
  }

  async function strike(one: Parked): Promise<void> {
    steps += 1;
    const { actor, request } = one;
    const verdict: Verdict = one.struck ? { do: "proceed" } : options.decide(actor, request, nowMs, steps);
    trace(actor.name, `${request.port} ${request.call} ${request.subject}`, shown(verdict));
    const wait = (ms: number) => {
      one.readyMs = nowMs + ms;
      one.struck = true;
      parked.push(one);
    };
    if (verdict.do === "kill") return kill(actor, "instance gone");
    if (verdict.do === "stall") return wait(verdict.ms);
    if (verdict.do === "freeze") {
      actor.frozenUntilMs = nowMs + verdict.ms;
      actor.wasFrozen = true;
      if (verdict.when === "before") return verdict.expired ? expire(one, verdict.ms, verdict.expired) : wait(verdict.ms);
    }
    if (verdict.do === "fail") return one.reject(verdict.error);
    if (verdict.do === "late") {
      actor.wasFrozen = true;
      at(nowMs + verdict.ms, `${actor.name}: ${request.port} ${request.call} ${request.subject} lands late`, async () => {
        await request.apply().catch(() => undefined);
      });
      return one.reject(verdict.error);
    }
    const answer = await settled(request.apply());
    const answering = () => {
      if (!actor.alive) return;
      if (verdict.do === "lose") one.reject(verdict.error);
      else if ("error" in answer) one.reject(answer.error);
      else one.resolve(verdict.do === "cut" && request.half ? request.half(answer.value) : answer.value);
    };
    if (verdict.do !== "freeze") return answering();
    thaw(actor, verdict.ms, answering);
  }

  function thaw(actor: Actor, ms: number, then: () => void): void {
    thawing += 1;
    at(nowMs + ms, `${actor.name} thaws`, () => {
      thawing -= 1;
      then();
    });
  }

  function expire({ actor, reject }: Parked, ms: number, error: Error): void {
    thaw(actor, ms, () => {
      if (actor.alive) reject(error);
    });
  }

  /** The earliest pending request; ties go to the one that was parked first. */
  function nextParked(): Parked | undefined {
    let best: Parked | undefined;
    for (const one of parked) if (!best || dueMs(one) < dueMs(best) || (dueMs(one) === dueMs(best) && one.order < best.order)) best = one;
    return best;
  }

  return {
    nowMs: () => nowMs,
    steps: () => steps,
    at,
    kill,
    parked: () => parked.length + thawing,
    actor: (name, timeoutMs, onKilled) => {
      return {
        name,
        startedMs: nowMs,
        alive: true,
        frozenUntilMs: 0,
        wasFrozen: false,
        deadlineMs: nowMs + timeoutMs,
        waitedMs: 0,
        onKilled,
      };
    },
    gate<T>(actor: Actor, request: Request<T>): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        if (!actor.alive) return;
        order += 1;
        const readyMs = nowMs + (request.waitMs ?? options.latencyMs(request as Request<unknown>));
        parked.push({
          actor,
          request: request as Request<unknown>,
          order,
          readyMs,
          struck: false,
          resolve: resolve as Parked["resolve"],
          reject,
        });
      });
    },
    async run(untilMs, stop) {
      let happened = true;
      for (;;) {
        await (steps % STEPS_PER_TURN === 0 ? turned() : drained());
        await options.observe(happened);
        if (stop(happened)) return;
        happened = false;
        const [one, happening] = [nextParked(), happenings.at(-1)];
        if (happening && (!one || happening.atMs <= dueMs(one))) {
          if (happening.atMs > untilMs) return;
          nowMs = Math.max(nowMs, happening.atMs);
          happenings.pop();
          if (happening.label !== "") trace("", happening.label, "");
          happened = true;
          await happening.run();
        } else if (one) {
          if (dueMs(one) > untilMs) return;
          nowMs = Math.max(nowMs, dueMs(one));
          parked.splice(parked.indexOf(one), 1);
          await strike(one);
        } else return;
      }
    },
  };
}

function dueMs({ readyMs, actor }: Parked): number {
  return Math.max(readyMs, actor.frozenUntilMs);
}

async function settled<T>(promise: Promise<T>): Promise<{ value: T } | { error: Error }> {
  try {
    return { value: await promise };
  } catch (error) {
    return { error: error as Error };
  }
}

function shown(verdict: Verdict): string {
  if (verdict.do === "proceed") return "";
  if (verdict.do === "fail") return `✗ ${verdict.fault}`;
  if (verdict.do === "freeze") return `frozen ${verdict.when} for ${Math.round(verdict.ms / 1000)} s`;
  if (verdict.do === "stall" || verdict.do === "late") return `${verdict.do} ${Math.round(verdict.ms / 1000)} s`;
  return verdict.do;
}
