import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { runCommand } from "../infra/cli/program.ts";
import { enter } from "./golden/memorySession.ts";
import { OVERWRITTEN, overWorld, overwrittenWorld } from "./golden/overCases.ts";
import { servedTwice } from "./golden/rollbackCases.ts";
import { automaticWorld } from "./world/automatic.ts";
import { localNames } from "./world/localNames.ts";
import { statesWorld } from "./world/states.ts";
import type { TestWorld } from "./world/world.ts";

vi.mock("../infra/cli/session.ts", async (original) => {
  const { openMemorySession } = await import("./golden/memorySession.ts");
  return { ...(await original<typeof import("../infra/cli/session.ts")>()), openSession: openMemorySession };
});

const FENCE = "`".repeat(3);
const text = readFileSync("docs/restoring.md", "utf8");
const commands = [...text.matchAll(new RegExp(`${FENCE}sh\\n([^]*?)${FENCE}`, "g"))].flatMap(([, block = ""]) => block.trim().split("\n"));

const isState = (line: string) => /--(global-state|feature-states|data-streams)/.test(line);

/** What the commands of a section speak of. */
function worldFor(line: string): Promise<TestWorld> {
  if (line.includes("es-cn-") || line.includes("shared list")) return automaticWorld();
  if (isState(line)) return statesWorld("8.17.0");
  if (line.includes(OVERWRITTEN)) return overwrittenWorld();
  return line.includes("--over") ? overWorld() : servedTwice();
}

/** The local host's index has another name in the repository of the fixtures; test/live/guides.long.test.ts runs the lines as they stand. */
function wordsOf(line: string): string[] {
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
  const isOfFixture = !line.includes("es-cn-");
  const named = (word: string) => word.replace(/(?<![-\w])movies(?![-\w])/g, "fx-orders").replace("mov*", "fx-*");
  // The newest of that repository has no global state.
  const ofStates = (word: string) => (isState(line) && word === "latest" ? "all" : word);
  return words.slice(1).map((word) => (isOfFixture ? named(ofStates(word)) : word));
}

describe("docs/restoring.md", () => {
  it.each(commands)("shows a command that runs: %s", async (line) => {
    const world = await worldFor(line);
    if (!isState(line)) localNames(world.config);
    const outputs = { stdout: "", stderr: "" };
    enter({ world }, outputs);
    if (line.includes("--repository movies-aws")) await runCommand(["repositories", "register", "movies-aws", "--apply"], {});
    expect(await runCommand(wordsOf(line), {}), outputs.stderr).toBe(0);
    expect(outputs.stdout).not.toBe("");
  });

  it("is linked from the README", () => {
    expect(readFileSync("README.md", "utf8")).toContain("(docs/restoring.md)");
  });
});
