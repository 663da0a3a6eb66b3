import { AppError } from "../../../shared/model/errors.ts";
import type { Instance } from "./instance.ts";

/**
 * The instances of one function: warm ones are reused, more are started while all are busy, up to a limit. A request takes the first instance
 * that is free, whichever it was started for.
 */
export interface InstancePool {
  /** Waits in order of arrival while the limit is reached. Errors: `conflict` once the pool is closed. */
  acquire(): Promise<Instance>;
  release(instance: Instance): void;
  /** Instances that exist, whatever they do. */
  readonly size: number;
  /** Since when the longest idle instance is idle, in milliseconds of `performance.now()`. */
  idleSince(): number | undefined;
  /** Ends the longest idle instance. */
  endIdle(): void;
  /** Lets no running instance serve another request, as after a new deployment. */
  retire(): void;
  close(): Promise<void>;
}

export interface InstancePoolOptions {
  functionName: string;
  instancesMax: number;
  /** After this long without a request an instance is ended. */
  idleMs?: number | undefined;
  start(onExit: () => void): Instance;
}

/**
 * Instances that load their bundle at the same time. Each costs seconds of CPU: twenty at once on two busy cores took 40 to 55 s, and every
 * request waited for its own.
 */
const STARTS_AT_ONCE = 2;
/** The platform ends instances that nothing was asked of for some minutes; here each keeps memory until then, and only the tick stays warm. */
const IDLE_MS_DEFAULT = 90_000;
/** Of all functions together, as long as some are idle: each takes about 100 MB. */
const INSTANCES_MAX = 8;
/** A second idle instance of one function is needed only by the next rush, and ends after this part of the time. */
const SPARE_SHARE = 1 / 6;

interface Idle {
  /** Ends it. */
  timer: NodeJS.Timeout;
  since: number;
}

interface Waiter {
  resolve(instance: Instance): void;
  reject(error: Error): void;
}

export function createInstancePool(options: InstancePoolOptions): InstancePool {
  const live = new Set<Instance>();
  const retired = new WeakSet<Instance>();
  /** The last is the warmest. */
  const idle = new Map<Instance, Idle>();
  const starting = new Set<Instance>();
  const waiters: Waiter[] = [];
  let closed = false;

  const startOne = (): void => {
    const instance = options.start(() => {
      live.delete(instance);
      if (!starting.has(instance)) serve();
    });
    live.add(instance);
    starting.add(instance);
    void instance.ready.then(() => {
      starting.delete(instance);
      // One that died while it loaded fails a request, as on the platform; otherwise it would be started again and again.
      if (!retired.has(instance) || !instance.alive()) hand(instance);
      else void instance.kill();
    });
  };

  const rest = (instance: Instance): void => {
    const end = () => {
      if (idle.delete(instance)) void instance.kill();
    };
    const { idleMs = IDLE_MS_DEFAULT } = options;
    const timer = setTimeout(end, idle.size === 0 ? idleMs : idleMs * SPARE_SHARE).unref();
    idle.set(instance, { timer, since: performance.now() });
  };

  const hand = (instance: Instance): void => {
    const waiter = closed ? undefined : waiters.shift();
    if (waiter) waiter.resolve(instance);
    else rest(instance);
    serve();
  };

  const serve = (): void => {
    if (closed) return;
    while (waiters.length > 0) {
      const instance = takeIdle(idle);
      if (instance === undefined) break;
      waiters.shift()?.resolve(instance);
    }
    while (live.size < options.instancesMax && starting.size < Math.min(STARTS_AT_ONCE, waiters.length)) startOne();
  };

  return {
    acquire: () =>
      new Promise((resolve, reject) => {
        if (closed) return reject(closedError(options));
        waiters.push({ resolve, reject });
        serve();
      }),
    release(instance) {
      if (closed || !instance.alive()) return;
      if (retired.has(instance)) return void instance.kill();
      rest(instance);
      serve();
    },
    get size() {
      return live.size;
    },
    idleSince: () => idle.values().next().value?.since,
    endIdle() {
      const instance = idle.keys().next().value;
      if (instance === undefined) return;
      forget(idle, instance);
      void instance.kill();
    },
    retire() {
      for (const instance of live) retired.add(instance);
      for (const instance of [...idle.keys()]) {
        forget(idle, instance);
        void instance.kill();
      }
    },
    async close() {
      closed = true;
      for (const instance of [...idle.keys()]) forget(idle, instance);
      for (const waiter of waiters.splice(0)) waiter.reject(closedError(options));
      await Promise.all([...live].map((instance) => instance.kill()));
    },
  };
}

function takeIdle(idle: Map<Instance, Idle>): Instance | undefined {
  for (let instance = [...idle.keys()].at(-1); instance !== undefined; instance = [...idle.keys()].at(-1)) {
    forget(idle, instance);
    if (instance.alive()) return instance;
  }
  return undefined;
}

function forget(idle: Map<Instance, Idle>, instance: Instance): void {
  clearTimeout(idle.get(instance)?.timer);
  idle.delete(instance);
}

/** Ends what is idle longest, of whichever function, where another instance would be more than a small machine holds. */
export function makeRoom(pools: readonly InstancePool[], instancesMax = INSTANCES_MAX): void {
  if (pools.reduce((sum, { size }) => sum + size, 0) < instancesMax) return;
  const [longest] = pools
    .map((pool) => ({ pool, since: pool.idleSince() ?? Number.POSITIVE_INFINITY }))
    .sort((one, other) => one.since - other.since);
  longest?.pool.endIdle();
}

function closedError({ functionName }: InstancePoolOptions): AppError {
  return new AppError("conflict", `function ${functionName}: its host is closed`);
}
