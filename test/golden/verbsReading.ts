import type { Place } from "../../shared/model/config.ts";
import type { SnapshotProof } from "../../shared/model/repository.ts";
import { storeEvidence } from "../../shared/reader/evidence.ts";
import { advanceJob } from "../../shared/tick/advance.ts";
import { setPaused } from "../../shared/verbs/jobs/ask.ts";
import { registerByHand } from "../../shared/verbs/repositories/apply.ts";
import { askVerification } from "../../shared/verbs/verification/ask.ts";
import { renamed, withUnlisted } from "../format/changedRepositories.ts";
import { EMPTY_ROOT, LATE_BLOB, STEP2, uuidOf } from "../world/moved.ts";
import { OPS } from "../world/nightly.ts";
import { MINUTE_MS, MOVED, type TestWorld } from "../world/world.ts";
import type { VerbCase, VerbCases } from "./cases.ts";
import { BACKUPS, DENIED, movedWorld, newWorld, nights, registeredWorld, stageOf } from "./stages.ts";
import { STATUS_VERB } from "./statusCases.ts";

const emptyRoot = (world: TestWorld) => world.fill(MOVED, new Map([["index-0", EMPTY_ROOT]]));
const losesBlob = (world: TestWorld) => world.blobs(MOVED).delete([LATE_BLOB]);
const flips = (world: TestWorld) => {
  const bytes = Uint8Array.from(STEP2.blobs.get(LATE_BLOB) ?? []);
  return world.fill(MOVED, new Map([[LATE_BLOB, bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 0xff : byte))]]));
};
const oneBroken = (world: TestWorld) => world.fill(BACKUPS, STEP2.blobs, [`snap-${uuidOf("snap-2")}.dat`]);
const twoOfOneName = (world: TestWorld) => world.fill(BACKUPS, renamed(STEP2.blobs, "snap-2", "snap-1"));
const oneUnlisted = (world: TestWorld) => world.fill(BACKUPS, withUnlisted(STEP2.blobs));
const proves = async (world: TestWorld) => {
  const request = { repository: "moved-movies", snapshot: "latest", level: "footers" as const };
  const created = await askVerification(await world.open(), request, OPS, { key: "verify-1" });
  if (created.outcome === "created") await advanceJob(await world.open(), created.job.id);
  world.advance(MINUTE_MS);
};
/** Verdicts on the newest snapshot at two places: its repository and the watched bucket. */
const provesHereAndThere = async (world: TestWorld) => {
  const [{ name = "", uuid = "" } = {}] = (await world.source.listSnapshots("backups")).slice(-1);
  const proof = {
    name,
    uuid,
    generation: 2,
    blobs: 20,
    bytes: 2048,
    missing: [],
    damaged: [],
    closure: { digest: "d", indices: [], snapshot: { indices: [] } },
  };
  const at = async (place: Place, verdict: string, level: string) =>
    storeEvidence(await world.open(), place, { ...proof, verdict, level } as unknown as SnapshotProof, world.now());
  await at(BACKUPS, "whole", "contents");
  await at(MOVED, "damaged", "footers");
  world.advance(MINUTE_MS);
};
/** Two names that differ in the middle only, in wide characters. */
const longNames = async ({ source }: TestWorld) => {
  for (const number of ["1", "2"]) {
    source.finishSnapshots();
    await source.createSnapshot("backups", `${"备份-".repeat(20)}${number}${"-snapshot".repeat(12)}`, {
      indices: ["movies"],
      metadata: {},
    });
  }
};
const failed = (title: string, words: readonly string[], stage = stageOf(movedWorld)): VerbCase => ({
  outcome: "failed",
  title,
  words,
  stage,
});

const VERIFY: VerbCases = {
  signature: "verify <place>",
  cases: [
    { outcome: "ok", title: "every snapshot of a watch", words: ["verify", "moved"], stage: stageOf(movedWorld) },
    {
      outcome: "ok",
      title: "one snapshot, metadata only, by the registered name",
      words: ["verify", "moved-movies", "--snapshot", "snap-1", "--level", "metadata"],
      stage: stageOf(movedWorld),
    },
    {
      outcome: "ok",
      title: "the latest, a sample of its contents",
      words: ["verify", "moved", "--snapshot", "latest", "--sample", "5%"],
      stage: stageOf(movedWorld),
    },
    failed("a blob is missing", ["verify", "moved"], stageOf(movedWorld, losesBlob)),
    failed("one broken snapshot in a repository that a cluster writes", ["verify", "backups"], stageOf(newWorld, oneBroken)),
    failed("two snapshots of one name", ["verify", "backups", "--snapshot", "snap-1"], stageOf(newWorld, twoOfOneName)),
    failed("a root that names a snapshot which it does not list", ["verify", "backups"], stageOf(newWorld, oneUnlisted)),
    failed("a blob is damaged", ["verify", "moved", "--quiet"], stageOf(movedWorld, flips)),
    failed("no snapshot of that name", ["verify", "moved", "--snapshot", "snap-9"]),
    failed("no such place", ["verify", "nothing"]),
    failed("not a place's URL", ["verify", "gs://bucket"]),
    failed("an invalid sample", ["verify", "moved", "--sample", "a bit"]),
    failed("--sample with a level that reads no contents", ["verify", "moved", "--sample", "5%", "--level", "footers"]),
    { outcome: "empty", title: "no root in the bucket", words: ["verify", "moved"], stage: stageOf(newWorld) },
    { outcome: "empty", title: "a root without snapshots", words: ["verify", "moved"], stage: stageOf(newWorld, emptyRoot) },
  ],
  without: { refused: "it only reads" },
};

