import type { ClusterIndex } from "../../shared/model/cluster.ts";
import type { OldSeen } from "../../shared/model/overwriting/oldIndex.ts";
import { reason } from "../../shared/model/reason.ts";
import type { ClosureIndex, RootCatalogue, SnapshotProof } from "../../shared/model/repository.ts";
import { JOB_MARKER_KEY } from "../../shared/model/restoredName.ts";
import type { PreflightInput } from "../../shared/plan/preflight.ts";
import { rootSeen } from "../../shared/plan/preflightRoot.ts";
import { existing, held, inputOf as inputFrom, JOB, nameFor, proofOf, START } from "./preflightProof.ts";

const later = (ms: number) => new Date(START.getTime() + ms);
const PROOF = { generation: 17, blobs: 42, bytes: 5_000 };

export const movies = (change: Partial<ClosureIndex> = {}) => held("movies", { shards: 3, documents: 7_000, bytes: 9_000, ...change });
export const proven = (indices: ClosureIndex[] = [movies()], version = "5.5.2", change: Partial<SnapshotProof> = {}) =>
  proofOf(indices, { ...PROOF, ...change }, version);

const marked = (job: string) => ({ settings: { [JOB_MARKER_KEY]: job } });
/** Restored from the same index, from a snapshot that started so much later. */
const restored = (ms: number, change: Partial<ClusterIndex> = {}) =>
  existing(nameFor("movies", later(ms)), { aliases: ["films"], ...marked("restore-before"), ...change });
const AS = nameFor("movies");
const before = (outcome: "open" | "done" | "unfinished") => ({ restoredBefore: new Map([[AS, { job: "restore-before", outcome }]]) });

/** Of three shards of movies, so that counts differ from each other. */
export const inputOf = (change: Partial<PreflightInput> = {}) => inputFrom({ proof: proven(), ...change });

type Case = [name: string, change: Partial<PreflightInput>];
const blob = (key: string) => ({ key, expectedBytes: 70, foundBytes: null });
const damaged = (key: string) => ({ key, check: "crc32", expected: "1c3f", found: "0000" });
const eleven = Array.from({ length: 11 }, (_, number) => movies({ name: `movies-${number}` }));
const not = (verdict: SnapshotProof["verdict"], change: Partial<SnapshotProof> = {}) => ({
  proof: proven(undefined, undefined, { verdict, ...change }),
});

