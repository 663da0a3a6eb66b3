import { describe, expect, it } from "vitest";
import type { KeepRules } from "../../../shared/model/config.ts";
import { reason } from "../../../shared/model/reason.ts";
import { guardsOf } from "../../../shared/plan/retention/guards.ts";
import { type PrunableSnapshot, type PruneInput, planPrune } from "../../../shared/plan/retention/plan.ts";
import { inputOf, snapshot } from "./prunable.ts";
import { type Random, randomOf } from "./random.ts";

const RUNS = Number(process.env.OSSNAP_RETENTION_RUNS ?? 1_500);
const SEED = Number(process.env.OSSNAP_RETENTION_SEED ?? Date.now() % 1_000_000);
const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 9, 20, 1, 30);
const BROKEN = { verdict: "damaged", level: "contents", at: "2026-10-20T00:00:00.000Z" };

const dayOf = (day: number) => new Date(START + day * DAY_MS).toISOString();

/** The state of an index in a snapshot, by the snapshot's name. */
type States = Record<string, Record<string, string>>;

function withStates(states: States): Pick<PruneInput, "stateOf"> {
  return { stateOf: ({ name }, index) => states[name]?.[index] };
}

describe.each([
  ["by hand", { manual: true as const }],
  ["by another tool", { adopted: true as const }],
])("an index whose earlier state a snapshot taken %s holds", (_, series) => {
  const early = snapshot(dayOf(0), { indices: ["roll-1"], ...series });
  const whole = snapshot(dayOf(1), { indices: ["roll-1"] });
  const newest = snapshot(dayOf(2), { indices: ["roll-2"] });
  const states = { [early.name]: { "roll-1": "1 document" }, [whole.name]: { "roll-1": "6 documents" } };
  const all = [early, whole, newest];
  // What keeps the early one does not matter: a rule, a pin.
  const pinned = { protected: new Map([[early.name, reason("keep.pinned")]]) };

  it("is protected in its last state", () => {
    const made = planPrune(inputOf(all, { last: 1, lastOfIndex: "always" }, { ...withStates(states), ...pinned }));
    expect(made.remove).toEqual([]);
    expect(made.keep.find(({ name }) => name === whole.name)?.reasons.map(({ code, params }) => [code, params.indices])).toEqual([
      ["keep.lastOfIndex", ["roll-1"]],
    ]);
  });

  it("is named where its last state falls", () => {
    const made = planPrune(inputOf(all, { last: 1, lastOfIndex: "never" }, { ...withStates(states), ...pinned }));
    const gone = made.remove.find(({ name }) => name === whole.name);
    expect(gone?.reasons.at(-1)).toEqual(reason("remove.lastOfIndex", { indices: ["roll-1"], count: 1 }));
  });

  it("refuses the deletion of its last state by hand, and names it where nothing protects it", () => {
    const wanted = new Set([whole.name]);
    const always = guardsOf(inputOf(all, { last: 1, lastOfIndex: "always" }, withStates(states)), wanted);
    expect(always.kept.get(whole.name)?.code).toBe("keep.lastOfIndex");
    const never = guardsOf(inputOf(all, { last: 1, lastOfIndex: "never" }, withStates(states)), wanted);
    expect(never.kept.size).toBe(0);
    expect(never.fallen.get(whole.name)?.params).toEqual({ indices: ["roll-1"], count: 1 });
  });

  it("goes if the kept one holds the same files", () => {
    const same = { ...states, [early.name]: { "roll-1": "6 documents" } };
    const made = planPrune(inputOf(all, { last: 1, lastOfIndex: "always" }, { ...withStates(same), ...pinned }));
    expect(made.remove.map(({ name }) => name)).toEqual([whole.name]);
  });
});

interface History {
  all: PrunableSnapshot[];
  states: States;
  keep: KeepRules;
  existing: Set<string>;
}

