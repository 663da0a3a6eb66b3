import { AsyncLocalStorage } from "node:async_hooks";

const ambient = new AsyncLocalStorage<Record<string, unknown>>();

/** Runs `work` and adds these fields to every log line written during it, including by the functions it calls. */
export function withLogFields<T>(fields: Record<string, unknown>, work: () => Promise<T>): Promise<T> {
  return ambient.run({ ...ambient.getStore(), ...fields }, work);
}

/** The ambient fields that the current log lines carry in addition to their own. */
export function currentLogFields(): Record<string, unknown> {
  return ambient.getStore() ?? {};
}
