import { describe, expect, it } from "vitest";
import { type RetireData, type RetireInput, type RetireObservation, stepRetire } from "../../../shared/verbs/retire/step.ts";
import { each, type Ground, type Move, minuteDate, must, PATIENCE_MINUTE, road, walk } from "../walk.ts";
import { expectSound } from "../walkSound.ts";

const NOT_BEFORE = 30;
const UNTIL = minuteDate(NOT_BEFORE).toISOString();

const retiring: Ground<RetireInput, RetireData, RetireObservation> = {
  id: "retire-1",
  input: { index: "old", uuid: "u", notBefore: UNTIL },
  first: { state: "kept", data: {} },
  minutes: [0, NOT_BEFORE - 1, NOT_BEFORE, NOT_BEFORE + 11, PATIENCE_MINUTE],
  step: stepRetire,
  sights: () => [
    { there: false, until: UNTIL },
    ...each({
      there: [true as const],
      until: [UNTIL],
      uuid: ["u", "v"],
      aliases: [[], ["films"]],
      marked: [true, false],
      alias: ["films"],
      successor: ["new", undefined],
    }),
  ],
  looks: ({ head }, effect) => [{ state: "kept", data: effect === "tellUnserved" ? { ...head.data, told: true as const } : head.data }],
};

function visitRetire(move: Move<RetireInput, RetireData, RetireObservation>): void {
  const { from, seen, minute, decision } = move;
  if (decision.do !== "effect") return;
  if (decision.effect === "tellUnserved") {
    must(!from.data.told, "tells once", move);
    return;
  }
  must(seen.there === true && seen.successor !== undefined, "deletes nothing while no other index serves", move);
  must(!from.cancelling && minute >= NOT_BEFORE, "deletes nothing before the retention is over", move);
  must(
    seen.there === true && seen.uuid === "u" && seen.marked && seen.aliases.length === 0,
    "deletes only its own index that serves no alias",
    move,
  );
}

describe("every path of retiring an index", { timeout: 120_000 }, () => {
  it("ends with a reason and deletes nothing that is foreign, serves or is still kept", () => {
    const walked = walk(retiring, visitRetire);

    expectSound(walked, {
      states: ["kept", "done", "failed", "skipped", "cancelled"],
      ownWaits: ["retire.unserved"],
      changing: ["deleteIndex", "tellUnserved"],
      spotsMin: 16,
      movesMin: 200,
    });
  });

  it("takes two moves when all goes well", () => {
    const see = (_job: unknown, made: readonly string[]): RetireObservation =>
      made.length === 0
        ? { there: true, until: UNTIL, uuid: "u", aliases: [], marked: true, alias: "films", successor: "new" }
        : { there: false, until: UNTIL };
    expect(road(retiring, see, [NOT_BEFORE])).toEqual(["deleteIndex", "done"]);
    expect(road(retiring, see)).toEqual(["wait retire.kept"]);
  });
});
