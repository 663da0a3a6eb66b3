import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { becauseOf, causeOf, type Reason, reason } from "../../shared/model/reason.ts";
import { EN } from "../../shared/words/en.ts";
import { say } from "../../shared/words/say.ts";

const params = fc.dictionary(
  fc.constantFrom("because", "source", "index", "until", "left", "__proto__"),
  fc.constantFrom("a.b", "one", 7),
  {
    noNullPrototype: true,
  },
);
const reasons: fc.Arbitrary<Reason> = fc.record({ code: fc.constantFrom("lane.busy", "job.patience", "gather.failed"), params });

describe("a reason that another one caused", () => {
  it("keeps all that the cause's sentence needs, however often causes are nested", () => {
    fc.assert(
      fc.property(fc.array(reasons, { minLength: 1, maxLength: 5 }), fc.array(params, { minLength: 5, maxLength: 5 }), (chain, own) => {
        const nested = chain.reduceRight((inner, outer, at) => ({ code: outer.code, params: becauseOf(inner, { ...own[at] }) }));
        let seen = nested;
        for (const cause of chain.slice(1)) {
          seen = causeOf(String(seen.params.because), seen.params);
          expect(seen.code).toBe(cause.code);
        }
        const last = chain.at(-1) as Reason;
        expect(seen.params).toMatchObject(last.params);
      }),
    );
  });

  it("has a sentence for every cause of every cause", () => {
    const wrapping = Object.entries(EN).flatMap(([code, words]) => (words.includes("{because:reason}") ? [code] : []));
    expect(wrapping.length).toBeGreaterThan(20);
    const sentence = (code: string) => say(reason(code, { message: "the message", until: "later", at: "later" }));
    for (const outer of wrapping)
      for (const middle of wrapping) {
        const inner = reason("gather.failed", { code: "transient", message: "no answer from es" });
        const told = say({
          code: outer,
          params: becauseOf({ code: middle, params: becauseOf(inner, { until: "later" }) }, { until: "now" }),
        });
        expect(told, sentence(outer)).toContain("no answer from es");
      }
  });

  it("has one where a record of an earlier version lost the cause's cause", () => {
    const flat = reason("migration.partFailed", { until: "later", part: "backup", partJob: "backup-1", because: "job.patience" });
    expect(say(flat)).toBe("the backup (backup-1) did not end well: gave up at later: –");
  });
});
