import { describe, expect, it, vi } from "vitest";
import { EXIT } from "../../../infra/cli/exitCodes.ts";
import { runCommand } from "../../../infra/cli/program.ts";
import { VERBS } from "../../../infra/cli/verbs.ts";
import { dryPrune } from "../../../shared/verbs/prune/ask.ts";
import { dryDeletion } from "../../../shared/verbs/prune/askDeletion.ts";
import { enter, type Outputs } from "../../golden/memorySession.ts";
import { heldByWrites, SERVED_TWICE, servedTwice } from "../../golden/rollbackCases.ts";
import { BACKUPS, copyWorld, movedWorld, newWorld, nights, oldestOf } from "../../golden/stages.ts";
import { cutWorld, migratingWorld } from "../../world/migrating.ts";
import { STEP1 } from "../../world/moved.ts";
import { fire, ID } from "../../world/nightly.ts";
import { MOVED, type TestWorld } from "../../world/world.ts";

vi.mock("../../../infra/cli/session.ts", async (original) => {
  const { openMemorySession } = await import("../../golden/memorySession.ts");
  return { ...(await original<typeof import("../../../infra/cli/session.ts")>()), openSession: openMemorySession };
});

interface Acting {
  /** A line that writes; each wrong line is this one with a fault. */
  words: string[] | ((world: TestWorld) => Promise<string[]>);
  world: () => Promise<TestWorld>;
  /** Words that are wrong for this verb, in addition to those that are wrong for every verb. */
  wrong?: string[][];
}

const WAITS = [
  ["--wait=foo"],
  ["--wait=30x"],
  ["--wait", "30x"],
  ["--wait", "soon"],
  ["--wait="],
  ["--wait", "-5m"],
  ["--wait=1m", "--wait=2m"],
];
const KEYS = [
  ["--key"],
  ["--key="],
  ["--key", "a b"],
  ["--key", "schlüssel"],
  ["--key", "x".repeat(256)],
  ["--key", "--wait"],
  ["--key=a", "--key=b"],
];
const EVERY = [
  ["--no-such"],
  ["-x"],
  ["--config"],
  ["--env-file"],
  ["--config=a", "--config=b"],
  ["excess"],
  ["--json", "--json"],
  ["-q", "--quiet"],
];

const restores = (...more: string[]) => ["restore", "snap-1", "--repository", "moved-movies", "--to", "target", ...more];
const without = (words: string[], option: string) => words.filter((word, at) => word !== option && words[at - 1] !== option);
const STARTS = restores("--indices", "fx-orders", "--start");

