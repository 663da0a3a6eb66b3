import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import type { Instance } from "../../../../infra/local/fc/instance.ts";
import { createInstancePool, makeRoom } from "../../../../infra/local/fc/instancePool.ts";

/** Instances that share one busy machine: each one that loads makes the others slower. */
function slowStarts(loadMs: number) {
  let loading = 0;
  let most = 0;
  let started = 0;
  const start = (): Instance => {
    loading += 1;
    started += 1;
    most = Math.max(most, loading);
    const ready = sleep(loadMs * loading).then(() => {
      loading -= 1;
    });
    return {
      id: `c-${started}`,
      alive: () => true,
      ready,
      run: () => Promise.reject(new Error("is not run")),
      kill: async () => undefined,
    };
  };
  return { start, most: () => most, started: () => started };
}

describe("the instances of one function", () => {
  it("load two at a time, and a request takes the first free one, so that twenty at once do not wait for twenty cold starts", async () => {
    const { start, most, started } = slowStarts(20);
    const pool = createInstancePool({ functionName: "http", instancesMax: 20, start });
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const instance = await pool.acquire();
        await sleep(1);
        pool.release(instance);
      }),
    );
    expect(most()).toBe(2);
    expect(started()).toBeLessThan(8);
    await pool.close();
  });

  it("end when nothing is asked of them, and not while they are used", async () => {
    const killed: string[] = [];
    const { start, started } = slowStarts(1);
    const endable = (): Instance => {
      const instance = start();
      return { ...instance, kill: async () => void killed.push(instance.id) };
    };
    const pool = createInstancePool({ functionName: "http", instancesMax: 5, idleMs: 30, start: endable });
    const busy = await pool.acquire();
    pool.release(await pool.acquire());
    await expect.poll(() => killed).toEqual(["c-2"]);
    pool.release(busy);
    expect(await pool.acquire()).toBe(busy);
    await sleep(60);
    expect([killed, started()]).toEqual([["c-2"], 2]);
    await pool.close();
  });

  it("keep one of them warm longer than the others", async () => {
    const killed: string[] = [];
    const { start } = slowStarts(1);
    const endable = (): Instance => {
      const instance = start();
      return { ...instance, kill: async () => void killed.push(instance.id) };
    };
    const pool = createInstancePool({ functionName: "http", instancesMax: 5, idleMs: 60_000 * 6, start: endable });
    const [first, second] = [await pool.acquire(), await pool.acquire()];
    vi.useFakeTimers();
    for (const instance of [first, second]) pool.release(instance);
    await vi.advanceTimersByTimeAsync(60_001);
    expect(killed).toEqual(["c-2"]);
    await vi.advanceTimersByTimeAsync(60_000 * 6);
    expect(killed).toEqual(["c-2", "c-1"]);
    vi.useRealTimers();
    await pool.close();
  });

  it("make room for another function's: the one that is idle longest ends, and none that works", async () => {
    const killed: string[] = [];
    const pools = ["a", "b"].map((name) => {
      const { start } = slowStarts(1);
      const endable = (): Instance => {
        const instance = start();
        return { ...instance, kill: async () => void killed.push(`${name}-${instance.id}`) };
      };
      return createInstancePool({ functionName: name, instancesMax: 5, start: endable });
    });
    const [one, other] = pools as [(typeof pools)[number], (typeof pools)[number]];
    const busy = await one.acquire();
    makeRoom(pools, 1);
    expect(killed).toEqual([]);
    other.release(await other.acquire());
    one.release(busy);
    makeRoom(pools, 3);
    expect(killed).toEqual([]);
    makeRoom(pools, 2);
    expect(killed).toEqual(["b-c-1"]);
    await one.close();
    await other.close();
  });

  it("grow to the limit while all are busy", async () => {
    const { start, started } = slowStarts(1);
    const pool = createInstancePool({ functionName: "http", instancesMax: 5, start });
    await Promise.all(Array.from({ length: 5 }, () => pool.acquire()));
    expect(started()).toBe(5);
    await pool.close();
  });
});
