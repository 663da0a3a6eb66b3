import { describe, expect, it, vi } from "vitest";
import { runCommand } from "../../../infra/cli/program.ts";
import { setPaused } from "../../../shared/verbs/jobs/ask.ts";
import { enter, type Outputs } from "../../golden/memorySession.ts";
import { copyWorld, newWorld } from "../../golden/stages.ts";
import { STEP1, STEP2 } from "../../world/moved.ts";
import { tick } from "../../world/nightly.ts";
import type { TestWorld } from "../../world/world.ts";
import { flat } from "./runCli.ts";

vi.mock("../../../infra/cli/session.ts", async (original) => {
  const { openMemorySession } = await import("../../golden/memorySession.ts");
  return { ...(await original<typeof import("../../../infra/cli/session.ts")>()), openSession: openMemorySession };
});

async function run(world: TestWorld, ...words: string[]): Promise<Outputs & { exitCode: number }> {
  const outputs: Outputs = { stdout: "", stderr: "" };
  enter({ world }, outputs);
  const exitCode = await runCommand(words, {});
  return { exitCode, stdout: flat(outputs.stdout), stderr: outputs.stderr };
}

/** In the world in memory a tick and a terminal have one name. */
function fromTerminal(world: TestWorld): TestWorld {
  const open = world.open;
  const terminal: TestWorld = Object.create(world);
  terminal.open = async (options) => {
    const opened = await open(options);
    opened.by.function = "cli";
    return opened;
  };
  return terminal;
}

const backup = (world: TestWorld) => run(fromTerminal(world), "backup", "nightly", "--key", "one", "--wait=0s");

describe("a wait that runs out", () => {
  it("promises nothing of a state on which no function has run, and says how to see one", async () => {
    const { exitCode, stdout } = await backup(await newWorld());
    expect(exitCode).toBe(6);
    expect(stdout).toContain("Only a terminal has advanced the job so far, and no tick has run on this state yet");
    expect(stdout).toMatch(/Whether they do is shown in column BY of the job's history\.\nShow: ossnap jobs show backup-/);
    expect(stdout).not.toContain("continues");
  });

  it("says that the functions have not moved this job yet, and that it continues once they have", async () => {
    const world = await newWorld();
    world.source.nextSnapshots({ state: "PARTIAL", failedIndex: "movies" });
    await tick(world);
    expect((await backup(world)).stdout).toContain(
      "Only a terminal has advanced the job so far; where the functions are deployed, they advance it each minute",
    );
    world.advance(60_000);
    world.source.finishSnapshots();
    await tick(world);
    expect((await backup(world)).stdout).toContain("The job continues.");
  });

  it("names the pause and the way out, also of a pause that began meanwhile", async () => {
    const world = await newWorld();
    await setPaused(await world.open(), true, "ops");
    expect((await backup(world)).stdout).toContain("ossnap is paused: the job does not continue until:  ossnap resume");
    const other = await newWorld();
    const terminal = fromTerminal(other);
    const open = terminal.open;
    terminal.open = async (options) => {
      const opened = await open(options);
      await setPaused(await other.open(), true, "ops");
      return opened;
    };
    expect((await run(terminal, "backup", "nightly", "--wait=0s")).stdout).toContain("ossnap is paused");
  });
});

describe("copy --key", () => {
  it("is the same job after the source's root moved, and exits with 2 for another request", async () => {
    const world = await copyWorld(STEP1.blobs);
    world.config.copies.other = { ...(world.config.copies.move as NonNullable<typeof world.config.copies.move>) };
    const id = async (name: string, key: string) => {
      const { exitCode, stdout } = await run(world, "copy", name, "--key", key, "--json");
      return exitCode === 0 ? JSON.parse(stdout).data.id : exitCode;
    };
    const first = await id("move", "one");
    const { blobs } = Object.values(world.config.repositories)[0] ?? {};
    if (blobs) await world.fill(blobs, STEP2.blobs);
    expect([await id("move", "one"), await id("other", "one")]).toEqual([first, 2]);
    expect(await id("move", "two")).not.toBe(first);
  });
});
