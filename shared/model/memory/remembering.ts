import { hasCode } from "../errors.ts";
import { sha256 } from "../hash.ts";
import type { DecodeBudget } from "./decodeBudget.ts";

type Decode<T> = (bytes: Uint8Array, subject: string, budget: DecodeBudget) => T;

/** What takes less to decode is decoded again: a few milliseconds. */
const REMEMBERED_FROM_BYTES = 1024 * 1024;
/** Of what is remembered. */
const REMEMBERED_BYTES_MAX = 16 * 1024 * 1024;
/** Of an error, and of what names the contents. */
const OUTCOME_BYTES = 1024;

/**
 * Decodes equal contents once where decoding is expensive: a thousand snapshots may share a blob of a few kilobytes that takes a second.
 * That they are invalid is remembered as well.
 */
export function remembering<T>(decode: Decode<T>, weigh: (value: T) => number): Decode<T> {
  const outcomes = new Map<string, () => T>();
  let heldBytes = 0;
  return (bytes, subject, budget) => {
    const key = `${subject} ${sha256(bytes)}`;
    const known = outcomes.get(key);
    if (known) return known();
    const counted = countingBudget(budget);
    const { outcome, weight } = outcomeOf(() => decode(bytes, subject, counted.budget), weigh);
    if (counted.spentBytes() >= REMEMBERED_FROM_BYTES && heldBytes + weight <= REMEMBERED_BYTES_MAX) {
      heldBytes += weight;
      outcomes.set(key, outcome);
    }
    return outcome();
  };
}

function outcomeOf<T>(decode: () => T, weigh: (value: T) => number): { outcome: () => T; weight: number } {
  try {
    const value = decode();
    return { outcome: () => value, weight: OUTCOME_BYTES + weigh(value) };
  } catch (error) {
    if (!hasCode(error, "invalid")) throw error;
    return {
      outcome: () => {
        throw error;
      },
      weight: OUTCOME_BYTES,
    };
  }
}

function countingBudget(budget: DecodeBudget): { budget: DecodeBudget; spentBytes(): number } {
  let spentBytes = 0;
  return {
    spentBytes: () => spentBytes,
    budget: {
      admit: budget.admit,
      spend(bytes, subject) {
        spentBytes += bytes;
        budget.spend(bytes, subject);
      },
    },
  };
}