const SNAPSHOTS: VerbCases = {
  signature: "snapshots [place]",
  cases: [
    { outcome: "ok", title: "what the clusters list", words: ["snapshots"], stage: stageOf(() => nights(3)) },
    { outcome: "ok", title: "of one policy", words: ["snapshots", "--policy", "nightly"], stage: stageOf(() => nights(1)) },
    {
      outcome: "ok",
      title: "one that runs and one that is partial",
      words: ["snapshots", "--repository", "backups"],
      stage: stageOf(
        () => nights(1),
        async ({ source }) => {
          source.nextSnapshots({ state: "PARTIAL", failedIndex: "movies" });
          await source.createSnapshot("backups", "by-hand", { indices: ["movies"], metadata: {} });
          source.finishSnapshots();
          await source.createSnapshot("backups", "running", { indices: ["movies"], metadata: {} });
        },
      ),
    },
    {
      outcome: "ok",
      title: "one that is proven in its repository, and damaged where it was copied to",
      words: ["snapshots"],
      stage: stageOf(() => nights(2), provesHereAndThere),
    },
    {
      outcome: "ok",
      title: "a very long name by hand",
      words: ["snapshots", "--repository", "backups"],
      stage: stageOf(() => nights(1), longNames),
    },
    { outcome: "ok", title: "of a bucket alone", words: ["snapshots", "moved"], stage: stageOf(movedWorld) },
    {
      outcome: "ok",
      title: "of a bucket, with what was proven of it",
      words: ["snapshots", "moved", "--config", "ossnap.yaml"],
      stage: stageOf(movedWorld, proves),
    },
    { outcome: "ok", title: "of a bucket where a blob is missing", words: ["snapshots", "moved"], stage: stageOf(movedWorld, losesBlob) },
    failed("a place and a policy", ["snapshots", "moved", "--policy", "nightly"]),
    failed("no such policy", ["snapshots", "--policy", "weekly"]),
    failed(
      "the cluster denies",
      ["snapshots"],
      stageOf(registeredWorld, (world) => world.source.failNext("listSnapshots", DENIED)),
    ),
    failed("the repository is not registered", ["snapshots"]),
    { outcome: "empty", title: "a repository without snapshots", words: ["snapshots"], stage: stageOf(registeredWorld) },
    { outcome: "empty", title: "a bucket whose root lists none", words: ["snapshots", "moved"], stage: stageOf(newWorld, emptyRoot) },
    { outcome: "empty", title: "a bucket without a root", words: ["snapshots", "moved"], stage: stageOf(newWorld) },
  ],
  without: { refused: "it only reads" },
};

const REPOSITORIES: VerbCases = {
  signature: "repositories",
  cases: [
    { outcome: "ok", title: "one as configured, one not registered", words: ["repositories"], stage: stageOf(registeredWorld) },
    {
      outcome: "ok",
      title: "one that differs",
      words: ["repositories"],
      stage: stageOf(newWorld, ({ source }) =>
        source.putRepository({ name: "backups", type: "fs", settings: { location: "/srv/backups", compress: "false" } }, { verify: false }),
      ),
    },
    {
      outcome: "ok",
      title: "a cluster denies, the other one is shown",
      words: ["repositories"],
      stage: stageOf(newWorld, (world) => world.source.failNext("info", DENIED)),
    },
    {
      outcome: "ok",
      title: "a domain of Amazon's has repositories of its own",
      words: ["repositories"],
      stage: stageOf(
        () => newWorld(({ clusters }) => Object.assign(clusters.source ?? {}, { aws: { region: "eu-west-1" } })),
        ({ source }) => source.putRepository({ name: "cs-automated-enc", type: "s3", settings: {} }, { verify: false }),
      ),
    },
    failed(
      "a state without identity",
      ["repositories"],
      stageOf(newWorld, (world) => world.state.delete(["state.json"])),
    ),
    {
      outcome: "empty",
      title: "none is configured",
      words: ["repositories"],
      stage: stageOf(() =>
        newWorld((config) => {
          Object.assign(config, { repositories: {}, backups: {}, watches: {} });
        }),
      ),
    },
  ],
  without: { refused: "it only reads" },
};

