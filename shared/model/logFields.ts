import { AsyncLocalStorage } from "node:async_hooks";

const ambient = new AsyncLocalStorage<Record<string, unknown>>();

/** Runs the work with these fields on every log line that is written meanwhile, by whatever is called on the way. */
export function withLogFields<T>(fields: Record<string, unknown>, work: () => Promise<T>): Promise<T> {
  return ambient.run({ ...ambient.getStore(), ...fields }, work);
}

/** What the lines of this moment carry beside their own fields. */
export function currentLogFields(): Record<string, unknown> {
  return ambient.getStore() ?? {};
}
