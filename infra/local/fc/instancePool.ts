import { AppError } from "../../../shared/model/errors.ts";
import type { Instance } from "./instance.ts";

/** The instances of one function: warm ones are reused, more are started while all are busy, up to a limit. */
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

interface Waiter {
  resolve(instance: Instance): void;
  reject(error: Error): void;
}

export function createInstancePool(options: InstancePoolOptions): InstancePool {
  const live = new Set<Instance>();
  const retired = new WeakSet<Instance>();
  const idle: Instance[] = [];
  const waiters: Waiter[] = [];
  let closed = false;

  const startOne = (): Instance => {
    const instance = options.start(() => {
      live.delete(instance);
      serve();
    });
    live.add(instance);
    return instance;
  };

  const nextFree = () => takeIdle(idle) ?? (live.size < options.instancesMax ? startOne() : undefined);

  const serve = () => {
    while (waiters.length > 0 && !closed) {
      const instance = nextFree();
      if (instance === undefined) return;
      waiters.shift()?.resolve(instance);
    }
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