const closures: Case[] = [
  ["a root of 2.x", { proof: proven([movies()], "5.5.2", { generation: -1 }) }],
  ["blobs are missing and damaged", not("incomplete", { missing: [blob("__7"), blob("__8")], damaged: [damaged("__9")] })],
  ["blobs are damaged", not("damaged", { damaged: [damaged("__9")] })],
  ["time ran out", not("unproven", { reason: reason("proof.outOfTime", { level: "footers" }) })],
  ["not restorable", not("not-restorable", { reason: reason("snapshot.notRestorable", { snapshot: "snap-1", state: "FAILED" }) })],
  ["too much is missing to know the closure", not("incomplete", { closure: undefined, missing: [blob("snap-u.dat")] })],
  ["nothing is selected", { proof: proven(eleven), indices: ["films*"] }],
  ["eleven indices without an alias", { proof: proven(eleven), indices: ["*"], alias: undefined }],
  ["the repository is not registered", { repository: reason("repository.absent", { repository: "moved", cluster: "target" }) }],
  [
    "the repository was not registered by ossnap",
    { repository: reason("repository.absentByOthers", { repository: "moved", cluster: "target" }) },
  ],
  [
    "the repository is another one",
    { repository: reason("repository.taken", { repository: "moved", cluster: "target", settings: ["location"] }) },
  ],
  [
    "the cluster cannot read the snapshot",
    {
      unread: reason("snapshot.unreadOnCluster", {
        ...{ repository: "moved", cluster: "target", snapshot: "snap-1" },
        message: "cluster target: repository moved: Unexpected exception when loading repository data",
      }),
    },
  ],
  [
    "the snapshot has other contents than before",
    { repository: reason("snapshot.otherContents", { snapshot: "snap-1", uuid: "u", at: "2026-11-20T00:00:00Z", key: "evidence/u.json" }) },
  ],
  ["a key hides the root", { repository: reason("repository.hiddenRoot", { url: "oss://moved/movies/", key: "index-99999999999" }) }],
];
const ik = { "index.analysis.analyzer.zh.tokenizer": "ik_max_word", "index.analysis.analyzer.zh.filter": "ik_a,icu_folding" };
const six = ["our_a", "our_b", "our_c", "our_d", "our_e", "our_f"];
const files = Object.fromEntries(
  Array.from({ length: 11 }, (_, number) => [`index.analysis.filter.f${number}.stopwords_path`, `stop-${number}.txt`]),
);
const two = movies({ mappingTypes: ["movie", "series", "_default_"], createdVersion: "6.0.0" });
const withFeature = () => {
  const proof = proven([movies({ createdVersion: "7.17.0" }), movies({ name: ".tasks", createdVersion: "7.17.0" })], "7.17.9");
  if (proof.closure) proof.closure.snapshot.featureStates = [{ feature: "tasks", indices: [".tasks"] }];
  return proof;
};
const ROOT = {
  key: "index-3",
  snapshots: [
    { name: "snap-1", uuid: "u" },
    { name: "snap-1", uuid: "v" },
    { name: "snap-2", uuid: "w" },
  ],
  indices: [{ name: "movies", id: "i", snapshots: ["u", "gone-1", "gone-2"], shardGenerations: undefined }],
  indexMetadata: {},
} as unknown as RootCatalogue;
const contents: Case[] = [
  ["written by a newer version", { proof: proven(undefined, "5.6.0") }],
  [
    "indices are too old",
    {
      proof: proven([...eleven, movies({ name: "movies-new", createdVersion: "6.0.0" })], "6.7.0"),
      indices: ["*"],
      alias: undefined,
      targetVersion: "7.10.2",
    },
  ],
  ["a later patch from 8.11 on", { proof: proven([movies({ createdVersion: "8.11.0" })], "8.11.3"), targetVersion: "8.11.0" }],
  ["a later patch before 8.11", { proof: proven([movies({ createdVersion: "8.10.0" })], "8.10.3"), targetVersion: "8.10.0" }],
  ["a later minor from 8.11 on", { proof: proven([movies({ createdVersion: "8.11.0" })], "8.12.0"), targetVersion: "8.11.0" }],
  ["the same minor of a later major", { proof: proven([movies({ createdVersion: "8.11.0" })], "9.11.0"), targetVersion: "8.11.0" }],
  ["several mapping types", { proof: proven([two], "6.7.0"), targetVersion: "7.10.2" }],
  ["a plugin is missing, and another one for another name", { proof: proven([movies({ settings: ik })]), plugins: [] }],
  ["a plugin is there", { proof: proven([movies({ settings: ik })]), plugins: ["analysis-ik", "analysis-icu"] }],
  ["names that nothing brings", { proof: proven([movies({ analyzers: six })]) }],
  [
    "names that an unknown plugin may bring",
    { proof: proven([movies({ analyzers: six })]), plugins: ["p1", "p2", "p3", "p4", "p5", "p6"] },
  ],
  ["names that the plugins are known to bring", { proof: proven([movies({ fieldTypes: six })]), plugins: ["repository-oss"] }],
  ["files that block", { proof: proven([movies({ settings: files })]) }],
  ["files that are said to be there", { proof: proven([movies({ settings: files })]), filesThere: true }],
  ["files from 5.6 on", { proof: proven([movies({ settings: files })]), targetVersion: "5.6.0" }],
  [
    "settings that are left behind",
    {
      proof: proven([
        movies({ settings: { "index.blocks.write": "true", "index.default_pipeline": "p", "index.refresh_interval": "1s" } }),
      ]),
    },
  ],
  [
    "settings of a plugin and of an earlier major",
    {
      proof: proven([
        movies({ settings: { "index.opendistro.x.policy_id": "p", "index.store.throttle.type": "none", "index.sort.field": "f" } }),
      ]),
      targetVersion: "6.7.0",
    },
  ],
  ["replicas that cannot be set", { proof: proven([movies({ settings: { "index.auto_expand_replicas": "0-all" } })]), replicas: 2 }],
  ["an index of a feature", { proof: withFeature(), targetVersion: "8.17.0", indices: ["*"], alias: undefined }],
  [
    "six names of one plugin",
    { proof: proven([movies({ analyzers: ["a", "b", "c", "d", "e", "f"].map((one) => `icu_${one}`) })]), plugins: [] },
  ],
  [
    "six names that are there",
    { proof: proven([movies({ analyzers: ["a", "b", "c", "d", "e", "f"].map((one) => `icu_${one}`) })]), plugins: ["analysis-icu"] },
  ],
  ["no index to restore into a full cluster", { indices: ["films*"], shardsMax: 0 }],
  ["a root with namesakes and unlisted snapshots", { root: rootSeen(ROOT, { name: "snap-1" }), targetVersion: "5.6.16" }],
  ["a root with unlisted snapshots from 6.0 on", { root: rootSeen(ROOT, { name: "snap-2" }), targetVersion: "6.0.0" }],
  [
    "more shards than fit",
    { replicas: 1, shardsMax: 10, existing: [existing("a", { shards: 4, replicas: 1 }), existing("b", { state: "close" })] },
  ],
  ["fewer replicas than wanted", { replicas: 2, shardsMax: 11, existing: [existing("a", { shards: 4, replicas: 1 })] }],
  ["as many shards as fit", { replicas: 2, shardsMax: 17, existing: [existing("a", { shards: 4, replicas: 1 })] }],
];
const names: Case[] = [
  ["an open index has its name", { existing: [existing(AS)] }],
  ["a closed index has its name", { existing: [existing(AS, { state: "close" })] }],
  ["an alias has its name", { existing: [existing("other", { aliases: [AS] })], alias: undefined }],
  ["its own index is there", { existing: [existing(AS, marked(JOB))] }],
  ["another job restores it", { existing: [existing(AS, marked("restore-before"))], ...before("open") }],
  ["it serves already", { existing: [restored(0)], ...before("done") }],
  ["what looks like it and was not restored serves", { existing: [existing(AS, { aliases: ["films"] })] }],
  ["it is behind another alias than the one that was asked for", { existing: [restored(0, { aliases: ["cinema"] })], ...before("done") }],
  ["it serves, and its job did not end well", { existing: [restored(0)], ...before("unfinished") }],
  ["what is left of it", { existing: [restored(0, { aliases: [] })], ...before("unfinished") }],
  ["it was restored before, without an alias now", { existing: [restored(0, { aliases: [] })], ...before("done"), alias: undefined }],
  ["it was restored before and closed", { existing: [restored(0, { aliases: [], state: "close" })] }],
  ["an alias of its name is on a restored index", { existing: [existing("other", { aliases: [AS, "films"], ...marked("restore-9") })] }],
];
const OLD = existing("movies", { shards: 3, uuid: "uuid-old", replicas: 2 });
const kept = { index: "movies", uuid: "uuid-old", repository: "own", snapshot: "nightly-1", documents: 7_000, snapshotUuid: "k" };
const over = (there: Partial<ClusterIndex>, seen: OldSeen = { kept }): Partial<PreflightInput> => ({
  ...{ alias: undefined, nameFor: (index) => index, existing: [{ ...OLD, ...there }], overwrites: new Map([["movies", seen]]) },
});
const overwriting: Case[] = [
  ["an index is overwritten that a snapshot holds", over({})],
  ["an index with aliases, which another restore made", over({ aliases: ["films", "cinema"], ...marked("restore-before") })],
  [
    "an index is overwritten that no snapshot holds",
    over(
      {},
      {
        why: reason("alias.oldUnsaved", { index: "movies", cluster: "target" }),
        wayOut: reason("wayOut.backupOrLose", { index: "movies" }),
      },
    ),
  ],
  ["an index is overwritten that may be lost", over({ state: "close" }, { lost: reason("over.loses", { index: "movies" }) })],
  [
    "nothing was written since what is taken back",
    over({}, { unwritten: reason("rollback.overUnwritten", { index: "movies", restore: "restore-1" }) }),
  ],
  ["no index of the name is there to overwrite", over({ name: "series" })],
  ["its own restore over the index", over(marked(JOB))],
  ["an alias of the name is to be overwritten", over({ name: "series", aliases: ["movies"] })],
  ["an index of another number of shards", over({ shards: 5 })],
  ["an index that cannot be closed", over({ settings: { "blocks.read_only_allow_delete": "true" } })],
  ["an index of a data stream", over({ dataStream: "films" })],
  [
    "an index that another job restores",
    { ...over(marked("restore-before")), restoredBefore: new Map([["movies", { job: "restore-before", outcome: "open" as const }]]) },
  ],
  ["as many shards as were there", { ...over({}), replicas: 2, shardsMax: 9 }],
];
const both = [
  { index: "movies-1", properties: "{}" },
  { index: "movies-2", properties: "{}" },
  { index: "movies-3", properties: '{"is_hidden":true}' },
];
const aliases: Case[] = [
  [
    "its holder is read-only",
    { existing: [restored(-1, { settings: { [JOB_MARKER_KEY]: "restore-before", "blocks.read_only": "true" } })] },
  ],
  [
    "its holder's node is full, on 8.x no obstacle",
    {
      ...{ existing: [restored(-1, { settings: { [JOB_MARKER_KEY]: "restore-before", "blocks.read_only_allow_delete": "true" } })] },
      ...{ targetVersion: "8.17.0", proof: proven([movies({ createdVersion: "7.10.2" })], "7.10.2") },
    },
  ],
  ["the metadata of some other index is blocked", { existing: [existing("stars", { settings: { "blocks.metadata": "true" } })] }],
  ["the alias is no name", { alias: "films/2026" }],
  ["the alias has a colon up to 6.x", { alias: "a:b" }],
  [
    "the alias has a colon from 7.0 on",
    { alias: "a:b", targetVersion: "7.10.2", proof: proven([movies({ createdVersion: "7.0.0" })], "7.0.0") },
  ],
  ["the alias would be on several indices", { proof: proven(eleven), indices: ["*"] }],
  ["the alias is an index", { existing: [existing("films")] }],
  ["the alias is on another's index", { existing: [restored(-1), existing("cinema", { aliases: ["films"] })] }],
  ["the alias is on what looks restored", { existing: [restored(-1, { settings: {} })] }],
  [
    "the alias is on a restore of another index",
    { existing: [existing(nameFor("series"), { aliases: ["films"], ...marked("restore-9") })] },
  ],
  ["another's index has our marker and the alias", { existing: [existing("cinema", { aliases: ["films"], ...marked("restore-9") })] }],
  ["the alias moves from two older restores", { existing: [restored(-2), restored(-1), existing("series")] }],
  ["the alias moves from a restore of the same moment", { existing: [restored(0, { name: AS.replace(/.{8}$/, "ffffffff") })] }],
  ["the alias has equal properties on two indices", { existing: [restored(-2)], aliasHolders: new Map([["films", both.slice(0, 2)]]) }],
  ["the alias has other properties on the third index", { existing: [restored(-2)], aliasHolders: new Map([["films", both]]) }],
  ["the alias serves a newer snapshot", { existing: [restored(-1), restored(1)] }],
  [
    "the alias serves a newer snapshot, and a person wants the older one",
    { existing: [restored(1)], older: true, agreedFrom: [restored(1).uuid] },
  ],
  [
    "the alias serves a newer snapshot than the person saw",
    { existing: [restored(1), restored(2)], older: true, agreedFrom: [restored(1).uuid] },
  ],
  ["the alias serves a snapshot that is dated in the future", { existing: [restored(400 * 86_400_000)] }],
  ["the alias serves a snapshot of the future, and a person wants another", { existing: [restored(400 * 86_400_000)], older: true }],
];

export const CASES: readonly Case[] = [["passes", {}], ...closures, ...contents, ...names, ...overwriting, ...aliases];
