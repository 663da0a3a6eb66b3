import type * as z from "zod";
import type { Call, Route } from "./call.ts";
import type { HttpAnswer } from "./problem.ts";

/** A route whose `changes` and `run` get the body as its schema reads it. */
export function route<S extends z.ZodType>(
  method: Route["method"],
  path: string,
  body: S,
  changes: (body: z.output<S>) => boolean,
  run: (call: Call<z.output<S>>) => Promise<HttpAnswer>,
): Route {
  return { method, path, body, changes: changes as Route["changes"], run: run as Route["run"] };
}
