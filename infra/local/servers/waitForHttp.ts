import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "../../../shared/model/errors.ts";
import type { Child } from "./process.ts";

const POLL_INTERVAL_MS = 100;
const ANSWER_TIMEOUT_MS = 5_000;

export interface WaitOptions {
  child: Child;
  timeoutMs: number;
  isReady(status: number): boolean;
}

/** Resolves when the URL responds with a status accepted by `isReady`. Errors: `transient` when the child exited or the time is up. */
export async function waitForHttp(url: string, { child, timeoutMs, isReady }: WaitOptions): Promise<void> {
  const until = performance.now() + timeoutMs;
  let last = "no answer";
  while (performance.now() < until) {
    const end = child.ended();
    if (end !== undefined) throw new AppError("transient", `${url}: the server ended with ${end}`);
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
      await response.arrayBuffer();
      if (isReady(response.status)) return;
      last = `HTTP ${response.status}`;
    } catch {
      // Refused or timed out: it is still starting.
    }
    await sleep(POLL_INTERVAL_MS);
  }
  throw new AppError("transient", `${url}: not ready after ${timeoutMs / 1000} s (${last})`);
}
