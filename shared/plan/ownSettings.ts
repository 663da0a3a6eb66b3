import { isAtLeast, versionParts } from "./versions.ts";

/**
 * The first part of every index setting that Elasticsearch itself brings, with its modules and X-Pack, in any version from 2.4 to 9.2. Collected
 * from `_settings?include_defaults` of running servers and from the constants of their classes: settings without a default are not listed by a server.
 */
const OWN = new Set(
  `allocation analysis analyze auto_expand_replicas blocks bloom_filter_for_id_field codec compound_format creation_date
  creation_date_string data_path default_pipeline dense_vector dimensions dimensions_tsid_strategy_enabled downsample esql failure_store
  fast_refresh fielddata final_pipeline flush_after_merge force_memory_term_dictionary format frozen gc_deletes global_checkpoint_sync
  hidden highlight history indexing legacy lifecycle load_fixed_bitset_filters_eagerly logsdb look_ahead_time look_back_time mapper mapping
  max_adjacency_matrix_filters max_docvalue_fields_search max_inner_result_window max_ngram_diff max_refresh_listeners max_regex_length
  max_rescore_window max_result_window max_script_fields max_shingle_diff max_slices_per_scroll max_terms_count merge mode
  number_of_replicas number_of_routing_shards number_of_shards optimize_auto_generated_id percolator priority provided_name queries query
  query_string recovery refresh_interval requests required_pipeline resize rollup routing routing_partition_size routing_path search seq_no
  shadow_replicas shard shard_limit shared_filesystem shrink similarity soft_deletes sort source_only store synthetic time_series translog
  ttl unassigned use_time_series_doc_values_format uuid verified_before_close verified_read_only version warmer write xpack`.split(/\s+/),
);

/** The version whose settings are all in the list; a later one may write settings of its own that are not. */
const LISTED_BELOW = "9.3.0";

/** Settings that Elasticsearch no longer knows from this major on (measured on 6.7, 7.10 and 8.17), none of which changes what an index holds. */
const REMOVED: readonly (readonly [prefix: string, major: number])[] = [
  ["shadow_replicas", 6],
  ["shared_filesystem", 6],
  ["store.throttle", 6],
  ["queries.cache.everything", 6],
  ["queries.cache.term_queries", 6],
  ["recovery.initial_shards", 6],
  ["ttl", 7],
  ["merge.policy.reclaim_deletes_weight", 8],
];

/** A plugin whose settings decide how an index is read: they are kept where every data node has it. */
const KEPT_WITH: readonly (readonly [segment: string, plugin: RegExp])[] = [["knn", /knn/]];

/** More are not left out: no index has so many plugins' settings, and the patterns are stored in the job. */
const PATTERNS_MAX = 50;
const PATTERN_CHARACTERS_MAX = 100;

export interface Foreign {
  /** Names as in the snapshot. */
  names: string[];
  /** Patterns for the restore's `ignore_index_settings`. */
  patterns: string[];
}

/**
 * Settings that the target does not know: a plugin's, those of an earlier major, and what an earlier upgrade archived. Measured: 5.5 keeps them,
 * 6.7 starts no shard of a snapshot of its own version with one, and from an earlier version, as from 7.x on always, they become `archived.*`;
 * from 6.x on an index with archived settings refuses every other change of its settings except of the replicas.
 */
export function foreignSettings(
  names: readonly string[],
  { written, target, plugins }: { written: string; target: string; plugins: readonly string[] | undefined },
): Foreign {
  // 2.x checks no names at all.
  if (isAtLeast(written, LISTED_BELOW) || versionParts(target)[0] < 5) return { names: [], patterns: [] };
  const found = new Map<string, string[]>();
  for (const name of names) {
    const prefix = foreignPrefix(name, versionParts(target)[0], plugins ?? []);
    // An asterisk cannot be escaped, and would leave out other settings too.
    if (prefix === undefined || prefix.includes("*") || prefix.length > PATTERN_CHARACTERS_MAX) continue;
    if (found.has(prefix) || found.size < PATTERNS_MAX) found.set(prefix, [...(found.get(prefix) ?? []), name]);
  }
  return { names: [...found.values()].flat(), patterns: [...found.keys()].flatMap((prefix) => [prefix, `${prefix}.*`]) };
}

/** Whether it depends on the plugins of the nodes if a setting is kept. */
export function isKeptWithPlugin(name: string): boolean {
  return KEPT_WITH.some(([segment]) => isBelow(name, `index.${segment}`));
}

function foreignPrefix(name: string, target: number, plugins: readonly string[]): string | undefined {
  if (isBelow(name, "archived")) return "archived";
  const [scope, segment = ""] = name.split(".");
  if (scope !== "index" || segment === "") return undefined;
  if (OWN.has(segment)) {
    const removed = REMOVED.find(([prefix, major]) => target >= major && isBelow(name, `index.${prefix}`));
    return removed && `index.${removed[0]}`;
  }
  const isKept = KEPT_WITH.some(([kept, plugin]) => kept === segment && plugins.some((one) => plugin.test(one)));
  return isKept ? undefined : `index.${segment}`;
}

const isBelow = (name: string, prefix: string) => name === prefix || name.startsWith(`${prefix}.`);
