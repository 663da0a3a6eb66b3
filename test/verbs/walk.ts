import { expect } from "vitest";
import type { Decision, Look } from "../../shared/jobs/kind.ts";
import { isFinal, type Job } from "../../shared/jobs/record.ts";
import { type Reason, reason } from "../../shared/model/reason.ts";
import { EN } from "../../shared/words/en.ts";
import { say } from "../../shared/words/say.ts";
import { jobOf } from "../jobs/jobs.ts";

/** More heads than this means that the walk does not terminate: some counter grows without bound. */
const SPOTS_MAX = 20_000;
/** From this minute on, waiting for other work is a failure; `jobOf` gives every job an hour of patience. */
export const PATIENCE_MINUTE = 60;
export const minuteDate = (minute: number) => new Date(minute * 60_000);

type Ours<D> = Pick<Extract<Look<D>, { found: "ours" }>, "state" | "data">;

/** Every part of a head that a step may read. */
export interface Spot<D> {
  state: string;
  data: D;
  because: Reason;
  /** When the head was written, in minutes since the job was created. */
  minute: number;
  claim: string | undefined;
  cancelling: boolean;
}

/** A small but complete model of one kind's world. */
export interface Ground<I, D, O> {
  id: string;
  input: I;
  first: { state: string; data: D };
  /** The minutes at which the job is stepped; time never goes back. */
  minutes: readonly number[];
  step(job: Job<I, D>, seen: O, now: Date): Decision<D>;
  /** Everything that gathering may return for this head. */
  sights(job: Job<I, D>, now: Date): readonly O[];
  /** What the effect's lookup returns once its result is visible; "none" and "foreign" are always possible too. */
  looks(job: Job<I, D>, effect: string, args: never): readonly Ours<D>[];
}

export interface Move<I, D, O> {
  from: Spot<D>;
  job: Job<I, D>;
  seen: O;
  minute: number;
  decision: Decision<D>;
}

type Way = "record" | "patience" | "nothing" | "foreign" | "cancel" | `ours ${string}`;

export interface Walked<D> {
  spots: ReadonlyMap<string, Spot<D>>;
  ways: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<Way>>>;
  /** Number of pairs of spot and observation. */
  moves: number;
  /** Codes of waits for own work that the patience does not limit. */
  ownWaits: ReadonlySet<string>;
}

function jobAt<I, D>({ id, input }: { id: string; input: I }, spot: Spot<D>): Job<I, D> {
  const { state, data, claim, because, cancelling, minute } = spot;
  const claimed = claim === undefined ? {} : { claimed: { effect: claim, because: because.code } };
  const job = jobOf({ id, state, input, data, cancelling, ...claimed });
  return { ...job, head: { ...job.head, reason: because, at: minuteDate(minute).toISOString() } };
}

const firstSpot = <D>({ first }: { first: Pick<Spot<D>, "state" | "data"> }): Spot<D> => ({
  ...first,
  because: reason("test.asked"),
  minute: 0,
  claim: undefined,
  cancelling: false,
});

/** Visits every reachable head breadth first, with every observation and every response; `visit` receives each decision. */
export function walk<I, D, O>(ground: Ground<I, D, O>, visit: (move: Move<I, D, O>) => void): Walked<D> {
  const first = firstSpot(ground);
  const spots = new Map<string, Spot<D>>([[keyOf(first), first]]);
  const ways = new Map<string, Map<string, Set<Way>>>();
  const ownWaits = new Set<string>();
  const said = new Set<string>();
  let moves = 0;
  for (const [key, from] of spots) {
    if (spots.size > SPOTS_MAX) throw new Error(`more than ${SPOTS_MAX} heads: ${key}`);
    if (isFinal(from.state)) continue;
    const job = jobAt(ground, from);
    const out = new Map<string, Set<Way>>();
    ways.set(key, out);
    const isNew = unseen();
    const go = (to: Spot<D>, way: Way) => {
      const next = keyOf(to);
      if (!spots.has(next)) spots.set(next, to);
      out.set(next, (out.get(next) ?? new Set()).add(way));
    };
    if (!from.cancelling) go({ ...from, because: reason("cancel.asked", { by: "ops" }), cancelling: true }, "cancel");
    for (const minute of ground.minutes.filter((one) => one >= from.minute)) {
      const now = minuteDate(minute);
      for (const seen of ground.sights(job, now)) {
        const decision = ground.step(job, seen, now);
        moves += 1;
        expectSentence(decision.reason, said);
        if (decision.do === "wait" && decision.own && minute >= PATIENCE_MINUTE) ownWaits.add(decision.reason.code);
        visit({ from, job, seen, minute, decision });
        if (isNew(decision, minute)) for (const { to, way } of outcomes(ground, from, minute, decision)) go(to, way);
      }
    }
  }
  return { spots, ways, moves, ownWaits };
}

/** Equal decisions lead to the same heads, whatever was observed. */
function unseen(): (decision: Decision<unknown>, minute: number) => boolean {
  const known = new Set<string>();
  const spell = speller();
  return (decision, minute) => {
    if (decision.do === "wait") return true;
    const does = decision.do === "record" ? decision.state : `${decision.effect} ${spell(decision.args)}`;
    const shape = `${minute} ${decision.do} ${decision.reason.code} ${does} ${spell(decision.data)}`;
    return known.size < known.add(shape).size;
  };
}

