import { describe, expect, it } from "vitest";
import type { ClusterIndex } from "../../shared/model/cluster.ts";
import type { SnapshotProof } from "../../shared/model/repository.ts";
import { type PreflightInput, preflight } from "../../shared/plan/preflight.ts";
import { needsPlugins } from "../../shared/plan/preflightContents.ts";
import { say } from "../../shared/words/say.ts";
import { held, inputOf, nameFor, proofOf, START } from "./preflightProof.ts";

const checked = (proof: SnapshotProof) => inputOf({ proof, indices: ["*"], alias: undefined });
const check = (proof: SnapshotProof, change: Partial<PreflightInput> = {}) =>
  preflight({ ...checked(proof), ...change }).checks.filter(({ check: name }) =>
    ["alias", "analysis", "system", "repository", "shards"].includes(name),
  );
const codes = (...args: Parameters<typeof check>) => check(...args).map(({ result, reason }) => `${result} ${reason.code}`);

describe("a plugin that the target lacks", () => {
  const zh = held("movies", {
    settings: { "index.analysis.analyzer.zh.type": "custom", "index.analysis.analyzer.zh.tokenizer": "ik_max_word" },
  });

  it.each(["2.4.6", "5.5.3", "5.6.16"])("is foreseen on %s, with its name and a way out", (targetVersion) => {
    const version = targetVersion === "2.4.6" ? "2.4.6" : "5.5.2";
    const [found] = check(proofOf([{ ...zh, createdVersion: version }], {}, version), { targetVersion, plugins: [] });
    expect(found).toMatchObject({ result: "refuse", reason: { code: "analysis.missing", params: { plugin: "analysis-ik" } } });
    expect(say(found?.wayOut as never)).toBe("install analysis-ik on every node, or leave movies out");
  });

  it("is no obstacle once every node has it, nor for an index that is left out", () => {
    expect(codes(proofOf([zh]), { plugins: ["analysis-ik"] })).toEqual(["ok analysis.there"]);
    expect(codes(proofOf([zh, held("films")]), { indices: ["films"] })).toEqual([]);
  });

  it("is a warning only when a plugin that is not known here may bring it", () => {
    const own = proofOf([held("movies", { analyzers: ["our_words"] })]);
    expect(codes(own, { plugins: ["analysis-ours"] })).toEqual(["warn analysis.perhaps"]);
    expect(codes(own, { plugins: ["repository-oss"] })).toEqual(["refuse analysis.unknown"]);
  });
});

describe("a plugin that a mapping, a similarity, a store or a codec needs", () => {
  it.each<[Partial<Parameters<typeof held>[1]>, string]>([
    [{ fieldTypes: ["keyword", "murmur3"] }, "refuse analysis.missing"],
    [{ fieldTypes: ["_size", "text"] }, "refuse analysis.missing"],
    [{ fieldTypes: ["our_vector"] }, "refuse analysis.unknown"],
    [{ settings: { "index.similarity.default.type": "our_similarity" } }, "refuse analysis.unknown"],
    [{ settings: { "index.store.type": "smb_mmap_fs" } }, "refuse analysis.missing"],
    [{ settings: { "index.codec": "our_codec" } }, "refuse analysis.unknown"],
  ])("is foreseen: %j", (change, expected) => {
    expect(codes(proofOf([held("movies", change)]), { plugins: ["repository-oss"] })).toEqual([expected]);
    expect(needsPlugins([held("movies", change)])).toBe(true);
  });

  it("is not needed by what Elasticsearch and its modules bring", () => {
    const own = held("movies", {
      fieldTypes: ["text", "percolator", "join", "dense_vector", "scaled_float", "wildcard"],
      settings: { "index.similarity.default.type": "BM25", "index.store.type": "niofs", "index.codec": "best_compression" },
    });
    expect([codes(proofOf([own])), needsPlugins([own])]).toEqual([[], false]);
    expect(needsPlugins([own, held("films", { fieldTypes: ["murmur3"] })])).toBe(true);
  });

  it("is there when every node has it", () => {
    const vector = held("movies", { fieldTypes: ["murmur3"] });
    expect(codes(proofOf([vector]), { plugins: ["mapper-murmur3"] })).toEqual(["ok analysis.there"]);
    expect(codes(proofOf([held("movies", { fieldTypes: ["our_vector"] })]), { plugins: ["our-vectors"] })).toEqual([
      "warn analysis.perhaps",
    ]);
  });
});

