import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { buildProgram, commandOf, valuedOf } from "../../../infra/cli/line/build.ts";
import { readWords } from "../../../infra/cli/line/readWords.ts";
import { runCommand } from "../../../infra/cli/program.ts";
import { VERBS } from "../../../infra/cli/verbs.ts";
import { EN } from "../../../shared/words/en.ts";
import { enter, type Outputs } from "../../golden/memorySession.ts";
import { movedWorld, newWorld, nights } from "../../golden/stages.ts";
import type { TestWorld } from "../../world/world.ts";
import { flat } from "./runCli.ts";

vi.mock("../../../infra/cli/session.ts", async (original) => {
  const { openMemorySession } = await import("../../golden/memorySession.ts");
  return { ...(await original<typeof import("../../../infra/cli/session.ts")>()), openSession: openMemorySession };
});

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const VERB_NAMES = VERBS.map(({ signature }) => signature.split(" ")[0]).join("|");

/** The verb that the words name, once the whole line was read without a fault. */
async function verbOf(words: readonly string[]): Promise<string> {
  let found = "";
  const program = buildProgram("ossnap", [], async (options, verb, args) => {
    verb.read(args, { ...options });
    found = verb.signature;
  });
  await program.parseAsync(readWords(words, valuedOf(commandOf(program, words))), { from: "user" });
  return found;
}

/** Source lines without comments that print a command. */
function printedIn(folder: string): string[] {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  return files.flatMap((file) =>
    readFileSync(join(ROOT, folder, file), "utf8")
      .split("\n")
      .filter((line) => !/^\s*(\*|\/\*|\/\/)/.test(line) && new RegExp(`\\bossnap (${VERB_NAMES}|--help)\\b`).test(line))
      .map((line) => `${folder}/${file}: ${line.trim()}`),
  );
}

const PROGRAM = "npm run -s ossnap -- --config 'my c.yaml'";

/** Both outputs of a line that was started as in a checkout, with a configuration of its own. */
async function printedBy(world: TestWorld, words: readonly string[]): Promise<string> {
  const outputs: Outputs = { stdout: "", stderr: "" };
  enter({ world }, outputs);
  await runCommand([...words, "--config", "my c.yaml"], {}, { script: "/srv/ossnap/infra/cli/main.ts", cwd: "/srv/ossnap" });
  return words.includes("--json") ? outputs.stdout + outputs.stderr : flat(outputs.stdout + outputs.stderr);
}

const withoutIdentity = async () => {
  const world = await newWorld();
  await world.state.delete(["state.json"]);
  return world;
};
const forgotten = async () => {
  const world = await nights(3);
  await world.state.delete((await world.stateKeys()).filter((key) => key !== "state.json" && !key.startsWith("live/state/")));
  return world;
};
const restores = ["restore", "latest", "--repository", "moved-movies", "--to", "target"];

describe("what a line prints", () => {
  it.each<[string[], () => Promise<TestWorld>, string]>([
    [["prune", "nightly"], () => nights(4), "prune nightly --apply 601a33a9"],
    [["prune", "nightly", "--wait"], () => nights(4), "prune nightly --apply 601a33a9 --wait=30m"],
    [["snapshots"], () => nights(4), "prune nightly"],
    [restores, movedWorld, "restore snap-2 --repository moved-movies --to target --start"],
    [["backup", "nightly"], newWorld, "jobs show backup-"],
    [["adopt"], forgotten, "adopt --yes"],
    [["repositories", "register", "backups"], newWorld, "repositories register backups --apply"],
    [["pause"], newWorld, "resume"],
    [["jobs"], withoutIdentity, "init`"],
    [["jobs", "show", "copy-1"], newWorld, "jobs`"],
    [["jobs", "shwo", "copy-1"], newWorld, "jobs --help"],
    [[], newWorld, "[options] [command]"],
  ])("for %j names the program that exists for its user", async (words, world, command) => {
    for (const more of [[], ["--json"]]) {
      const text = await printedBy(await world(), [...words, ...more]);
      if (more.length === 0) expect(text).toMatch(new RegExp(`npm run -s ossnap -- .*${command.replace(/[[\]]/g, "\\$&")}`));
      if (more.length === 0 && !/help|options/.test(command)) expect(text).toContain(`${PROGRAM} ${command}`);
      expect(text).not.toMatch(new RegExp(`\\bossnap (${VERB_NAMES}|--help)\\b`));
    }
  });
});

describe("printed commands", () => {
  it.each(VERBS.map(({ signature, example }) => [signature, example] as const))(
    "in the help of %s are valid",
    async (signature, example) => {
      expect(await verbOf(example)).toBe(signature);
    },
  );

  it("in sentences are valid, whatever their parameters", async () => {
    const values: Record<string, string> = { hash: "0123abcd", policy: "nightly", copy: "move", job: "copy-1" };
    const commands = Object.values(EN).flatMap((sentence) => [...sentence.matchAll(/`([^`]*)`/g)].map(([, command]) => command as string));
    expect(commands.length).toBeGreaterThan(6);
    for (const command of commands) {
      const [program, ...words] = command.split(" ").map((word) => word.replace(/^\{(\w+)\}$/, (_all, name) => values[name] ?? "?"));
      expect([program, await verbOf(words)]).toEqual(["ossnap", expect.stringMatching(/./)]);
    }
  });

  it("are marked everywhere, so that each names the program that its reader has", () => {
    const printed = ["shared", "infra/cli", "functions"].flatMap(printedIn);
    expect(printed.length).toBeGreaterThan(6);
    // In front of each stands a backtick, or the checkout's own script.
    const unmarked = new RegExp(`(?<!\`|npm run -s )\\bossnap (${VERB_NAMES}|--help)\\b`);
    expect(printed.filter((line) => unmarked.test(line))).toEqual([]);
  });
});
