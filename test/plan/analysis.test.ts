import { describe, expect, it } from "vitest";
import { analysisNeed, foreignAnalysis, foreignToMapping } from "../../shared/plan/analysis.ts";

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
    ["the eleventh filter as 5.x stores it", { "analyzer.a.filter.10": "icu_folding" }, [], ["icu_folding"]],
    ["filters joined by commas", { "analyzer.a.filter": " lowercase, pinyin ,,kstem,icu_folding" }, [], ["icu_folding", "pinyin"]],
    ["filters of a condition", { "filter.c.type": "condition", "filter.c.filter": '["lowercase","t2s"]' }, [], ["t2s"]],
    [
      "filters of a multiplexer",
      { "filter.m.type": "multiplexer", "filter.m.filters": '["lowercase, nori_stop", "stop"]' },
      [],
      ["nori_stop"],
    ],
    ["the tokenizer of synonyms", { "filter.s.type": "synonym", "filter.s.tokenizer": "ik_smart" }, [], ["ik_smart"]],
    ["a component with a dot in its name", { "analyzer.a.b.tokenizer": "jieba_index" }, [], ["jieba_index"]],
    [
      "names that end like a stemmer, of other kinds",
      { "tokenizer.t.type": "our_stem", "filter.f.type": "our_stem_2" },
      [],
      ["our_stem", "our_stem_2"],
    ],
    ["what is defined as another kind", { "tokenizer.mine.type": "standard", "analyzer.a.filter": "mine" }, [], ["mine"]],
    [
      "no names twice",
      { "analyzer.a.filter": "pinyin", "analyzer.b.filter": "pinyin", "analyzer.c.filter": "ansj" },
      [],
      ["ansj", "pinyin"],
    ],
    ["a list with something else than names in it", { "analyzer.a.filter": '["pinyin",{"type":"stop"},7]' }, [], ["pinyin"]],
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

  it("is not looked for in settings that name no component", () => {
    expect(of({ "unknown_kind.x.type": "ik_smart", "analyzer.x.max_token_length": "ik_smart", "filter.x.type_table": "ik_smart" })).toEqual(
      [],
    );
  });

  it("is not what a normalizer of the index is named, nor a ready-made one", () => {
    expect(of({ "normalizer.upper.type": "custom", "normalizer.upper.filter": "uppercase" }, ["upper", "lowercase", "other"])).toEqual([
      "other",
    ]);
  });

  it.each([
    ["ik", "analysis-ik"],
    ["ik_max_word", "analysis-ik"],
    ["smartcn_tokenizer", "analysis-smartcn"],
    ["icu_collation", "analysis-icu"],
    ["kuromoji_tokenizer", "analysis-kuromoji"],
    ["ja_stop", "analysis-kuromoji"],
    ["nori_part_of_speech", "analysis-nori"],
    ["polish", "analysis-stempel"],
    ["polish_stem", "analysis-stempel"],
    ["polish_stop", "analysis-stempel"],
    ["ukrainian", "analysis-ukrainian"],
    ["phonetic", "analysis-phonetic"],
    ["pinyin_first_letter", "analysis-pinyin"],
    ["stconvert", "analysis-stconvert"],
    ["tsconvert", "analysis-stconvert"],
    ["t2s", "analysis-stconvert"],
    ["s2t", "analysis-stconvert"],
    ["aliws", "analysis-aliws"],
    ["hanlp_index", "analysis-hanlp"],
    ["index_ansj", "analysis-ansj"],
    ["jieba_search", "analysis-jieba"],
    ["mmseg_maxword", "analysis-mmseg"],
    ["dynamic_synonym", "analysis-dynamic-synonym"],
    ["local_synonym", "analysis-dynamic-synonym"],
    ["vi_tokenizer", "analysis-vietnamese"],
    ["murmur3", "mapper-murmur3"],
    ["_size", "mapper-size"],
    ["annotated_text", "mapper-annotated-text"],
    ["attachment", "mapper-attachments"],
    ["smb_simple_fs", "store-smb"],
    ["knn_vector", "opendistro-knn"],
    ["proxima_vector", "aliyun-knn"],
    ["elastiknn_dense_float_vector", "elastiknn"],
  ])("%s is known to come from %s", (name, plugin) => {
    expect(analysisNeed([name], [])).toEqual({ missing: [{ name, plugin }], unknown: [], perhapsFrom: [] });
    expect(analysisNeed([name], [plugin]).missing).toEqual([]);
    expect(analysisNeed([`our_${name}`, `${name}2`], [plugin]).perhapsFrom).toEqual([]);
  });

  it("is not taken for a plugin's because it sounds like one", () => {
    const names = [
      "ikan",
      "my_ik",
      "my_smartcn",
      "my_icu_x",
      "my_kuromoji",
      "ja_stops",
      "my_nori",
      "polish_stemmer",
      "my_polish",
      "my_pinyin",
    ];
    const more = ["ukrainian2", "my_ukrainian", "phonetics", "my_phonetic", "my_t2s", "my_aliws", "my_hanlp", "my_jieba", "my_mmseg"];
    const fields = ["my_local_synonym", "my_vi_x", "murmur32", "x_murmur3", "x_size", "_sizes", "an_annotated_text", "annotated_texts"];
    const last = [
      "attachments",
      "x_attachment",
      "my_smb_x",
      "knn_vectors",
      "x_knn_vector",
      "x_proxima_vector",
      "proxima_vectors",
      "x_elastiknn_y",
    ];
    const all = [...names, ...more, ...fields, ...last];
    expect(analysisNeed(all, [])).toEqual({ missing: [], unknown: all, perhapsFrom: [] });
  });

  it.each<[string, Record<string, string>, string[]]>([
    ["a similarity", { "index.similarity.mine.type": "our_similarity" }, ["our_similarity"]],
    ["what a similarity is set to otherwise", { "index.similarity.mine.typed": "x", "index.similarity.mine.b": "0.75" }, []],
    [
      "a store, a codec and a similarity, sorted",
      { "index.store.type": "x", "index.similarity.a.type": "z", "index.codec": "y" },
      ["x", "y", "z"],
    ],
    ["Lucene's own codecs", { "index.codec": "Lucene99" }, []],
    ["a codec that only ends like Lucene's", { "index.codec": "our_lucene" }, ["our_lucene"]],
  ])("of a mapping: %s", (_, settings, found) => {
    expect(foreignToMapping({ settings })).toEqual(found);
  });

  it("is compared with the plugins of the nodes, whatever they are prefixed with", () => {
    expect(analysisNeed(["ik_smart", "icu_folding"], ["elasticsearch-analysis-ik"])).toEqual({
      missing: [{ name: "icu_folding", plugin: "analysis-icu" }],
      unknown: [],
      perhapsFrom: [],
    });
    expect(analysisNeed(["icu_folding"], ["my-elasticsearch-analysis-icu"]).missing).toEqual([
      { name: "icu_folding", plugin: "analysis-icu" },
    ]);
    expect(analysisNeed(["our_words"], ["analysis-ours", "repository-oss", "analysis-ik"])).toEqual({
      missing: [],
      unknown: ["our_words"],
      perhapsFrom: ["analysis-ours"],
    });
  });
});
