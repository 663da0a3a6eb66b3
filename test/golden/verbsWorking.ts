import { runCommand } from "../../infra/cli/program.ts";
import type { KeepRules } from "../../shared/model/config.ts";
import { advanceJob } from "../../shared/tick/advance.ts";
import { setPaused } from "../../shared/verbs/jobs/ask.ts";
import { applyPrune, dryPrune } from "../../shared/verbs/prune/ask.ts";
import { dryDeletion } from "../../shared/verbs/prune/askDeletion.ts";
import { fixtureRepository } from "../format/fixtureRepositories.ts";
import { EMPTY_ROOT, STEP1 } from "../world/moved.ts";
import { OPS } from "../world/nightly.ts";
import { DAY_MS, MOVED, type TestWorld } from "../world/world.ts";
import type { VerbCases } from "./cases.ts";
import { enter } from "./memorySession.ts";
import { BACKUPS, contentsWorld, copyWorld, DENIED, newWorld, nights, registeredWorld, stageOf } from "./stages.ts";

/** An earlier command on the same stage. */
const ran =
  (...words: string[]) =>
  async (world: TestWorld): Promise<void> => {
    enter({ world }, { stdout: "", stderr: "" });
    await runCommand(words, {});
  };
const pauses = async (world: TestWorld) => setPaused(await world.open(), true, "ops");
const takesTheName = (world: TestWorld) =>
  world.source.putRepository({ name: "backups", type: "fs", settings: { location: "/srv/others" } }, { verify: false });
const keyed = (policy: string) => ["backup", policy, "--key", "once"];

/** One index of two is gone since the last success, more than the policy allows. */
async function shrunkWorld(): Promise<TestWorld> {
  const world = await nights(1);
  const { nightly } = world.config.backups;
  if (nightly) nightly.shrinkAtMost = { percent: 30, action: "refuse" };
  await world.source.deleteIndex("movies-old");
  return world;
}

const BACKUP: VerbCases = {
  signature: "backup <policy>",
  cases: [
    { outcome: "ok", title: "the snapshot is begun", words: ["backup", "nightly"], stage: stageOf(newWorld) },
    {
      outcome: "ok",
      title: "the wait says what the job waits for",
      words: ["backup", "nightly", "--wait=0s"],
      stage: stageOf(newWorld, async ({ source }) => {
        await source.putRepository({ name: "theirs", type: "fs", settings: { location: "/theirs" } }, { verify: false });
        await source.createSnapshot("theirs", "by-hand", { indices: ["movies"], metadata: {} });
      }),
    },
    { outcome: "ok", title: "the wait runs out", words: ["backup", "nightly", "--wait=0s"], stage: stageOf(newWorld) },
    { outcome: "ok", title: "the same key is the same job", words: keyed("nightly"), stage: stageOf(newWorld, ran(...keyed("nightly"))) },
    { outcome: "ok", title: "asked for while ossnap is paused", words: ["backup", "nightly"], stage: stageOf(newWorld, pauses) },
    {
      outcome: "ok",
      title: "the preview",
      words: ["backup", "nightly", "--dry-run", "--because", "a trial"],
      stage: stageOf(contentsWorld),
    },
    {
      outcome: "ok",
      title: "the preview of a selection that the timer would refuse",
      words: ["backup", "nightly", "--dry-run"],
      stage: stageOf(shrunkWorld),
    },
    {
      outcome: "refused",
      title: "the preview, and no index of the policy is there",
      words: ["backup", "nightly", "--dry-run"],
      stage: stageOf(() =>
        newWorld((config) => {
          if (config.backups.nightly) config.backups.nightly.indices = ["series*"];
        }),
      ),
    },
    {
      outcome: "failed",
      title: "the preview waits for nothing",
      words: ["backup", "nightly", "--dry-run", "--wait"],
      stage: stageOf(newWorld),
    },
    {
      outcome: "refused",
      title: "the key came with another policy before",
      words: keyed("weekly"),
      stage: stageOf(
        () =>
          newWorld((config) => {
            const { nightly } = config.backups;
            if (nightly) config.backups.weekly = nightly;
          }),
        ran(...keyed("nightly")),
      ),
    },
    {
      outcome: "failed",
      title: "the repository's name stands for another one",
      words: ["backup", "nightly", "--wait=0s"],
      stage: stageOf(newWorld, takesTheName),
    },
    { outcome: "failed", title: "no such policy", words: ["backup", "weekly"], stage: stageOf(newWorld) },
    { outcome: "failed", title: "--wait is not a duration", words: ["backup", "nightly", "--wait=soon"], stage: stageOf(newWorld) },
    {
      outcome: "ok",
      title: "the cluster denies, the job stays open",
      words: ["backup", "nightly"],
      stage: stageOf(newWorld, (world) => world.source.failNext("info", DENIED)),
    },
    {
      outcome: "empty",
      title: "no index of the policy is there",
      words: ["backup", "nightly", "--wait=0s"],
      stage: stageOf(() =>
        newWorld((config) => {
          if (config.backups.nightly) config.backups.nightly.indices = ["series*"];
        }),
      ),
    },
  ],
  without: {},
};

