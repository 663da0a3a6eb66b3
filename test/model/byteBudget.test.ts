import { describe, expect, it } from "vitest";
import { byteBudget } from "../../shared/model/memory/byteBudget.ts";

describe("a budget of bytes", () => {
  it("lets as many hold bytes as fit, in order of arrival", async () => {
    const budget = byteBudget(10);
    const taken: string[] = [];
    const take = (name: string, bytes: number) => budget.take(bytes).then(() => void taken.push(name));
    await Promise.all([take("a", 6), take("b", 4)]);
    const waiting = [take("c", 5), take("d", 1)];
    await Promise.resolve();
    expect(taken).toEqual(["a", "b"]);
    budget.give(4);
    await Promise.resolve();
    // The smaller one would fit, but came later.
    expect(taken).toEqual(["a", "b"]);
    budget.give(6);
    await Promise.all(waiting);
    expect(taken).toEqual(["a", "b", "c", "d"]);
  });

  it("lets more than the whole through alone", async () => {
    const budget = byteBudget(10);
    await budget.take(1);
    let isTaken = false;
    const large = budget.take(100).then(() => {
      isTaken = true;
    });
    await Promise.resolve();
    expect(isTaken).toBe(false);
    budget.give(1);
    await large;
    budget.give(100);
    await budget.take(10);
  });
});
