import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSettings } from "../../shared/runtime/settings.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { adopt } from "../../shared/verbs/adopt/apply.ts";
import { askCopy } from "../../shared/verbs/copy/ask.ts";
import { setPaused } from "../../shared/verbs/jobs/ask.ts";
import { pinSnapshot } from "../../shared/verbs/pins/apply.ts";
import { writeConfig } from "../infra/cli/runCli.ts";
import { STEP1 } from "../world/moved.ts";
import { OPS } from "../world/nightly.ts";
import { DAY_MS, MOVED, type TestWorld } from "../world/world.ts";
import type { VerbCases } from "./cases.ts";
import type { Stage } from "./memorySession.ts";
import { copyWorld, DENIED, newWorld, nights, oldestOf, stageOf } from "./stages.ts";

const directories: string[] = [];

export function removeDirectories(): void {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
}

/** `init` connects to the place of ossnap.yaml itself: a separate directory, whose name is masked. */
async function directoryStage(before: (directory: string) => unknown): Promise<Stage> {
  const directory = mkdtempSync(join(tmpdir(), "ossnap-golden-"));
  directories.push(directory);
  const config = await writeConfig(directory);
  before(directory);
  const settings = () => readSettings(config, { SOURCE_PASSWORD: "secret" });
  return { world: await newWorld(), settings, masks: [[directory, "<dir>"]] };
}

function identityIn(directory: string, identity: object): void {
  mkdirSync(join(directory, "state"));
  writeFileSync(join(directory, "state", "state.json"), JSON.stringify(identity));
}

/** The policy was seen a day ago, and its slot is due. */
async function dueWorld(): Promise<TestWorld> {
  const world = await newWorld();
  await advanceJobs(await world.open());
  world.advance(DAY_MS);
  return world;
}

async function copyingWorld(): Promise<TestWorld> {
  const world = await copyWorld(STEP1.blobs);
  await askCopy(await world.open(), "move", OPS);
  return world;
}

const OURS = { schema: 1, product: "ossnap", id: "0123456789", createdAt: "2026-11-20T00:00:00.000Z" };

/** A state without any history; snapshots, roots and the mark exist. */
async function forgetFacts(world: TestWorld): Promise<void> {
  const keys = await world.stateKeys();
  await world.state.delete(keys.filter((key) => key !== "state.json" && !key.startsWith("live/state/")));
}

const forgotten = stageOf(() => nights(3), forgetFacts);
const losesLive = async (world: TestWorld) => world.state.delete(await world.stateKeys("live/"));
const losesIdentity = async (world: TestWorld) => world.state.delete(["state.json"]);
const adopts = async (world: TestWorld) => adopt(await world.open(), OPS);
const pauses = async (world: TestWorld) => setPaused(await world.open(), true, "ops");
const takenOver = stageOf(
  () => copyWorld(STEP1.blobs),
  (world) => world.fill(MOVED, STEP1.blobs),
);

const ADOPT: VerbCases = {
  signature: "adopt",
  cases: [
    { outcome: "ok", title: "would write down what clusters and buckets know", words: ["adopt"], stage: forgotten },
    { outcome: "ok", title: "writes it down", words: ["adopt", "--yes"], stage: forgotten },
    {
      outcome: "ok",
      title: "opens a state that lost live/",
      words: ["adopt"],
      stage: stageOf(() => nights(3), losesLive),
    },
    { outcome: "ok", title: "leaves a copy's destination alone until it is named", words: ["adopt"], stage: takenOver },
    { outcome: "ok", title: "takes over a copy's destination that is named", words: ["adopt", "--take-over", "move"], stage: takenOver },
    {
      outcome: "failed",
      title: "a cluster that denies is reported, the rest is found",
      words: ["adopt"],
      stage: stageOf(newWorld, (world) => world.target.failNext("listIndices", DENIED)),
    },
    {
      outcome: "failed",
      title: "no copy of that name to take over",
      words: ["adopt", "--take-over", "no-such"],
      stage: stageOf(newWorld),
    },
    { outcome: "empty", title: "nothing to write", words: ["adopt"], stage: stageOf(() => nights(3), adopts) },
  ],
  without: { refused: "it only writes what is absent, so nothing is in its way" },
};

const INIT: VerbCases = {
  signature: "init",
  cases: [
    { outcome: "ok", title: "a new state", words: ["init"], stage: () => directoryStage(() => undefined) },
    {
      outcome: "ok",
      title: "a state that was initialised before",
      words: ["init"],
      stage: () => directoryStage((directory) => identityIn(directory, OURS)),
    },
    {
      outcome: "failed",
      title: "another product's state",
      words: ["init"],
      stage: () => directoryStage((directory) => identityIn(directory, { product: "other" })),
    },
    {
      outcome: "failed",
      title: "a newer version's state",
      words: ["init"],
      stage: () => directoryStage((directory) => identityIn(directory, { ...OURS, schema: 2 })),
    },
    {
      outcome: "failed",
      title: "no ossnap.yaml",
      words: ["init"],
      stage: () => directoryStage((directory) => rmSync(join(directory, "ossnap.yaml"))),
    },
  ],
  without: { refused: "a state that is not ours is invalid", empty: "an empty place is what it is for" },
};

const PAUSE_WITHOUT = { refused: "it may always be asked for", empty: "there is always a state" };