const planHash = async (world: TestWorld) => (await dryPrune(await world.open(), "nightly")).hash;
const applyLine = async (world: TestWorld) => ["prune", "nightly", "--apply", await planHash(world)];
const onlyFailures = (world: TestWorld) =>
  world.places.at({ location: "/srv/backups" }).splice(0, 4, ...world.places.at({ location: "/srv/backups" }).map(asPartial));
const asPartial = (snapshot: ReturnType<TestWorld["places"]["at"]>[number]) => ({ ...snapshot, state: "PARTIAL" as const });

let applied = "";
/** Its other refusal, that no good snapshot would be left, cannot occur: the newest good one is always kept. */
const PRUNE: VerbCases = {
  signature: "prune <policy>",
  cases: [
    { outcome: "ok", title: "the plan", words: ["prune", "nightly"], stage: stageOf(() => nights(4)) },
    {
      outcome: "ok",
      title: "the plan, with a cap of one a run",
      words: ["prune", "nightly"],
      stage: stageOf(() =>
        nights(4, (config) => {
          if (config.backups.nightly?.prune) config.backups.nightly.prune.atMost = 1;
        }),
      ),
    },
    { outcome: "ok", title: "exactly the plan with this hash", words: applyLine, stage: stageOf(() => nights(4)) },
    {
      outcome: "ok",
      title: "the same, watched",
      words: async (world) => [...(await applyLine(world)), "--wait=0s"],
      stage: stageOf(() => nights(4)),
    },
    {
      outcome: "ok",
      title: "the same plan once more",
      words: async () => ["prune", "nightly", "--apply", applied],
      stage: stageOf(
        () => nights(4),
        async (world) => {
          applied = await planHash(world);
          const created = await applyPrune(await world.open(), "nightly", applied, OPS);
          if (created.outcome === "created") await advanceJob(await world.open(), created.job.id);
        },
      ),
    },
    {
      outcome: "refused",
      title: "a plan that no longer holds",
      words: ["prune", "nightly", "--apply", "00000000"],
      stage: stageOf(() => nights(4)),
    },
    {
      outcome: "ok",
      title: "only partial snapshots: none is removed",
      words: ["prune", "nightly"],
      stage: stageOf(() => nights(4), onlyFailures),
    },
    {
      outcome: "ok",
      title: "of rules that last longer, beside indices that no policy takes",
      words: ["prune", "nightly"],
      stage: stageOf(
        () => nights(4, ({ backups: { nightly } }) => nightly && Object.assign(nightly, { keep: LONGER })),
        ({ source }) => {
          for (const name of ["orders-1", "orders-2"]) source.putIndex(name, { documents: 1 });
        },
      ),
    },
    { outcome: "failed", title: "no such policy", words: ["prune", "weekly"], stage: stageOf(newWorld) },
    { outcome: "failed", title: "the repository is not registered", words: ["prune", "nightly"], stage: stageOf(newWorld) },
    { outcome: "empty", title: "nothing would be removed", words: ["prune", "nightly"], stage: stageOf(() => nights(1)) },
    { outcome: "empty", title: "a repository without snapshots", words: ["prune", "nightly"], stage: stageOf(registeredWorld) },
  ],
  without: {},
};

const LONGER: KeepRules = { daily: 2, weekly: 4, monthly: 12, lastOfIndex: 30 * DAY_MS, atLeast: 1 };