const takesTheName = ({ source }: TestWorld) =>
  source.putRepository({ name: "backups", type: "fs", settings: { location: "/srv/others" } }, { verify: false });
const setsMore = ({ source }: TestWorld) =>
  source.putRepository({ name: "backups", type: "fs", settings: { location: "/srv/backups", chunk_size: "64mb" } }, { verify: false });
const pauses = async (world: TestWorld) => setPaused(await world.open(), true, "ops");
const register = ["repositories", "register"];

const REGISTER: VerbCases = {
  signature: "repositories register <name>",
  cases: [
    { outcome: "ok", title: "what would be registered", words: [...register, "backups"], stage: stageOf(newWorld) },
    { outcome: "ok", title: "it is registered", words: [...register, "backups", "--apply"], stage: stageOf(newWorld) },
    { outcome: "ok", title: "a watch's, readonly", words: [...register, "moved-movies", "--apply"], stage: stageOf(newWorld) },
    {
      outcome: "ok",
      title: "secrets are not shown",
      words: [...register, "backups"],
      stage: stageOf(() =>
        newWorld((config) => {
          const endpoint = "http://oss-cn-hangzhou-internal.aliyuncs.com";
          const settings = { bucket: "b", endpoint, access_key_id: "planted-Id-1", secret_access_key: "planted-Secret-2" };
          config.repositories.backups = { cluster: "source", register: { type: "oss", settings } };
        }),
      ),
    },
    {
      outcome: "refused",
      title: "the name stands for another repository",
      words: [...register, "backups"],
      stage: stageOf(newWorld, takesTheName),
    },
    {
      outcome: "refused",
      title: "the same, with --apply",
      words: [...register, "backups", "--apply"],
      stage: stageOf(newWorld, takesTheName),
    },
    { outcome: "ok", title: "another client has set more", words: [...register, "backups"], stage: stageOf(newWorld, setsMore) },
    { outcome: "refused", title: "its settings are kept", words: [...register, "backups", "--apply"], stage: stageOf(newWorld, setsMore) },
    {
      outcome: "ok",
      title: "with --overwrite",
      words: [...register, "backups", "--apply", "--overwrite"],
      stage: stageOf(newWorld, setsMore),
    },
    { outcome: "refused", title: "ossnap is paused", words: [...register, "backups", "--apply"], stage: stageOf(newWorld, pauses) },
    failed("no such repository", [...register, "nothing"]),
    failed(
      "the cluster denies",
      [...register, "backups", "--apply"],
      stageOf(newWorld, (world) => world.source.failNext("putRepository", DENIED)),
    ),
    {
      outcome: "empty",
      title: "it is registered already",
      words: [...register, "backups"],
      stage: stageOf(newWorld, async (world) => registerByHand(await world.open(), "backups")),
    },
  ],
  without: {},
};

const HISTORY = "test/fixtures/histories/rolling.json";
const planPrune = (...words: string[]) => ["plan-prune", "--now", "2026-11-28T02:30:00Z", "--snapshots", ...words];

const PLAN_PRUNE: VerbCases = {
  signature: "plan-prune",
  cases: [
    {
      outcome: "ok",
      title: "daily indices that leave after three days",
      words: planPrune(HISTORY, "--keep-last", "1", "--keep-weekly", "2", "--keep-last-of-index", "3d"),
      stage: stageOf(newWorld),
    },
    {
      outcome: "ok",
      title: "nothing to remove",
      words: planPrune(HISTORY, "--keep-within", "30d", "--time-zone", "Asia/Shanghai"),
      stage: stageOf(newWorld),
    },
    {
      outcome: "ok",
      title: "snapshots taken by hand have a rule of their own",
      words: planPrune("test/fixtures/histories/byHand.json", "--keep-last", "1", "--keep-manual", "1", "--keep-last-of-index", "never"),
      stage: stageOf(newWorld),
    },
    failed("no such file", planPrune("nowhere.json", "--keep-last", "1"), stageOf(newWorld)),
    failed("a file of another shape", planPrune("package.json", "--keep-last", "1"), stageOf(newWorld)),
    failed("entries with faults", planPrune("test/fixtures/histories/faulty.json", "--keep-last", "1"), stageOf(newWorld)),
    failed("a rule without a count", planPrune(HISTORY, "--keep-daily", "many"), stageOf(newWorld)),
    failed("no time zone of this planet", planPrune(HISTORY, "--keep-daily", "1", "--time-zone", "Mars"), stageOf(newWorld)),
    failed("no rule", planPrune(HISTORY), stageOf(newWorld)),
    failed("no time, and no time zone", ["plan-prune", "--snapshots", HISTORY, "--now", "today", "--time-zone", "CST"], stageOf(newWorld)),
  ],
  without: { refused: "it only reads a file", empty: "an empty history keeps and removes nothing" },
};

export const READING_VERBS = [STATUS_VERB, PLAN_PRUNE, VERIFY, SNAPSHOTS, REPOSITORIES, REGISTER];
