import { describe, expect, it } from "vitest";
import { type RetireInput, type RetireObservation, stepRetire } from "../../../shared/verbs/retire/step.ts";
import { each, type Ground, type Move, minuteDate, must, PATIENCE_MINUTE, road, walk } from "../walk.ts";
import { expectSound } from "../walkSound.ts";

const NOT_BEFORE = 30;

const retiring: Ground<RetireInput, Record<string, never>, RetireObservation> = {
  id: "retire-1",
  input: { index: "old", uuid: "u", notBefore: minuteDate(NOT_BEFORE).toISOString() },
  first: { state: "kept", data: {} },
  minutes: [0, NOT_BEFORE - 1, NOT_BEFORE, PATIENCE_MINUTE],
  step: stepRetire,
  sights: () => [{ there: false }, ...each({ there: [true as const], uuid: ["u", "v"], aliases: [[], ["films"]], marked: [true, false] })],
  looks: ({ head }) => [{ state: "kept", data: head.data }],
};

function visitRetire(move: Move<RetireInput, Record<string, never>, RetireObservation>): void {
  const { from, seen, minute, decision } = move;
  if (decision.do !== "effect") return;
  must(!from.cancelling && minute >= NOT_BEFORE, "deletes nothing before the retention is over", move);
  must(
    seen.there && seen.uuid === "u" && seen.marked && seen.aliases.length === 0,
    "deletes only its own index that serves no alias",
    move,
  );
}

describe("every path of retiring an index", () => {
  it("ends with a reason and deletes nothing that is foreign, serves or is still kept", () => {
    const walked = walk(retiring, visitRetire);

    expectSound(walked, {
      states: ["kept", "done", "failed", "skipped", "cancelled"],
      ownWaits: [],
      changing: ["deleteIndex"],
      spotsMin: 16,
      movesMin: 200,
    });
  });

  it("takes two moves when all goes well", () => {
    const see = (_job: unknown, made: readonly string[]): RetireObservation =>
      made.length === 0 ? { there: true, uuid: "u", aliases: [], marked: true } : { there: false };
    expect(road(retiring, see, [NOT_BEFORE])).toEqual(["deleteIndex", "done"]);
    expect(road(retiring, see)).toEqual(["wait retire.kept"]);
  });
});