/** Spells a value as JSON does, with a number for each object: what many decisions share, such as a plan, is read once. */
function speller(): (value: unknown) => string {
  const numbers = new Map<string, string>();
  const seen = new WeakMap<object, string>();
  const spell = (value: unknown): string => {
    if (typeof value !== "object" || value === null || value instanceof Date) return JSON.stringify(value) ?? "undefined";
    const before = seen.get(value);
    if (before !== undefined) return before;
    let text = Array.isArray(value) ? "[" : "{";
    for (const [key, member] of Object.entries(value)) text += `${key}:${spell(member)},`;
    const number = numbers.get(text) ?? `#${numbers.size}`;
    numbers.set(text, number);
    seen.set(value, number);
    return number;
  };
  return spell;
}

/** The results of a decision in the engine, for every response that the world may give. */
export function outcomes<I, D, O>(
  ground: Ground<I, D, O>,
  from: Spot<D>,
  minute: number,
  decision: Decision<D>,
): { to: Spot<D>; way: Way }[] {
  const patient = minute < PATIENCE_MINUTE;
  const at = (state: string, data: D, because: Reason, claim?: string): Spot<D> => ({
    state,
    data,
    because,
    minute,
    claim,
    cancelling: from.cancelling,
  });
  if (decision.do === "record") return [{ to: at(decision.state, decision.data, decision.reason), way: "record" }];
  if (decision.do === "effect" && (patient || from.claim === undefined)) {
    const { effect, args, data } = decision;
    const silent = at(from.state, data, decision.reason, effect);
    const looks = ground.looks(jobAt(ground, silent), effect, args as never);
    const failed = at("failed", data, reason("test.foreign"));
    return [
      { to: silent, way: "nothing" },
      { to: { ...silent, because: reason("effect.refused", { effect, message: "no" }) }, way: "nothing" },
      { to: failed, way: "foreign" },
      ...looks.map((look) => ({ to: at(look.state, look.data, reason("test.shows")), way: `ours ${effect}` as const })),
    ];
  }
  if (decision.do === "wait" && (decision.own || patient)) return [];
  return [{ to: at("failed", from.data, reason("job.patience", { until: "", because: decision.reason.code })), way: "patience" }];
}

/** Final heads are equal whatever their data; the reason distinguishes heads only beside a claim, where steps read it. */
const keyOf = <D>(spot: Spot<D>): string =>
  isFinal(spot.state) ? spot.state : JSON.stringify({ ...spot, because: spot.claim === undefined ? "" : spot.because.code });

/** An assertion cheap enough for every move; a failure prints the decision. */
export function must<I, D, O>(holds: boolean, rule: string, { from, seen, minute, decision }: Move<I, D, O>): void {
  if (!holds) throw new Error(`${rule}: ${JSON.stringify({ from, seen, minute, decision }, null, 1)}`);
}

/** Asserts that every parameter that the sentence names is given, but a place in parentheses and an appended sentence, which may be unknown; another missing one would print as a dash. */
function expectSentence(why: Reason, said: Set<string>): void {
  const shape = `${why.code} ${Object.keys(why.params).join(" ")}`;
  if (said.has(shape)) return;
  said.add(shape);
  if (why.code.startsWith("test.")) return;
  const named = [...(EN[why.code] ?? `no sentence {for} ${why.code}`).matchAll(/\{(\w+)\b(?!:within|:wayOut)/g)].map(
    ([, name]) => name as string,
  );
  expect(
    named.filter((name) => !Object.hasOwn(why.params, name)),
    why.code,
  ).toEqual([]);
  expect(say(why)).not.toBe("");
}

/** The sequence of decisions when the world is as `see` returns it and every effect is visible at once. */
export function road<I, D, O>(ground: Ground<I, D, O>, see: (job: Job<I, D>, made: readonly string[]) => O, minutes = [0]): string[] {
  const road: string[] = [];
  const made: string[] = [];
  let spot = firstSpot(ground);
  for (let move = 0; move < 50 && !isFinal(spot.state); move += 1) {
    const minute = minutes[Math.min(move, minutes.length - 1)] ?? 0;
    const job = jobAt(ground, spot);
    const decision = ground.step(job, see(job, made), minuteDate(minute));
    if (decision.do === "wait") {
      road.push(`wait ${decision.reason.code}`);
      return road;
    }
    road.push(decision.do === "effect" ? decision.effect : decision.state);
    if (decision.do === "effect") made.push(decision.effect);
    const ways = outcomes(ground, spot, minute, decision);
    spot = (ways.find(({ way }) => way === "record" || way.startsWith("ours ")) as { to: Spot<D> }).to;
  }
  return road;
}

/** The Cartesian product of the lists. */
export function each<T extends Record<string, readonly unknown[]>>(lists: T): { [K in keyof T]: T[K][number] }[] {
  const names = Object.keys(lists);
  const count = names.reduce((product, name) => product * (lists[name]?.length ?? 0), 1);
  // Each object is built at once: hundreds of thousands of copies take longer than the walk itself.
  return Array.from({ length: count }, (_, at) => {
    const one: Record<string, unknown> = {};
    let left = at;
    for (const name of names) {
      const values = lists[name] ?? [];
      one[name] = values[left % values.length];
      left = Math.floor(left / values.length);
    }
    return one as { [K in keyof T]: T[K][number] };
  });
}
