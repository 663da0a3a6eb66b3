import { runCommand } from "../../infra/cli/program.ts";
import type { Config } from "../../shared/model/config.ts";
import { automaticWorld, SHARED } from "../world/automatic.ts";
import { EMPTY_ROOT, LATE_BLOB } from "../world/moved.ts";
import { statesWorld } from "../world/states.ts";
import { MOVED, type TestWorld } from "../world/world.ts";
import type { VerbCase, VerbCases } from "./cases.ts";
import { enter } from "./memorySession.ts";
import { OVER_CASES } from "./overCases.ts";
import { movedWorld, newWorld, stageOf } from "./stages.ts";

const FROM = ["--repository", "moved-movies", "--to", "target"];
const line = (snapshot: string, ...more: string[]) => ["restore", snapshot, ...FROM, "--indices", "fx-orders", ...more];
const STATES = ["--global-state", "--feature-states", "tasks", "--data-streams", "logs-app", "--as", "restored-*"];
const failed = (title: string, words: readonly string[], stage = stageOf(movedWorld)): VerbCase => ({
  outcome: "failed",
  title,
  words,
  stage,
});
const started =
  (...words: string[]) =>
  async (world: TestWorld): Promise<void> => {
    enter({ world }, { stdout: "", stderr: "" });
    await runCommand(words, {});
  };
const takesAlias = (world: TestWorld) => world.target.putIndex("taken");
const losesBlob = (world: TestWorld) => world.blobs(MOVED).delete([LATE_BLOB]);

/** The watched place, as a repository that a policy may write. */
function isWritten({ repositories, watches }: Config): void {
  const { register, blobs } = watches.moved ?? {};
  if (register && blobs) repositories.written = { cluster: "target", register: { type: "fs", settings: register.settings }, blobs };
}