const PAUSE: VerbCases = {
  signature: "pause",
  cases: [
    { outcome: "ok", title: "holds everything back", words: ["pause"], stage: stageOf(newWorld) },
    { outcome: "ok", title: "twice is once", words: ["pause"], stage: stageOf(newWorld, pauses) },
    { outcome: "failed", title: "a state without identity", words: ["pause"], stage: stageOf(newWorld, losesIdentity) },
  ],
  without: PAUSE_WITHOUT,
};

const RESUME: VerbCases = {
  signature: "resume",
  cases: [
    { outcome: "ok", title: "after a pause", words: ["resume"], stage: stageOf(newWorld, pauses) },
    { outcome: "ok", title: "without a pause", words: ["resume"], stage: stageOf(newWorld) },
    { outcome: "failed", title: "a state without identity", words: ["resume"], stage: stageOf(newWorld, losesIdentity) },
  ],
  without: PAUSE_WITHOUT,
};

const TICK: VerbCases = {
  signature: "tick",
  cases: [
    { outcome: "ok", title: "a slot is due", words: ["tick"], stage: stageOf(dueWorld) },
    {
      outcome: "ok",
      title: "while ossnap is paused",
      words: ["tick"],
      stage: stageOf(dueWorld, pauses),
    },
    { outcome: "ok", title: "a batch of a copy is moved here", words: ["tick"], stage: stageOf(copyingWorld) },
    {
      outcome: "ok",
      title: "a cluster denies, which the job says",
      words: ["tick"],
      stage: stageOf(dueWorld, (world) => world.source.failNext("listIndices", DENIED)),
    },
    { outcome: "empty", title: "nothing is due", words: ["tick"], stage: stageOf(newWorld) },
    { outcome: "failed", title: "a state without identity", words: ["tick"], stage: stageOf(newWorld, losesIdentity) },
  ],
  without: { refused: "it asks for nothing itself; what forbids a job is the job's reason" },
};

const pinned = async (world: TestWorld) => {
  const request = { repository: "backups", snapshot: await oldestOf(world), because: "audit of 2026" };
  await pinSnapshot(await world.open(), request, "ops");
};
const IN_BACKUPS = ["--repository", "backups"];
const fourNights = (...then: ((world: TestWorld) => unknown)[]) => stageOf(() => nights(4), ...then);

const PIN: VerbCases = {
  signature: "pin <snapshot>",
  cases: [
    {
      outcome: "ok",
      title: "for ever",
      words: async (world) => ["pin", await oldestOf(world), ...IN_BACKUPS, "--because", "audit of 2026"],
      stage: fourNights(),
    },
    {
      outcome: "ok",
      title: "for ninety days",
      words: async (world) => ["pin", await oldestOf(world), ...IN_BACKUPS, "--because", "audit of 2026", "--until", "90d"],
      stage: fourNights(),
    },
    { outcome: "failed", title: "no such snapshot", words: ["pin", "nosuch", ...IN_BACKUPS, "--because", "x"], stage: fourNights() },
    {
      outcome: "failed",
      title: "a time that is over",
      words: async (world) => ["pin", await oldestOf(world), ...IN_BACKUPS, "--because", "x", "--until", "2026-01-01T00:00:00Z"],
      stage: fourNights(),
    },
    { outcome: "failed", title: "no reason", words: ["pin", "nosuch", ...IN_BACKUPS], stage: fourNights() },
  ],
  without: { refused: "whoever may write the state may pin", empty: "a snapshot that is not there is a failure" },
};

const UNPIN: VerbCases = {
  signature: "unpin <snapshot>",
  cases: [
    {
      outcome: "ok",
      title: "the pin is taken off",
      words: async (world) => ["unpin", await oldestOf(world), ...IN_BACKUPS],
      stage: fourNights(pinned),
    },
    { outcome: "failed", title: "it is not pinned", words: ["unpin", "nosuch", ...IN_BACKUPS], stage: fourNights(pinned) },
  ],
  without: { refused: "whoever may write the state may unpin", empty: "a pin that is not there is a failure" },
};

const PINS: VerbCases = {
  signature: "pins",
  cases: [
    { outcome: "ok", title: "one pin", words: ["pins"], stage: fourNights(pinned) },
    { outcome: "empty", title: "no pin", words: ["pins"], stage: fourNights() },
    { outcome: "failed", title: "a state without identity", words: ["pins"], stage: stageOf(newWorld, losesIdentity) },
  ],
  without: { refused: "it only reads" },
};

const TOKEN: VerbCases = {
  signature: "token",
  cases: [{ outcome: "ok", title: "a token and its hash", words: ["token"], stage: stageOf(newWorld) }],
  without: { refused: "it changes nothing", failed: "it reads nothing", empty: "there is always a token" },
};

const POLICIES: VerbCases = {
  signature: "policies",
  cases: [
    { outcome: "ok", title: "every document", words: ["policies", "--account", "1234567890123456"], stage: stageOf(newWorld) },
    {
      outcome: "ok",
      title: "one document, of an account that is not known",
      words: ["policies", "--only", "http"],
      stage: stageOf(newWorld),
    },
    { outcome: "failed", title: "no number of an account", words: ["policies", "--account", "mine"], stage: stageOf(newWorld) },
  ],
  without: { refused: "it only prints", empty: "a state needs some rights" },
};

export const STATE_VERBS = [INIT, TOKEN, POLICIES, ADOPT, TICK, PAUSE, RESUME, PIN, UNPIN, PINS];
