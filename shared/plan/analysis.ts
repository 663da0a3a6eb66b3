import type { ClosureIndex } from "../model/repository.ts";

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/**
 * What Elasticsearch itself brings, as type or as ready-made name, in any version from 2.x on: a server keeps what an index of the major
 * before its own may use. https://www.elastic.co/guide/en/elasticsearch/reference/7.10/analysis.html
 */
const BUILT_IN: Readonly<Record<Kind, ReadonlySet<string>>> = {
  analyzer: words(`
    custom default default_search default_index standard simple stop whitespace keyword pattern fingerprint snowball standard_html_strip arabic
    armenian basque bengali brazilian bulgarian catalan chinese cjk czech danish dutch english estonian finnish french galician german greek
    hindi hungarian indonesian irish italian latvian lithuanian norwegian persian portuguese romanian russian serbian sorani spanish swedish
    turkish thai`),
  tokenizer: words(`
    standard uax_url_email path_hierarchy PathHierarchy keyword letter lowercase whitespace ngram nGram edge_ngram edgeNGram pattern
    simple_pattern simple_pattern_split classic thai char_group`),
  filter: words(`
    stop reverse asciifolding length lowercase uppercase ngram nGram edge_ngram edgeNGram shingle min_hash unique truncate trim limit
    common_grams apostrophe classic decimal_digit delimited_payload delimited_payload_filter remove_duplicates elision stemmer porterStem kstem
    standard snowball stemmer_override word_delimiter word_delimiter_graph keyword_marker keyword_repeat pattern_capture pattern_replace
    dictionary_decompounder hyphenation_decompounder fingerprint flatten_graph keep keep_types hunspell cjk_bigram cjk_width synonym
    synonym_graph multiplexer condition predicate_token_filter type_as_payload scandinavian_folding german_stem2`),
  char_filter: words("html_strip htmlStrip mapping pattern_replace"),
  normalizer: words("custom lowercase"),
};
const KINDS = ["analyzer", "tokenizer", "filter", "char_filter", "normalizer"] as const;
type Kind = (typeof KINDS)[number];

/** Well-known plugins by what they bring. */
const PLUGINS: readonly (readonly [RegExp, string])[] = [
  [/^ik(_|$)/, "analysis-ik"],
  [/^smartcn/, "analysis-smartcn"],
  [/^icu_/, "analysis-icu"],
  [/^(kuromoji|ja_stop$)/, "analysis-kuromoji"],
  [/^nori/, "analysis-nori"],
  [/^polish(_stem|_stop)?$/, "analysis-stempel"],
  [/^ukrainian$/, "analysis-ukrainian"],
  [/^phonetic$/, "analysis-phonetic"],
  [/^pinyin/, "analysis-pinyin"],
  [/^(stconvert|tsconvert|t2s|s2t)/, "analysis-stconvert"],
  [/^aliws/, "analysis-aliws"],
  [/^hanlp/, "analysis-hanlp"],
  [/ansj/, "analysis-ansj"],
  [/^jieba/, "analysis-jieba"],
  [/^mmseg/, "analysis-mmseg"],
  [/^(dynamic_synonym|local_synonym)/, "analysis-dynamic-synonym"],
  [/^vi_/, "analysis-vietnamese"],
];

/** Analysis components that an index names and Elasticsearch itself does not bring, sorted. */
export function foreignAnalysis({ settings, analyzers = [] }: Pick<ClosureIndex, "settings" | "analyzers">): string[] {
  const defined = new Set<string>();
  // The mappings do not tell an analyzer from a normalizer.
  const inMappings = analyzers.filter((name) => !isBuiltIn("normalizer", name) && !(`index.analysis.normalizer.${name}.type` in settings));
  const named: [Kind, string][] = inMappings.map((name) => ["analyzer", name]);
  for (const [key, value] of Object.entries(settings)) {
    const [, kind, name, field] = /^index\.analysis\.([a-z_]+)\.(.+?)\.(type|tokenizer|filter|char_filter)(?:\.\d+)?$/.exec(key) ?? [];
    if (kind === undefined || name === undefined || !isKind(kind)) continue;
    defined.add(`${kind} ${name}`);
    if (field === "type") named.push([kind, value]);
    // Analyzers and normalizers are put together of other components.
    else if ((kind === "analyzer" || kind === "normalizer") && isKind(field ?? ""))
      for (const one of listOf(value)) named.push([field as Kind, one]);
  }
  const foreign = named.filter(([kind, name]) => !defined.has(`${kind} ${name}`) && !isBuiltIn(kind, name)).map(([, name]) => name);
  return [...new Set(foreign)].sort();
}

function isKind(text: string): text is Kind {
  return (KINDS as readonly string[]).includes(text);
}

function isBuiltIn(kind: Kind, name: string): boolean {
  if (BUILT_IN[kind].has(name)) return true;
  // `_german_` is a set of stop words, and each language has its own stemmer and normalization; Polish alone needs a plugin.
  return kind === "filter" && /_(stem|normalization)$/.test(name) && name !== "polish_stem";
}

/** Lists are JSON, or one setting per entry up to 5.x, or joined by commas. */
function listOf(value: string): string[] {
  if (!value.startsWith("["))
    return value
      .split(",")
      .map((one) => one.trim())
      .filter((one) => one !== "");
  const list: unknown = JSON.parse(value);
  return Array.isArray(list) ? list.filter((one) => typeof one === "string") : [];
}

export interface AnalysisNeed {
  /** What the nodes lack, with the plugin that is known to bring it. */
  missing: { name: string; plugin: string }[];
  /** What no known plugin brings. */
  unknown: string[];
  /** Plugins of the nodes that are not known here, and may bring it. */
  perhapsFrom: string[];
}

/** Compares what an index needs with the plugins that every data node has. */
export function analysisNeed(foreign: readonly string[], plugins: readonly string[]): AnalysisNeed {
  const installed = new Set(plugins.map((name) => name.replace(/^elasticsearch-/, "")));
  const found = foreign.map((name) => ({ name, plugin: PLUGINS.find(([pattern]) => pattern.test(name))?.[1] }));
  return {
    missing: found.flatMap(({ name, plugin }) => (plugin === undefined || installed.has(plugin) ? [] : [{ name, plugin }])),
    unknown: found.flatMap(({ name, plugin }) => (plugin === undefined ? [name] : [])),
    perhapsFrom: [...installed].filter((name) => !name.startsWith("repository-") && !PLUGINS.some(([, known]) => known === name)),
  };
}