const ACTING: Record<string, Acting> = {
  init: { words: ["init"], world: newWorld, wrong: [["--wait"]] },
  adopt: {
    words: ["adopt", "--yes"],
    world: async () => forgotten(await nights(3)),
    wrong: [["--yes"], ["--take-over"], ["--take-over="], ["--take-over", "no-such"]],
  },
  "backup <policy>": { words: ["backup", "nightly"], world: newWorld, wrong: [...WAITS, ...KEYS, ["--apply", "1"]] },
  "prune <policy>": {
    words: async (world) => ["prune", "nightly", "--apply", (await dryPrune(await world.open(), "nightly")).hash],
    world: () => nights(4),
    wrong: [...WAITS, ["--apply", "00000000"], ["--key", "a"]],
  },
  "delete [snapshot]": {
    words: async (world) => {
      const snapshot = await oldestOf(world);
      const { hash } = await dryDeletion(await world.open(), { repository: "backups", snapshot });
      return ["delete", snapshot, "--repository", "backups", "--apply", hash];
    },
    world: () => nights(4),
    wrong: [...WAITS, ["--apply", "00000000"], ["--key", "a"], ["--broken"], ["--uuid", "other"], ["--uuid="], ["--repository", ""]],
  },
  "copy <name>": { words: ["copy", "move"], world: () => copyWorld(STEP1.blobs), wrong: [...WAITS, ...KEYS] },
  "restore <snapshot>": {
    words: STARTS,
    world: movedWorld,
    wrong: [
      ...WAITS,
      ...KEYS,
      ...[["--replicas"], ["--replicas", "two"], ["--replicas", "-1"], ["--replicas", "1.5"], ["--replicas", "99999"], ["--replicas="]],
      ...[
        ["--alias", ""],
        ["--alias", "a b"],
        ["--alias", "a/b"],
        ["--alias", "a*"],
        ["--alias", "-a"],
        ["--alias", "a,b"],
      ],
      ...[
        ["--as"],
        ["--as="],
        ["--as", "a b"],
        ["--as", "Upper-*"],
        ["--as", "*-*"],
        ["--as", "-x"],
        ["--as", "fx-orders=a,fx-orders=b"],
        ["--as", "no-such=a"],
        ["--as", "fx-orders="],
        ["--as", "a", "--alias", "b"],
      ],
      ...[
        ["--global-state=yes"],
        ["--feature-states"],
        ["--feature-states", ","],
        ["--data-streams="],
        ["--global-state", "--over"],
        ["--feature-states", "tasks", "--over"],
        ["--data-streams", "logs", "--over"],
        ["--global-state", "--alias", "films"],
        ["--global-state", "--as", "x"],
        ["--data-streams", "logs", "--lose-old"],
        ["--global-state"],
        ["--feature-states", "tasks"],
        ["--data-streams", "logs"],
      ],
      ...[["--keep-old-bytes", "80", "--alias", "a"], ["--keep-old-bytes", "80gb"], ["--keep-old-bytes="]],
      ...[["--rate"], ["--rate="], ["--rate", "80"], ["--rate", "0"], ["--rate", "-1"], ["--rate", "1.5mb"], ["--rate", "fast"]],
      ...[
        ["--indices", "again"],
        ["--repository", "again"],
        ["--to", "again"],
      ],
    ],
  },
  "jobs cancel <id>": { words: ["jobs", "cancel", ID, "--yes"], world: async () => fired(await newWorld()), wrong: [["--wait"]] },
  "jobs resume <id>": { words: ["jobs", "resume", SERVED_TWICE], world: heldByWrites, wrong: [["--yes"], ["--wait"]] },
  "jobs rollback <id>": {
    words: ["jobs", "rollback", SERVED_TWICE, "--yes"],
    world: servedTwice,
    wrong: [...WAITS, ["--lose-writes=yes"], ["--key", "a"]],
  },
  "repositories register <name>": { words: ["repositories", "register", "backups", "--apply"], world: newWorld, wrong: [["--wait"]] },
  "pin <snapshot>": {
    words: async (world) => ["pin", await oldestOf(world), "--repository", "backups", "--because", "audit"],
    world: () => nights(1),
    wrong: [["--wait"], ["--until", "soon"], ["--until", "2026-13-01"], ["--because", " "], ["--because", "x".repeat(201)]],
  },
  "unpin <snapshot>": {
    words: async (world) => ["unpin", await oldestOf(world), "--repository", "backups"],
    world: async () => {
      const world = await nights(1);
      await ended(world, ["pin", await oldestOf(world), "--repository", "backups", "--because", "audit"]);
      return world;
    },
    wrong: [["--wait"], ["--because", "x"]],
  },
  "migrate sync <name>": {
    words: ["migrate", "sync", "movies"],
    world: migratingWorld,
    wrong: [...WAITS, ...KEYS, ["--start"], ["--lose-writes"]],
  },
  "migrate cutover <name>": {
    words: ["migrate", "cutover", "movies", "--start"],
    world: migratingWorld,
    wrong: [...WAITS, ...KEYS, ["--lose-writes"], ["--block-writes=no"]],
  },
  "migrate rollback <name>": {
    words: ["migrate", "rollback", "movies", "--lose-writes", "--start"],
    world: cutWorld,
    wrong: [...WAITS, ...KEYS, ["--block-writes"], ["--yes"]],
  },
  pause: { words: ["pause"], world: newWorld, wrong: [["--wait"]] },
  resume: { words: ["resume"], world: async () => paused(await newWorld()), wrong: [["--wait"]] },
};

/** Verbs that write nothing, by what they are for. */
/** They write to the OpenAPI of the instances; shared.test.ts tries their wrong lines. */
const ELSEWHERE = [
  "shared add <instance>",
  "shared remove <instance>",
  // It takes no words that could be wrong.
  "tick",
];
const READING = [
  "policies",
  "shared list <cluster>",
  "migrate policies <name>",
  "migrate status [name]",
  "status",
  "token",
  "pins",
  "plan-prune",
  "import <tool> <file>",
  "verify <place>",
  "snapshots [place]",
  "jobs",
  "jobs show <id>",
  "repositories",
];

async function fired(world: TestWorld): Promise<TestWorld> {
  await fire(world);
  return world;
}

async function forgotten(world: TestWorld): Promise<TestWorld> {
  const isKept = (key: string) => key === "state.json" || key.startsWith("live/state/");
  await world.state.delete((await world.stateKeys()).filter((key) => !isKept(key)));
  return world;
}

async function paused(world: TestWorld): Promise<TestWorld> {
  await ended(world, ["pause"]);
  return world;
}

async function ended(world: TestWorld, words: readonly string[]): Promise<Outputs & { exitCode: number }> {
  const outputs: Outputs = { stdout: "", stderr: "" };
  enter({ world }, outputs);
  return { exitCode: await runCommand(words, {}), ...outputs };
}

/** What was read and verified of files in several parts is kept for the next proof; it is no effect of a line. */
const isReadCache = (key: string) => key.startsWith("parts/");

/** Everything that a command could write: state, buckets, requests to the clusters, tasks and notices. */
async function written({ state, blobs, places, source, target, tasks, notices }: TestWorld): Promise<string> {
  const objects: unknown[] = [];
  for (const store of [state, blobs(MOVED), blobs(BACKUPS)])
    for await (const { key, lastModified, etag } of store.list(""))
      if (!isReadCache(key)) objects.push([store.url, key, lastModified, etag]);
  const kept = [places.at({ location: "/srv/backups" }), places.at({ location: "/srv/moved" })].map((all) => all.map(({ uuid }) => uuid));
  return JSON.stringify([objects, kept, source.writes, target.writes, tasks, notices]);
}

