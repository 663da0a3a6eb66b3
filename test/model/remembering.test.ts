import { describe, expect, it } from "vitest";
import { AppError } from "../../shared/model/errors.ts";
import { decodeBudget } from "../../shared/model/memory/decodeBudget.ts";
import { remembering } from "../../shared/model/memory/remembering.ts";

const MEGABYTE = 1024 * 1024;

interface Given {
  spends?: number;
  weighs?: number;
  fails?: AppError;
}

function counted({ spends = MEGABYTE, weighs = 1, fails }: Given = {}) {
  let runs = 0;
  const decode = remembering(
    (bytes, subject, budget) => {
      runs += 1;
      budget.spend(spends, subject);
      if (fails) throw fails;
      return String(bytes);
    },
    () => weighs,
  );
  return { decode, runs: () => runs };
}

describe("equal contents of an expensive blob", () => {
  const budget = decodeBudget();
  const [one, other] = [Buffer.from("one"), Buffer.from("other")];

  it("are decoded once, and other contents of the same blob for themselves", () => {
    const { decode, runs } = counted();
    expect([decode(one, "meta", budget), decode(one, "meta", budget), runs()]).toEqual(["one", "one", 1]);
    expect([decode(other, "meta", budget), decode(one, "another", budget), runs()]).toEqual(["other", "one", 3]);
  });

  it("are found invalid once", () => {
    const { decode, runs } = counted({ fails: new AppError("invalid", "no") });
    for (let time = 0; time < 3; time += 1) expect(() => decode(one, "meta", budget)).toThrow("no");
    expect(runs()).toBe(1);
  });

  it("are decoded again after an error that says nothing about them", () => {
    const { decode, runs } = counted({ fails: new AppError("permanent", "budget") });
    for (let time = 0; time < 2; time += 1) expect(() => decode(one, "meta", budget)).toThrow("budget");
    expect(runs()).toBe(2);
  });

  it("are decoded again where it costs little, or where what comes of it is large", () => {
    for (const given of [{ spends: 1000 }, { weighs: 17 * MEGABYTE }]) {
      const { decode, runs } = counted(given);
      for (let time = 0; time < 2; time += 1) decode(one, "meta", budget);
      expect(runs()).toBe(2);
    }
  });
});
