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
  [/^murmur3$/, "mapper-murmur3"],
  [/^_size$/, "mapper-size"],
  [/^annotated_text$/, "mapper-annotated-text"],
  [/^attachment$/, "mapper-attachments"],
  [/^smb_/, "store-smb"],
  [/^knn_vector$/, "opendistro-knn"],
  [/^proxima_vector$/, "aliyun-knn"],
  [/^elastiknn_/, "elastiknn"],
];

/** Analysis components that an index names and Elasticsearch itself does not bring, sorted. */
export function foreignAnalysis({ settings, analyzers = [] }: Pick<ClosureIndex, "settings" | "analyzers">): string[] {
  const defined = new Set<string>();
  // The mappings do not tell an analyzer from a normalizer.
  const inMappings = analyzers.filter((name) => !isBuiltIn("normalizer", name) && !(`index.analysis.normalizer.${name}.type` in settings));
  const named: [Kind, string][] = inMappings.map((name) => ["analyzer", name]);
  for (const [key, value] of Object.entries(settings)) {
    const [, kind, name, field] = /^index\.analysis\.([a-z_]+)\.(.+?)\.(type|tokenizer|filters?|char_filter)(?:\.\d+)?$/.exec(key) ?? [];
    if (kind === undefined || name === undefined || !isKind(kind)) continue;
    defined.add(`${kind} ${name}`);
    named.push(...(field === "type" ? [[kind, value] as [Kind, string]] : componentsIn(field, value)));
  }
  const foreign = named.filter(([kind, name]) => !defined.has(`${kind} ${name}`) && !isBuiltIn(kind, name)).map(([, name]) => name);
  return [...new Set(foreign)].sort();
}

/** Of what is put together of others: analyzers and normalizers, `condition` of filters, `multiplexer` of chains, `synonym` with a tokenizer. */
function componentsIn(field: string | undefined, value: string): [Kind, string][] {
  if (field === "filters")
    return listOf(value)
      .flatMap(listOf)
      .map((one) => ["filter", one]);
  return listOf(value).map((one) => [field as Kind, one]);
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

/**
 * Field types that Elasticsearch and its own modules bring, in any version from 2.x on.
 * https://www.elastic.co/guide/en/elasticsearch/reference/8.17/mapping-types.html
 */
const FIELD_TYPES = words(`
  text keyword string long integer short byte double float half_float scaled_float unsigned_long date date_nanos boolean binary integer_range
  float_range long_range double_range date_range ip_range object nested flattened join geo_point geo_shape point shape ip completion
  token_count percolator alias rank_feature rank_features feature feature_vector dense_vector sparse_vector search_as_you_type histogram
  exponential_histogram aggregate_metric_double constant_keyword wildcard version match_only_text pattern_text counted_keyword semantic_text
  rank_vectors passthrough multi_field ip_prefix`);
const SIMILARITIES = words("BM25 classic default base boolean DFR DFI IB LMDirichlet LMJelinekMercer scripted");
const STORES = words("fs niofs nio_fs mmapfs mmap_fs simplefs simple_fs hybridfs default snapshot");
const CODECS = words("default best_compression lucene_default legacy_default legacy_best_compression best_speed");

/** Field types, similarities, stores and codecs that an index names and Elasticsearch itself does not bring, sorted. */
export function foreignToMapping({ settings, fieldTypes = [] }: Pick<ClosureIndex, "settings" | "fieldTypes">): string[] {
  const foreign = new Set(fieldTypes.filter((type) => !FIELD_TYPES.has(type)));
  for (const [key, value] of Object.entries(settings)) {
    if (/^index\.similarity\..+\.type$/.test(key) && !SIMILARITIES.has(value)) foreign.add(value);
    if (key === "index.store.type" && !STORES.has(value)) foreign.add(value);
    // Lucene's own names are accepted too.
    if (key === "index.codec" && !CODECS.has(value) && !/^lucene/i.test(value)) foreign.add(value);
  }
  return [...foreign].sort();
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
