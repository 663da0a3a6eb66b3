import { describe, expect, it } from "vitest";
import { analysisFiles } from "../../shared/plan/analysisFiles.ts";
import { preflight } from "../../shared/plan/preflight.ts";
import { say } from "../../shared/words/say.ts";
import { held, nameFor, proofOf } from "./preflightProof.ts";

const settingsOf = (analysis: Record<string, string>) =>
  Object.fromEntries(Object.entries(analysis).map(([key, value]) => [`index.analysis.${key}`, value]));

describe("files that the analysis of an index names", () => {
  it.each<[string, Record<string, string>, string[]]>([
    ["synonyms", { "filter.s.type": "synonym", "filter.s.synonyms_path": "analysis/syn.txt" }, ["analysis/syn.txt"]],
    ["stop words", { "filter.s.stopwords_path": "stop.txt" }, ["stop.txt"]],
    ["stop words of an analyzer", { "analyzer.a.stopwords_path": "stop.txt" }, ["stop.txt"]],
    ["keywords", { "filter.k.keywords_path": "kw.txt" }, ["kw.txt"]],
    [
      "word list and hyphenation",
      { "filter.h.word_list_path": "w.txt", "filter.h.hyphenation_patterns_path": "h.xml" },
      ["h.xml", "w.txt"],
    ],
    ["mappings of characters", { "char_filter.c.mappings_path": "m.txt" }, ["m.txt"]],
    ["a user dictionary", { "tokenizer.t.type": "kuromoji_tokenizer", "tokenizer.t.user_dictionary": "user.txt" }, ["user.txt"]],
    ["rules of ICU", { "tokenizer.t.rule_files": "Latn:latin.rbbi, Cyrl:cyr.rbbi" }, ["cyr.rbbi", "latin.rbbi"]],
    ["files in a JSON list", { "filter.s.synonyms_path": '["a/one.txt", "b]two.txt"]' }, ["a/one.txt", "b]two.txt"]],
    ["the eleventh file as 5.x stores it", { "filter.s.word_list_path.10": "w.txt" }, ["w.txt"]],
    ["a component with a dot in its name", { "filter.my.words.stopwords_path": "stop.txt" }, ["stop.txt"]],
    ["a file whose name contains what looks like a script", { "tokenizer.t.rule_files": "dir/Latn:x.rbbi" }, ["dir/Latn:x.rbbi"]],
    ["no empty names", { "filter.s.synonyms_path": "a.txt, ,b.txt," }, ["a.txt", "b.txt"]],
    ["a file whose name has quotes in it", { "filter.s.synonyms_path": 'a"b.txt' }, ['a"b.txt']],
    ["a hunspell dictionary of a filter with a dot", { "filter.h.de.type": "hunspell", "filter.h.de.lang": "de_AT" }, ["hunspell/de_AT"]],
    ["a hunspell dictionary without a locale", { "filter.h.type": "hunspell" }, ["hunspell/*"]],
    ["a hunspell dictionary", { "filter.h.type": "hunspell", "filter.h.locale": "de_DE" }, ["hunspell/de_DE"]],
    ["a hunspell dictionary by language", { "filter.h.type": "hunspell", "filter.h.language": "nl" }, ["hunspell/nl"]],
  ])("are found: %s", (_, analysis, files) => {
    expect(analysisFiles({ settings: settingsOf(analysis) })).toEqual(files);
  });

  it("are none where words stand in the settings themselves", () => {
    const own = {
      "filter.s.synonyms.0": "a => b",
      "tokenizer.p.type": "path_hierarchy",
      "filter.s.type": "stop",
      "filter.s.stopwords": "_german_",
      "filter.s.stopwords_path_hint": "stop.txt",
      "filter.h.type_hint": "hunspell",
    };
    expect(analysisFiles({ settings: settingsOf(own) })).toEqual([]);
  });
});

describe("the preflight of an index that needs files", () => {
  const settings = settingsOf({ "filter.s.type": "synonym", "filter.s.synonyms_path": "analysis/syn.txt" });
  const check = (targetVersion: string, filesThere?: boolean) => {
    const proof = proofOf([held("movies", { settings })]);
    const asked = { indices: ["*"], alias: undefined, existing: [], nameFor, snapshotDigits: "", jobId: "restore-1", now: new Date(0) };
    return preflight({ proof, targetVersion, filesThere, ...asked }).checks.find((one) => one.check === "files");
  };

  it.each([
    ["5.5.3", undefined, "refuse files.blocking"],
    ["5.5.3", true, "ok files.there"],
    ["5.6.16", undefined, "warn files.needed"],
    ["6.7.0", true, "ok files.there"],
  ] as const)("on %s, said to be there: %s", (version, filesThere, expected) => {
    const found = check(version, filesThere);
    expect(`${found?.result} ${found?.reason.code}`).toBe(expected);
    expect(say(found?.reason as never)).toContain("analysis/syn.txt");
  });

  it("names the way out of a refusal", () => {
    expect(say(check("5.5.3")?.wayOut as never)).toContain("--files-there");
  });
});