const RESTORE: VerbCases = {
  signature: "restore <snapshot>",
  cases: [
    { outcome: "ok", title: "the preflight", words: line("snap-2"), stage: stageOf(movedWorld) },
    { outcome: "ok", title: "the preflight of the newest good snapshot", words: line("latest"), stage: stageOf(movedWorld) },
    {
      outcome: "ok",
      title: "the preflight where only the cluster can read the bucket",
      words: ["restore", "latest", "--repository", SHARED, "--to", "target", "--indices", "movies", "--alias", "films"],
      stage: stageOf(automaticWorld),
    },
    {
      outcome: "failed",
      title: "an instance that is not shared with the cluster",
      words: ["restore", "latest", "--repository", SHARED, "--to", "target"],
      stage: stageOf(() => automaticWorld({ shared: false })),
    },
    {
      outcome: "ok",
      title: "the preflight with what the printed line carries",
      words: line("snap-1", "--indices=fx-*,-fx-logs", "--key", "a'b", "--wait", "90s").filter(
        (word) => !/^(--indices|fx-orders)$/.test(word),
      ),
      stage: stageOf(movedWorld),
    },
    {
      outcome: "ok",
      title: "the preflight of an alias and replicas",
      words: line("snap-1", "--alias", "by-hand", "--replicas", "0"),
      stage: stageOf(movedWorld),
    },
    { outcome: "ok", title: "the preflight under another name", words: line("snap-1", "--as", "restored-*"), stage: stageOf(movedWorld) },
    { outcome: "ok", title: "the preflight at a rate", words: line("snap-1", "--rate", "80mb"), stage: stageOf(movedWorld) },
    {
      outcome: "ok",
      title: "the preflight with a bound of what is kept",
      words: line("snap-1", "--alias", "by-hand", "--keep-old-bytes", "100gb"),
      stage: stageOf(movedWorld),
    },
    { outcome: "ok", title: "the restore is begun", words: line("snap-1", "--start"), stage: stageOf(movedWorld) },
    {
      outcome: "ok",
      title: "the same key is the same job",
      words: line("snap-1", "--start", "--key", "once"),
      stage: stageOf(movedWorld, started(...line("snap-1", "--start", "--key", "once"))),
    },
    {
      outcome: "refused",
      title: "the alias is an index: the preflight",
      words: line("snap-1", "--alias", "taken"),
      stage: stageOf(movedWorld, takesAlias),
    },
    {
      outcome: "refused",
      title: "the alias is an index: nothing is begun",
      words: line("snap-1", "--alias", "taken", "--start"),
      stage: stageOf(movedWorld, takesAlias),
    },
    {
      outcome: "refused",
      title: "two indices would get one name",
      words: ["restore", "snap-1", ...FROM, "--as", "same", "--start"],
      stage: stageOf(movedWorld),
    },
    { outcome: "refused", title: "a blob is missing", words: line("snap-2", "--start"), stage: stageOf(movedWorld, losesBlob) },
    {
      outcome: "refused",
      title: "the key came with another request before",
      words: line("snap-1", "--replicas", "2", "--start", "--key", "once"),
      stage: stageOf(movedWorld, started(...line("snap-1", "--start", "--key", "once"))),
    },
    {
      outcome: "refused",
      title: "a rate for a repository that backups write",
      words: line("snap-1", "--rate", "80mb").map((word) => (word === "moved-movies" ? "written" : word)),
      stage: stageOf(() => movedWorld(isWritten)),
    },
    {
      outcome: "refused",
      title: "the global state, and a data stream on 5.5",
      words: ["restore", "snap-1", ...FROM, "--global-state", "--data-streams", "logs-app", "--start"],
      stage: stageOf(movedWorld),
    },
    {
      outcome: "ok",
      title: "the global state, a feature and a data stream",
      words: ["restore", "all", ...FROM, ...STATES, "--lose-old"],
      stage: stageOf(() => statesWorld("8.17.0")),
    },
    {
      outcome: "refused",
      title: "states that would replace others, without consent",
      words: ["restore", "all", ...FROM, ...STATES],
      stage: stageOf(async () => {
        const world = await statesWorld("8.17.0");
        world.target.putIndex(".tasks", { system: true, shards: 1, replicas: 0 });
        return world;
      }),
    },
    ...OVER_CASES,
    failed("no snapshot of that name", line("snap-9")),
    failed("no such cluster", ["restore", "snap-1", "--repository", "moved-movies", "--to", "nowhere"]),
    failed("no such repository", ["restore", "snap-1", "--repository", "nothing", "--to", "target"]),
    failed("the repository is on another cluster", ["restore", "snap-1", "--repository", "backups", "--to", "target"]),
    failed("no repository is named", ["restore", "snap-1", "--to", "target"]),
    failed("no cluster is named", ["restore", "snap-1", "--repository", "moved-movies"]),
    failed("no index is named", ["restore", "snap-1", ...FROM, "--indices", " , "]),
    failed("--rate has no unit", line("snap-1", "--rate", "80")),
    failed("--replicas is not a count", line("snap-1", "--replicas", "two")),
    { outcome: "empty", title: "no root in the bucket", words: line("snap-1"), stage: stageOf(newWorld) },
    {
      outcome: "empty",
      title: "a root without snapshots",
      words: line("snap-1"),
      stage: stageOf(newWorld, (world) => world.fill(MOVED, new Map([["index-0", EMPTY_ROOT]]))),
    },
    {
      outcome: "empty",
      title: "a root without snapshots has no latest",
      words: line("latest", "--start"),
      stage: stageOf(newWorld, (world) => world.fill(MOVED, new Map([["index-0", EMPTY_ROOT]]))),
    },
    {
      outcome: "empty",
      title: "the snapshot holds none of the indices",
      words: ["restore", "snap-1", ...FROM, "--indices", "series*"],
      stage: stageOf(movedWorld),
    },
  ],
  without: {},
};

export const RESTORING_VERBS = [RESTORE];
