import { type httpDoor, VIEWER } from "../runtime/http/door.ts";
import type { TestWorld } from "../world/world.ts";
import type { Outcome } from "./cases.ts";
import { newWorld } from "./stages.ts";

type Ask = ReturnType<typeof httpDoor>["ask"];
type Options = NonNullable<Parameters<Ask>[2]>;

/** One request on a separate world. */
export interface RouteCase {
  outcome: Outcome;
  title: string;
  /** The path with its parameters filled in; some depend on the world. */
  path: string;
  options?: Options | ((world: TestWorld) => Promise<Options>);
  world: () => Promise<TestWorld>;
  /** Earlier requests on the same world. */
  before?: readonly (readonly [method: string, path: string, options?: Options])[];
}

export interface RouteCases {
  method: string;
  path: string;
  cases: readonly RouteCase[];
  /** Outcomes that this route cannot have, with the reason. */
  without: Partial<Record<Outcome, string>>;
}

/** A world after a change. */
export const after = (make: () => Promise<TestWorld>, then: (world: TestWorld) => unknown) => async () => {
  const world = await make();
  await then(world);
  return world;
};

export const asViewer = (path: string, body?: unknown): RouteCase => ({
  outcome: "refused",
  title: "a viewer",
  path,
  options: body === undefined ? { token: VIEWER } : { token: VIEWER, body },
  world: newWorld,
});

export const failed = (title: string, path: string, options: RouteCase["options"] = {}, world = newWorld): RouteCase => ({
  outcome: "failed",
  title,
  path,
  options,
  world: () => world(),
});