const wordsOf = async ({ words }: Acting, world: TestWorld) => (typeof words === "function" ? words(world) : words);
/** In the place of the option that it contradicts, or behind the line. */
const replaced = (words: string[], wrong: string[]) =>
  wrong.length > 1 ? [...without(words, wrong[0] ?? ""), ...wrong] : [...words, ...wrong];

describe("a wrong command line", () => {
  it("is tried for every verb that writes", () => {
    expect([...Object.keys(ACTING), ...READING, ...ELSEWHERE].sort()).toEqual(VERBS.map(({ signature }) => signature).sort());
  });

  it.each(Object.entries(ACTING))(
    "of %s exits with 2, 4 or 5 and writes nothing; without the fault it writes",
    async (signature, acting) => {
      // An identity is written to a real place, which the world in memory does not have.
      if (signature !== "init") {
        const world = await acting.world();
        const before = await written(world);
        expect((await ended(world, await wordsOf(acting, world))).exitCode).toBe(EXIT.ok);
        expect(await written(world)).not.toBe(before);
      }
      const world = await acting.world();
      const words = await wordsOf(acting, world);
      const before = await written(world);
      for (const wrong of [...(acting.wrong ?? []), ...EVERY])
        for (const place of ["behind", "in front"]) {
          const line = place === "behind" ? replaced(words, wrong) : [...wrong, ...words];
          const { exitCode } = await ended(world, line);
          expect([EXIT.usage, EXIT.refused, EXIT.moved], line.join(" ")).toContain(exitCode);
          expect(await written(world), line.join(" ")).toBe(before);
        }
    },
  );

  it.each([
    ["a missing option", without(STARTS, "--repository"), "--repository: is missing"],
    ["a missing option", without(STARTS, "--to"), "--to: is missing"],
    ["an empty name", ["backup", ""], "policy: is empty"],
    ["no index", restores("--indices", " , ", "--start"), "--indices: names nothing"],
    ["only exclusions", restores("--indices", "-.*", "--start"), "--indices: names nothing"],
    ["an alias that is no name", restores("--alias", "a b", "--start"), '--alias: "a b" contains a blank; write one name without blanks'],
    ["an alias of several without indices", restores("--alias", "a=x,b", "--start"), '--alias: "b" has no indices; of several, write each'],
    ["an alias with no indices behind the sign", restores("--alias", "a=", "--start"), '--alias: "a" has no indices'],
    ["an alias given twice", restores("--alias", "a=x,a=y", "--start"), '--alias: names "a" twice; write each of them once'],
    ["several aliases of which one is no name", restores("--alias", "a=x,*b=y", "--start"), '--alias: "*b" contains *'],
    ["two aliases without indices", restores("--alias", "a,b", "--start"), "--alias: "],
    ["a name given twice", restores("--as", "a=x,a=y", "--start"), '--as: names "a" twice; write each of them once'],
    ["--as beside an alias", restores("--as", "x-*", "--alias", "a", "--start"), "as: names indices that get no alias"],
    ["--older without an alias", restores("--older", "--start"), "--older: applies to an alias"],
    ["a pattern that is no name", restores("--indices", "fx-orders,a b", "--start"), '--indices: "a b" is not a pattern'],
    ["a level without contents", ["verify", "moved", "--sample", "5%", "--level", "footers"], "--sample: level footers reads no contents"],
    ["a sample that is none", ["verify", "moved", "--sample", "a bit"], '--sample: "a bit" is neither a share nor a size'],
    ["a place and a policy", ["snapshots", "moved", "--policy", "nightly"], "a place is not combined with --policy or --repository"],
    ["no hash", ["prune", "nightly", "--apply", "0000"], '--apply: "0000" is not the hash of a plan'],
    ["a value that is an option", ["prune", "nightly", "--apply", "--wait"], "option '--apply' argument missing: --wait follows"],
    ["a misspelt option with a value", ["backup", "nightly", "--wiat=5m"], "(Did you mean --wait?)"],
    ["an option like no other", ["prune", "nightly", "--dry-run"], "(Use one of --apply, --wait,"],
    ["a misspelt word of two", ["jobs", "cancle", ID], "(Did you mean jobs cancel?)"],
  ])("is explained: %s", async (_what, line, said) => {
    const world = await movedWorld();
    const before = await written(world);
    const { exitCode, stderr } = await ended(world, line);
    expect([exitCode, stderr]).toEqual([EXIT.usage, expect.stringContaining(said)]);
    expect(await written(world)).toBe(before);
  });
});

describe("--wait", () => {
  it.each([[["backup", "nightly", "--wait", "0s"]], [["backup", "--wait", "0s", "nightly"]], [["backup", "nightly", "--wait=0s"]]])(
    "%j waits for the given time",
    async (line) => {
      expect((await ended(await newWorld(), line)).exitCode).toBe(EXIT.stillRunning);
    },
  );

  it("alone takes no other word as its time", async () => {
    expect((await ended(await newWorld(), ["backup", "--wait", "weekly"])).stderr).toContain('no "weekly"');
  });
});
