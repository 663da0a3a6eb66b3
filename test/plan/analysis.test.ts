import { describe, expect, it } from "vitest";
import { analysisNeed, foreignAnalysis } from "../../shared/plan/analysis.ts";

const of = (settings: Record<string, string>, analyzers: string[] = []) =>
  foreignAnalysis({
    settings: Object.fromEntries(Object.entries(settings).map(([key, value]) => [`index.analysis.${key}`, value])),
    analyzers,
  });

describe("analysis that Elasticsearch does not bring itself", () => {
  it.each<[string, Record<string, string>, string[], string[]]>([
    ["a tokenizer of an analyzer", { "analyzer.zh.type": "custom", "analyzer.zh.tokenizer": "ik_max_word" }, [], ["ik_max_word"]],
    ["an analyzer that a mapping names", {}, ["ik_smart", "english"], ["ik_smart"]],
    ["the type of a tokenizer", { "tokenizer.t.type": "icu_tokenizer", "analyzer.a.tokenizer": "t" }, [], ["icu_tokenizer"]],
    ["a filter in a list", { "analyzer.a.tokenizer": "standard", "analyzer.a.filter": '["lowercase","pinyin"]' }, [], ["pinyin"]],
    ["a filter as 5.x stores it", { "analyzer.a.filter.0": "lowercase", "analyzer.a.filter.1": "icu_folding" }, [], ["icu_folding"]],
    ["a character filter of a normalizer", { "normalizer.n.char_filter": "icu_normalizer" }, [], ["icu_normalizer"]],
    ["a stemmer that is a plugin's", { "analyzer.a.filter": "polish_stem" }, [], ["polish_stem"]],
  ])("is found: %s", (_, settings, analyzers, found) => {
    expect(of(settings, analyzers)).toEqual(found);
  });

  it("is nothing where an index uses only built-in and its own components", () => {
    const own = {
      "analyzer.de.type": "custom",
      "analyzer.de.tokenizer": "cut",
      "analyzer.de.filter": '["lowercase","german_normalization","mine","french_stem"]',
      "analyzer.de.char_filter": "html_strip",
      "analyzer.path.tokenizer": "PathHierarchy",
      "tokenizer.cut.type": "edge_ngram",
      "filter.mine.type": "synonym_graph",
      "filter.mine.synonyms": '["ik_smart => x"]',
      "normalizer.low.type": "custom",
      "normalizer.low.filter": "lowercase",
    };
    expect(of(own, ["de", "path", "low", "lowercase", "standard", "default"])).toEqual([]);
  });

  it("is compared with the plugins of the nodes, whatever they are prefixed with", () => {
    expect(analysisNeed(["ik_smart", "icu_folding"], ["elasticsearch-analysis-ik"])).toEqual({
      missing: [{ name: "icu_folding", plugin: "analysis-icu" }],
      unknown: [],
      perhapsFrom: [],
    });
    expect(analysisNeed(["our_words"], ["analysis-ours", "repository-oss", "analysis-ik"])).toEqual({
      missing: [],
      unknown: ["our_words"],
      perhapsFrom: ["analysis-ours"],
    });
  });
});
