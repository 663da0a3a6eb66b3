import { describe, expect, it } from "vitest";
import { reason } from "../../../shared/model/reason.ts";
import { failingRestore } from "../../../shared/verbs/restore/stepUndo.ts";
import { DONE, job, SECOND, SECOND_DONE, STUCK, TARGET } from "./stepSetting.ts";

const GONE = reason("restore.gone", { index: "movies" });
const NO_ALIAS = { input: { alias: undefined } };

describe("a restore that is about to fail", () => {
  it.each([
    ["before an index is chosen", job("asked", { targets: [] }), false],
    ["while its first index is restored", job("planned"), true],
    ["while it is restored", job("restoring"), true],
    ["while one of two is restored, without an alias", job("restoring", { targets: [DONE, SECOND], ...NO_ALIAS }), true],
    ["with all documents counted, without an alias", job("restored", { targets: [DONE, SECOND_DONE], ...NO_ALIAS }), false],
    ["with all documents counted, before the alias moves", job("restored", { targets: [DONE] }), true],
    ["after the alias moved", job("served", { targets: [DONE] }), false],
    ["after it was settled", job("settled", { targets: [DONE] }), false],
  ])("frees what it restored, unless that serves: %s", (_, made, frees) => {
    const freeing = { state: "freeing", reason: GONE, data: { ...made.head.data, failing: GONE } };
    expect(failingRestore(made, GONE)).toEqual(frees ? freeing : undefined);
  });

  it("ends with its first reason once it freed everything", () => {
    const freeing = job("freeing", { failing: STUCK });
    expect(failingRestore(freeing, STUCK)).toBeUndefined();
    expect(failingRestore(freeing, reason("restore.keptServing", { because: STUCK.code }))).toBeUndefined();
  });

  it("names what it could not free, and the reason for which it failed first", () => {
    const freeing = job("freeing", { targets: [TARGET, SECOND], failing: STUCK });
    const left = [TARGET.as, SECOND.as];
    const why = reason("restore.leftOver", { ...STUCK.params, because: "restore.stuck", left });
    expect(failingRestore(freeing, reason("job.patience"))).toEqual({ state: "failed", reason: why, data: freeing.head.data });
    const wrapped = job("freeing", { failing: reason("job.patience", { because: "lane.busy" }) });
    expect(failingRestore(wrapped, GONE)?.reason.params).toEqual({
      ...{ because: "job.patience", "because.because": "lane.busy", left: [TARGET.as] },
    });
  });
});
