import { describe, expect, it } from "vitest";
import { foreignSettings } from "../../shared/plan/ownSettings.ts";

const of = (names: string[], target = "6.7.0", { written = target, plugins = [] as string[] } = {}) =>
  foreignSettings(names, { written, target, plugins });

/** What changes the contents or the reading of an index, or what a cluster refuses to leave out. */
const MATTERS = [
  ...["number_of_shards", "number_of_routing_shards", "routing_partition_size", "routing_path", "mode", "uuid", "version.created", "codec"],
  ...["analysis.analyzer.a.tokenizer", "analysis.filter.f.stopwords.0", "similarity.default.type", "sort.field", "sort.order.0"],
  ...["store.type", "store.snapshot.snapshot_uuid", "soft_deletes.enabled", "mapping.total_fields.limit", "mapper.dynamic", "frozen"],
  ...["search.throttled", "search.slowlog.threshold.query.warn", "max_result_window", "hidden", "time_series.start_time", "percolator.x"],
  ...["resize.source.name", "shrink.source.uuid", "provided_name", "creation_date", "refresh_interval", "translog.durability", "format"],
].map((name) => `index.${name}`);

describe("settings that the target does not know", () => {
  it.each(["2.4.6", "5.5.3", "6.7.0", "7.10.2", "8.17.0", "9.2.0"])("are none of Elasticsearch's own (%s)", (version) => {
    expect(of(MATTERS, version)).toEqual({ names: [], patterns: [] });
  });

  it("are those of plugins, and what an earlier upgrade archived", () => {
    const names = [
      "index.opendistro.index_state_management.policy_id",
      "index.plugins.x",
      "index.apack",
      "archived.index.a",
      "index.sort.field",
    ];
    expect(of(names)).toEqual({
      names: names.slice(0, 4),
      patterns: ["index.opendistro", "index.plugins", "index.apack", "archived"].flatMap((prefix) => [prefix, `${prefix}.*`]),
    });
  });

  it("are those that a later major has removed", () => {
    const names = ["index.store.throttle.type", "index.ttl.disable_purge", "index.queries.cache.everything", "index.queries.cache.enabled"];
    expect(of(names, "5.5.3").names).toEqual([]);
    expect(of(names, "6.7.0", { written: "5.5.3" }).patterns).toEqual([
      ...["index.store.throttle", "index.store.throttle.*"],
      ...["index.queries.cache.everything", "index.queries.cache.everything.*"],
    ]);
    expect(of(names, "7.10.2", { written: "6.7.0" }).names).toContain("index.ttl.disable_purge");
  });

  it("are not those of a plugin that decides how the index is read and that every node has", () => {
    const names = ["index.knn", "index.knn.space_type"];
    expect(of(names, "7.10.2", { plugins: ["opendistro-knn"] }).names).toEqual([]);
    expect(of(names, "7.10.2", { plugins: ["opendistro-sql"] })).toEqual({ names, patterns: ["index.knn", "index.knn.*"] });
  });

  it("are not judged if a version wrote them whose own settings are not listed", () => {
    expect(of(["index.brand_new"], "9.3.0").names).toEqual([]);
    expect(of(["index.brand_new"], "9.4.0", { written: "9.2.0" }).names).toEqual(["index.brand_new"]);
    expect(of(["index.brand_new"], "6.7.0", { written: "" }).names).toEqual([]);
  });

  it("never make a pattern that leaves out other settings, nor more than can be stored", () => {
    expect(of(["index.*", "index.a*.b", "index.", "index", "other.x", "index..x"]).patterns).toEqual([]);
    expect(of([`index.${"x".repeat(200)}`]).patterns).toEqual([]);
    expect(of(Array.from({ length: 500 }, (_, number) => `index.plugin${number}.x`)).patterns).toHaveLength(100);
  });
});
