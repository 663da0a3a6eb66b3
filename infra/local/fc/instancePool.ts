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
  start(onExit: () => void): Instance;
}

/**
 * Instances that load their bundle at the same time. Each costs seconds of CPU: twenty at once on two busy cores took 40 to 55 s, and every
 * request waited for its own.
 */
const STARTS_AT_ONCE = 2;

interface Waiter {
  resolve(instance: Instance): void;
  reject(error: Error): void;
}

export function createInstancePool(options: InstancePoolOptions): InstancePool {
  const live = new Set<Instance>();
  const retired = new WeakSet<Instance>();
  const idle: Instance[] = [];
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

  const hand = (instance: Instance): void => {
    const waiter = closed ? undefined : waiters.shift();
    if (waiter) waiter.resolve(instance);
    else idle.push(instance);
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
      idle.push(instance);
      serve();
    },
    retire() {
      for (const instance of live) retired.add(instance);
      for (const instance of idle.splice(0)) void instance.kill();
    },
    async close() {
      closed = true;
      for (const waiter of waiters.splice(0)) waiter.reject(closedError(options));
      await Promise.all([...live].map((instance) => instance.kill()));
    },
  };
}

function takeIdle(idle: Instance[]): Instance | undefined {
  for (let instance = idle.pop(); instance !== undefined; instance = idle.pop()) {
    if (instance.alive()) return instance;
  }
  return undefined;
}

function closedError({ functionName }: InstancePoolOptions): AppError {
  return new AppError("conflict", `function ${functionName}: its host is closed`);
}