const DELETED = "nightly-20261122t013000z-1-88f81";
const deletionHash = async (world: TestWorld) => (await dryDeletion(await world.open(), { repository: "backups", snapshot: DELETED })).hash;
const remove = (...words: string[]) => ["delete", ...words, "--repository", "backups"];
const DELETE: VerbCases = {
  signature: "delete [snapshot]",
  cases: [
    { outcome: "ok", title: "what would be deleted", words: remove(DELETED), stage: stageOf(() => nights(4)) },
    {
      outcome: "ok",
      title: "exactly what has this hash",
      words: async (world) => [...remove(DELETED), "--apply", await deletionHash(world)],
      stage: stageOf(() => nights(4)),
    },
    {
      outcome: "refused",
      title: "the newest good one",
      words: remove("nightly-20261124t013000z-1-88f81"),
      stage: stageOf(() => nights(4)),
    },
    {
      outcome: "refused",
      title: "the hash of another plan",
      words: [...remove(DELETED), "--apply", "00000000"],
      stage: stageOf(() => nights(4)),
    },
    { outcome: "failed", title: "no such snapshot", words: remove("nightly"), stage: stageOf(() => nights(4)) },
    { outcome: "failed", title: "--broken where there is no root", words: remove("--broken"), stage: stageOf(() => nights(4)) },
    { outcome: "failed", title: "neither a snapshot nor --broken", words: remove(), stage: stageOf(newWorld) },
  ],
  without: { empty: "it names one snapshot, or refuses" },
};

const VERSION2 = fixtureRepository("es-2.4.6/repo");
const copying = (blobs: ReadonlyMap<string, Uint8Array>, then?: (world: TestWorld) => unknown) => stageOf(() => copyWorld(blobs), then);
const losesBlob = (world: TestWorld) => world.blobs(BACKUPS).delete([[...STEP1.blobs.keys()].find((key) => /\/0\/snap-/.test(key)) ?? ""]);

const COPY: VerbCases = {
  signature: "copy <name>",
  cases: [
    { outcome: "ok", title: "the tasks are started", words: ["copy", "move"], stage: copying(STEP1.blobs) },
    { outcome: "ok", title: "the same root is the same job", words: ["copy", "move"], stage: copying(STEP1.blobs, ran("copy", "move")) },
    { outcome: "ok", title: "everything is read first", words: ["copy", "move", "--check"], stage: copying(STEP1.blobs) },
    { outcome: "ok", title: "the dry run", words: ["copy", "move", "--dry-run"], stage: copying(STEP1.blobs) },
    {
      outcome: "refused",
      title: "the dry run, and the destination holds another's root",
      words: ["copy", "move", "--dry-run"],
      stage: copying(STEP1.blobs, (world) => world.fill(MOVED, STEP1.blobs)),
    },
    { outcome: "failed", title: "a dry run cannot check", words: ["copy", "move", "--dry-run", "--check"], stage: copying(STEP1.blobs) },
    {
      outcome: "refused",
      title: "the destination holds another's root",
      words: ["copy", "move", "--wait=0s"],
      stage: copying(STEP1.blobs, (world) => world.fill(MOVED, STEP1.blobs)),
    },
    { outcome: "failed", title: "the source is not whole", words: ["copy", "move", "--wait=0s"], stage: copying(STEP1.blobs, losesBlob) },
    { outcome: "failed", title: "no such copy", words: ["copy", "mvoe"], stage: copying(STEP1.blobs) },
    { outcome: "failed", title: "the source has the root of 2.x", words: ["copy", "move"], stage: copying(VERSION2.blobs) },
    { outcome: "failed", title: "the source has no root", words: ["copy", "move"], stage: copying(new Map()) },
    {
      outcome: "empty",
      title: "the source's root lists no snapshot",
      words: ["copy", "move", "--wait=0s"],
      stage: copying(new Map([["index-0", EMPTY_ROOT]])),
    },
  ],
  without: {},
};

const CURATOR = "test/fixtures/config/curator.yml";
const IMPORT: VerbCases = {
  signature: "import <tool> <file>",
  cases: [
    { outcome: "ok", title: "a policy, and what has no equivalent", words: ["import", "curator", CURATOR], stage: stageOf(newWorld) },
    { outcome: "failed", title: "another tool", words: ["import", "slm", CURATOR], stage: stageOf(newWorld) },
    { outcome: "failed", title: "no such file", words: ["import", "curator", "curator.yml"], stage: stageOf(newWorld) },
    { outcome: "failed", title: "no action file", words: ["import", "curator", "package.json"], stage: stageOf(newWorld) },
  ],
  without: { refused: "it changes nothing", empty: "a file without usable actions is answered with a note" },
};

export const WORKING_VERBS = [BACKUP, PRUNE, DELETE, IMPORT, COPY];
