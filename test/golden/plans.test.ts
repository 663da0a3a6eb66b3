import { describe, expect, it } from "vitest";
import { planShown, preflightBlocks } from "../plan/planText.ts";
import { PLANS } from "../plan/pruneCases.ts";
import { blocksText, faultySentences } from "../verbs/decisions.ts";
import { expectGolden, expectNoOthers } from "./golden.ts";

describe("the plans of pure folders", () => {
  const plansMade = () => Object.entries(PLANS).map(([name, plan]) => ({ name, plan: plan() }));

  it("are the recorded ones: preflight", () => {
    expectGolden("plans", "preflight.txt", blocksText(preflightBlocks()));
  });

  it("are the recorded ones: prune", () => {
    expectGolden("plans", "prune.txt", blocksText(plansMade().map(({ name, plan }) => ({ name, block: planShown(plan) }))));
  });

  it("carry reasons whose sentences are complete", () => {
    const ofPlans = plansMade().map(({ name, plan: { keep, remove, later, refusal } }) => {
      return { name, reasons: [...[...keep, ...remove, ...later].flatMap(({ reasons }) => reasons), ...(refusal ? [refusal] : [])] };
    });
    expect(faultySentences([...preflightBlocks(), ...ofPlans])).toEqual([]);
  });

  it("are compared for every recorded file", () => {
    expectNoOthers("plans", ["preflight.txt", "prune.txt"]);
  });
});
