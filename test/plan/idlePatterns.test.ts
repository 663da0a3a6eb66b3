import { describe, expect, it } from "vitest";
import { idlePatterns } from "../../shared/plan/backup/idlePatterns.ts";
import { type SelectableIndex, selectIndices } from "../../shared/plan/selection.ts";
import { say } from "../../shared/words/say.ts";

const index = (name: string, more: Partial<SelectableIndex> = {}): SelectableIndex => ({ name, state: "open", aliases: [], ...more });
const EXISTING = [
  index("logs-1", { aliases: ["al"] }),
  index("logs-2", { aliases: ["al"] }),
  index("logs-3"),
  index("shut-1", { state: "close" }),
];
const idle = (patterns: string[], chosen: string[], leftOut: string[] = []) =>
  idlePatterns(patterns, EXISTING, { chosen, leftOut }).map(({ code, params }) => [String(params.pattern), code.replace("selection.", "")]);
const fault = (patterns: string[]) => {
  const selection = selectIndices(patterns, EXISTING);
  return "fault" in selection ? say(selection.fault) : "";
};

describe("a pattern without effect", () => {
  it("is told with its reason: no index, only an alias, only closed indices, excluded or left out", () => {
    expect(idle(["logs-3", "al*", "zz-*", "shut-*"], ["logs-3"])).toEqual([
      ["al*", "patternAlias"],
      ["zz-*", "patternNothing"],
      ["shut-*", "patternClosed"],
    ]);
    expect(idle(["logs-3", "logs-1*", "-logs-1", "-zz*"], ["logs-3"])).toEqual([
      ["logs-1*", "patternExcluded"],
      ["-zz*", "patternExcludesNothing"],
    ]);
    expect(idle(["logs-3", "logs-2*"], ["logs-3"], ["logs-2"])).toEqual([["logs-2*", "patternLeftOut"]]);
  });

  it("is none that selects what another one selects too, an alias in full, a closed index in full, or one that excludes a closed one", () => {
    expect(idle(["*", "logs-3", "al", "shut-1", "-shut*"], ["logs-1", "logs-2", "logs-3", "shut-1"])).toEqual([]);
  });

  it("is why a selection is empty", () => {
    expect(fault(["shut*"])).toBe(
      "none of 4 indices matches shut*; shut* selects nothing: a pattern selects open indices only, and closed are shut-1 (1 in all); open them, or from Elasticsearch 7.7 on name them in full",
    );
    expect(fault(["zz*", "al*"])).toBe(
      "none of 4 indices matches zz*, al*; al* selects nothing: it matches only al, and a pattern matches no alias; name the alias in full, or its indices: logs-1, logs-2 (2 in all)",
    );
    expect(fault(["zz*"])).toBe("none of 4 indices matches zz*");
  });
});
