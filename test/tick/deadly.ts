import type { World } from "../../shared/jobs/world.ts";
import { STEP1 } from "../world/moved.ts";
import { MOVED, type TestWorld, testConfig, testWorld } from "../world/world.ts";

export const OTHER = { ...MOVED, basePath: "other" };

/** Two watches: reading a root of the first ends the process. */
export async function twoWatches(): Promise<TestWorld> {
  const config = testConfig((given) => {
    given.backups = {};
    const moved = given.watches.moved;
    if (!moved) throw new Error("no watch");
    given.watches.other = {
      ...moved,
      blobs: OTHER,
      register: { ...moved.register, name: "other-movies" },
      restore: { ...moved.restore, alias: "others" },
    };
  });
  const world = await testWorld({ config });
  world.remainingMs = 90_000;
  await world.fill(MOVED, STEP1.blobs);
  await world.fill(OTHER, STEP1.blobs);
  return world;
}

interface Deadly {
  opened: World;
  reads: string[];
  isDead: () => boolean;
}

/** After the read of such a key, by default a root, below `deadlyPath` no further request of this invocation reaches anything, as after a process death. */
export async function deadly(world: TestWorld, deadlyPath: string, deadlyKey = /^index-\d+$/): Promise<Deadly> {
  const opened = await world.open();
  let dead = false;
  const reads: string[] = [];
  const never = () => new Promise<never>(() => undefined);
  const blobs: World["blobs"] = (place) => {
    const store = opened.blobs(place);
    const get: typeof store.get = async (key, ...rest) => {
      if (deadlyKey.test(key)) reads.push(`${place.basePath}/${key}`);
      if (place.basePath === deadlyPath && deadlyKey.test(key)) dead = true;
      return dead ? never() : store.get(key, ...rest);
    };
    return { ...store, get };
  };
  const mortal = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (of, name) => {
        const value = Reflect.get(of, name) as unknown;
        return typeof value === "function" ? (...args: unknown[]) => (dead ? never() : value.apply(of, args)) : value;
      },
    });
  return { opened: { ...opened, blobs, state: mortal(opened.state), log: mortal(opened.log) }, reads, isDead: () => dead };
}

/** Runs until it ends or dies. */
export async function until(
  world: TestWorld,
  run: (opened: World) => Promise<unknown>,
  deadlyPath = MOVED.basePath,
  deadlyKey?: RegExp,
): Promise<{ reads: string[]; died: boolean }> {
  const { opened, reads, isDead } = await deadly(world, deadlyPath, deadlyKey);
  const death = new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if (!isDead()) return;
      clearInterval(timer);
      resolve();
    }, 1);
    void run(opened).finally(() => {
      clearInterval(timer);
      resolve();
    });
  });
  await death;
  return { reads, died: isDead() };
}
