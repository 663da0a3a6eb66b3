import { expect } from "vitest";
import { isFinal } from "../../shared/jobs/record.ts";
import type { Walked } from "./walk.ts";

function statesOf<D>({ spots }: Walked<D>): string[] {
  return [...new Set([...spots.values()].map(({ state }) => state))].sort();
}

/** Heads from which no final one can be reached. */
function deadEnds<D>({ spots, ways }: Walked<D>): string[] {
  const into = new Map<string, string[]>();
  for (const [from, out] of ways) for (const to of out.keys()) if (to !== from) into.set(to, [...(into.get(to) ?? []), from]);
  const ends = [...spots].filter(([, { state }]) => isFinal(state)).map(([key]) => key);
  const reaches = new Set(ends);
  for (const key of reaches) for (const before of into.get(key) ?? []) reaches.add(before);
  return [...spots].filter(([key]) => !reaches.has(key)).map(([key]) => key);
}

/**
 * Heads that lead back to themselves although the world has not changed: through records alone, or through effects other than those named,
 * each of which removes the condition that triggered it.
 */
function circles<D>({ spots, ways }: Walked<D>, changing: readonly string[]): string[] {
  const next = (key: string) =>
    [...(ways.get(key) ?? [])]
      .filter(([, kinds]) => [...kinds].some((way) => way === "record" || (way.startsWith("ours ") && !changing.includes(way.slice(5)))))
      .map(([to]) => to);
  const incoming = new Map([...spots.keys()].map((key) => [key, 0]));
  for (const key of spots.keys()) for (const to of next(key)) incoming.set(to, (incoming.get(to) ?? 0) + 1);
  const free = [...incoming].filter(([, count]) => count === 0).map(([key]) => key);
  for (const key of free) {
    incoming.delete(key);
    for (const to of next(key)) {
      const left = (incoming.get(to) ?? 0) - 1;
      incoming.set(to, left);
      if (left === 0) free.push(to);
    }
  }
  return [...incoming.keys()];
}

interface Soundness {
  /** Every state that is reached, including final ones. */
  states: readonly string[];
  /** Codes of waits that only our own work or the clock ends. */
  ownWaits: readonly string[];
  /** Effects that change the condition that triggered them. */
  changing: readonly string[];
  /** A lower bound, so that the walk cannot shrink unnoticed. */
  spotsMin: number;
  movesMin: number;
}

/** Asserts what holds for every kind of job. */
export function expectSound<D>(walked: Walked<D>, { states, ownWaits, changing, spotsMin, movesMin }: Soundness): void {
  expect(statesOf(walked)).toEqual([...states].sort());
  expect(deadEnds(walked)).toEqual([]);
  expect(circles(walked, changing)).toEqual([]);
  expect([...walked.ownWaits].sort()).toEqual([...ownWaits].sort());
  expect(walked.spots.size).toBeGreaterThanOrEqual(spotsMin);
  expect(walked.moves).toBeGreaterThanOrEqual(movesMin);
}
