import { AppError, hasCode } from "../../model/errors.ts";

const ATTEMPTS = 4;
/** With full jitter: half of 0.5, 1 and 2 s on average; the API throttles by the second. */
const BASE_MS = 500;

export interface RetryPorts {
  /** Milliseconds left of the invocation: no attempt begins after it. */
  remainingMs: () => number;
  sleep: (ms: number) => Promise<void>;
  /** From 0 to 1. */
  random: () => number;
}

/** Repeats what is `transient`, because the vendor's client repeats nothing (`autoretry` measured: one attempt on 503 and on a reset). */
export async function retriedCall<T>(call: () => Promise<T>, { remainingMs, sleep, random }: RetryPorts): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      const waitMs = random() * BASE_MS * 2 ** (attempt - 1);
      if (!hasCode(error, "transient") || attempt === ATTEMPTS || remainingMs() <= waitMs) throw error;
      await sleep(waitMs);
      if (remainingMs() <= 0) throw new AppError("transient", error.message, { cause: error });
    }
  }
}
