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
/** A second idle instance of one function is needed only by the next rush, and ends after this part of the time. */
const SPARE_SHARE = 1 / 6;

interface Waiter {
  resolve(instance: Instance): void;
  reject(error: Error): void;
}

export function createInstancePool(options: InstancePoolOptions): InstancePool {
  const live = new Set<Instance>();
  const retired = new WeakSet<Instance>();
  /** With the timer that ends it; the last is the warmest. */
  const idle = new Map<Instance, NodeJS.Timeout>();
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
    idle.set(instance, setTimeout(end, idle.size === 0 ? idleMs : idleMs * SPARE_SHARE).unref());
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

function takeIdle(idle: Map<Instance, NodeJS.Timeout>): Instance | undefined {
  for (let instance = [...idle.keys()].at(-1); instance !== undefined; instance = [...idle.keys()].at(-1)) {
    forget(idle, instance);
    if (instance.alive()) return instance;
  }
  return undefined;
}

function forget(idle: Map<Instance, NodeJS.Timeout>, instance: Instance): void {
  clearTimeout(idle.get(instance));
  idle.delete(instance);
}

function closedError({ functionName }: InstancePoolOptions): AppError {
  return new AppError("conflict", `function ${functionName}: its host is closed`);
}