describe("an index that expands its replicas automatically", () => {
  const proof = (expand: string) => proofOf([held("movies", { settings: { "index.auto_expand_replicas": expand } })]);
  const warned = (expand: string, change: Partial<PreflightInput>) =>
    preflight({ ...checked(proof(expand)), ...change })
      .checks.map(({ reason }) => reason.code)
      .includes("settings.expands");

  it("is a warning when replicas are wanted, which have no effect there", () => {
    expect(warned("0-1", { replicas: 1 })).toBe(true);
    expect(warned("0-1", { replicas: 0 })).toBe(false);
    expect(warned("false", { replicas: 1 })).toBe(false);
  });
});

describe("a cluster that is nearly full", () => {
  // Closed indices do not count.
  const full = [
    { name: "a", uuid: "a", state: "open" as const, aliases: [], shards: 45, replicas: 1, createdVersion: "7.10.2", settings: {} },
    { name: "b", uuid: "b", state: "close" as const, aliases: [], shards: 45, replicas: 1, createdVersion: "7.10.2", settings: {} },
  ];
  const proof = proofOf([held("movies", { createdVersion: "7.10.2" })], {}, "7.10.2");

  it.each<[number, number | undefined, string[]]>([
    [1, undefined, []],
    [1, 94, ["ok shards.fits"]],
    [1, 93, ["warn shards.fewer"]],
    [0, 92, ["ok shards.fits"]],
    [0, 91, ["refuse shards.full"]],
  ])("with %i replicas and room for %s shards: %j", (replicas, shardsMax, found) => {
    expect(codes(proof, { targetVersion: "7.10.2", existing: full, replicas, shardsMax })).toEqual(found);
  });
});

describe("an index that belongs to a feature", () => {
  const proof = proofOf([held(".tasks", { createdVersion: "7.17.0" }), held("movies", { createdVersion: "7.17.0" })], {}, "7.17.9");
  if (proof.closure) proof.closure.snapshot.featureStates = [{ feature: "tasks", indices: [".tasks"] }];

  it.each([
    ["8.17.0", ["*"], ["refuse system.feature"]],
    ["8.17.0", ["movies"], []],
    ["7.17.9", ["*"], []],
  ])("into %s, restoring %s: %s", (targetVersion, indices, expected) => {
    expect(codes(proof, { targetVersion, indices })).toEqual(expected);
  });
});

describe("the name of an alias", () => {
  const proof = proofOf([held("movies")]);

  it.each(["a b", "a/b", "a*b", "-films", "_films", "+films", "a,b", "a#b", "..", "x".repeat(256), "a\tb", ""])(
    "%j is refused",
    (alias) => {
      expect(codes(proof, { alias })).toEqual(["refuse alias.name"]);
    },
  );

  it.each(["Films", ".films", "é", "x".repeat(255), "films-2026"])("%j is accepted, as servers do", (alias) => {
    expect(codes(proof, { alias })).toEqual(["ok alias.new"]);
  });

  it("may contain a colon up to 6.x", () => {
    const later = proofOf([held("movies", { createdVersion: "6.7.0" })], {}, "6.7.0");
    expect([codes(proof, { alias: "a:b" }), codes(later, { alias: "a:b", targetVersion: "7.10.2" })]).toEqual([
      ["ok alias.new"],
      ["refuse alias.name"],
    ]);
  });
});

describe("an older snapshot than the alias serves", () => {
  const newer: ClusterIndex = {
    name: nameFor("movies", new Date(START.getTime() + 1)),
    uuid: "n",
    state: "open",
    aliases: ["films"],
    shards: 1,
    replicas: 0,
    createdVersion: "5.5.3",
    settings: {},
  };
  const input = { alias: "films", existing: [newer] };

  it("is refused with the way out, and accepted with a warning that says what happens when it is asked for", () => {
    const [refused] = check(proofOf([held("movies")]), input);
    expect([refused?.result, refused?.reason.code, say(refused?.wayOut as never)]).toEqual([
      "refuse",
      "alias.newer",
      "restore without an alias, or move it back on purpose: --older (HTTP: older: true)",
    ]);
    const [warned] = check(proofOf([held("movies")]), { ...input, older: true });
    expect([warned?.result, warned?.reason.code]).toEqual(["warn", "alias.movesBack"]);
    expect(say(warned?.reason as never)).toContain(`${newer.name} serves a newer one and is kept`);
  });

  it("is not called older when what is served lies in the future", () => {
    const ahead = { ...newer, name: nameFor("movies", new Date("2027-05-01T00:00:00Z")) };
    for (const [older, result] of [
      [false, "refuse"],
      [true, "warn"],
    ] as const) {
      const [checked] = check(proofOf([held("movies")]), { ...input, existing: [ahead], older });
      expect([checked?.result, checked?.reason.code]).toEqual([result, "alias.ahead"]);
      expect(say(checked?.reason as never)).toContain("dated 2027-05-01T00:00:00.000Z, in the future");
    }
  });
});
