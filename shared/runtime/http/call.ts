import type * as z from "zod";
import type { Asked } from "../../jobs/record.ts";
import type { World } from "../../jobs/world.ts";
import type { HttpAnswer } from "./problem.ts";

export interface Call<B = unknown> {
  world: World;
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
  body: B;
  asked: Asked;
  /** The caller's idempotency key. */
  key: string | undefined;
  /** Hash over method, path and body: a key that is reused with another hash is a mistake. */
  fingerprint: string;
  request: { id: string; path: string };
}

export interface Route {
  method: "GET" | "POST" | "DELETE";
  /** `{name}` matches one segment. */
  path: string;
  body?: z.ZodType;
  /** Names of its query parameters; any other is refused. */
  queries?: readonly string[];
  /** Whether this call changes anything; if so, it requires an operator. */
  changes(body: unknown): boolean;
  /** Repairs a state that was lost, and so must be able to open it. */
  adopting?: true;
  run(call: Call): Promise<HttpAnswer>;
}
