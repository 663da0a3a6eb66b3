import { describe, expect, it } from "vitest";
import { steadyNow } from "../../shared/state/steadyNow.ts";

/** A clock that can be set, beside a counter that only goes on; `freeze` stops the counter. */
function machine() {
  let [clock, steady] = [1_000_000, 50];
  return {
    now: steadyNow(
      () => clock,
      () => steady,
    ),
    pass(ms: number) {
      clock += ms;
      steady += ms;
    },
    set(ms: number) {
      clock += ms;
    },
    freeze(ms: number) {
      clock += ms;
    },
  };
}

describe("the clock of an invocation", () => {
  it("goes on when the machine's clock is set back, however often it is asked", () => {
    const { now, pass, set } = machine();
    pass(10);
    expect(now()).toBe(1_000_010);
    set(-240_000);
    pass(5);
    expect(now()).toBe(1_000_015);
    pass(1_000);
    expect(now()).toBe(1_001_015);
  });

  it("knows of the time in which the instance was frozen", () => {
    const { now, pass, freeze } = machine();
    pass(10);
    freeze(600_000);
    expect(now()).toBe(1_600_010);
    pass(1);
    expect(now()).toBe(1_600_011);
  });
});