/** Nights of daily indices that are written for a day and leave after some, with snapshots of every series between them. */
function historyOf(random: Random): History {
  const [nights, life] = [4 + random.below(20), 1 + random.below(6)];
  const states: States = {};
  const all = Array.from({ length: nights }, (_, night) => {
    const indices = Array.from({ length: life + 1 }, (_none, back) => night - back).filter((day) => day >= 0 && !random.chance(0.05));
    const time = dayOf(night);
    const known = indices.filter(() => !random.chance(0.03));
    states[time] = Object.fromEntries(known.map((day) => [`logs-${day}`, day === night ? "part of the day" : "whole day"]));
    const series = random.one<Partial<PrunableSnapshot>>([{}, {}, {}, { manual: true }, { adopted: true }]);
    const verdict = random.one<Partial<PrunableSnapshot>>([{}, {}, {}, {}, { proven: true }, { broken: BROKEN }]);
    const state = random.one(["SUCCESS", "SUCCESS", "SUCCESS", "SUCCESS", "PARTIAL"] as const);
    return snapshot(time, { indices: indices.map((day) => `logs-${day}`), state, ours: !random.chance(0.05), ...series, ...verdict });
  });
  const keep: KeepRules = {
    last: 1 + random.below(3),
    daily: random.below(5),
    weekly: random.below(3),
    manual: random.chance(0.5) ? { last: 1 + random.below(2) } : undefined,
    lastOfIndex: random.one(["always", "never", 3 * DAY_MS, 10 * DAY_MS]),
    atLeast: 1 + random.below(3),
  };
  const existing = new Set(Array.from({ length: 3 }, () => `logs-${random.below(nights)}`));
  return { all, states, keep, existing };
}

interface Loss {
  index: string;
  last: PrunableSnapshot;
  /** Whether `lastOfIndex` protects it. */
  isProtected: boolean;
}

/** The indices whose last state no snapshot that stays holds, worked out without the planner. */
function losses({ all, states, keep, existing }: History, stays: (name: string) => boolean): Loss[] {
  const good = all.filter(({ ours, state, broken }) => ours && state === "SUCCESS" && !broken).reverse();
  return [...new Set(good.flatMap(({ indices }) => indices))].flatMap((index) => {
    const at = good.findIndex(({ indices }) => indices.includes(index));
    const last = good[at] as PrunableSnapshot;
    const state = states[last.name]?.[index];
    const isHeld = good.some(({ name }) => stays(name) && (name === last.name || (state !== undefined && states[name]?.[index] === state)));
    if (isHeld) return [];
    const goneMs = (good[0] as PrunableSnapshot).time.getTime() - (good[at - 1] ?? last).time.getTime();
    const inTime = typeof keep.lastOfIndex === "number" && (existing.has(index) || goneMs <= keep.lastOfIndex);
    return [{ index, last, isProtected: keep.lastOfIndex === "always" || inTime }];
  });
}

describe(`rolling indices in histories of all series (seed ${SEED}, ${RUNS} runs)`, () => {
  it("lose no protected last state to a plan or to a deletion by hand, and what falls is named", { timeout: 7_200_000 }, () => {
    for (let run = 0; run < RUNS; run += 1) {
      const random = randomOf(SEED + run);
      const history = historyOf(random);
      const { all, states, keep, existing } = history;
      const input = inputOf(all, keep, { ...withStates(states), existing });
      const made = planPrune(input);
      const kept = new Set(made.keep.map(({ name }) => name));
      const lost = losses(history, (name) => kept.has(name));
      const named = new Set(
        made.remove.filter(({ reasons }) => reasons.some(({ code }) => code === "remove.lastOfIndex")).map(({ name }) => name),
      );
      const wanted = new Set(all.filter(({ ours }) => ours && random.chance(0.3)).map(({ name }) => name));
      const guards = guardsOf(input, wanted);
      const byHand = losses(history, (name) => !wanted.has(name) || guards.kept.has(name));
      const broken = [
        ...lost.filter(({ isProtected }) => isProtected).map(({ index }) => `a plan loses ${index}`),
        ...lost.filter(({ last }) => !named.has(last.name)).map(({ index }) => `a plan does not name ${index}`),
        ...byHand.filter(({ isProtected }) => isProtected).map(({ index }) => `a deletion loses ${index}`),
        ...byHand.filter(({ last }) => !guards.fallen.has(last.name)).map(({ index }) => `a deletion does not name ${index}`),
      ];
      if (broken.length > 0) expect({ seed: SEED + run, broken, keep }).toBeUndefined();
    }
  });
});
