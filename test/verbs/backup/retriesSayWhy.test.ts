import { expect, it, vi } from "vitest";
import { runCommand } from "../../../infra/cli/program.ts";
import { enter, type Outputs } from "../../golden/memorySession.ts";
import { newWorld } from "../../golden/stages.ts";
import { flat } from "../../infra/cli/runCli.ts";
import { httpDoor } from "../../runtime/http/door.ts";
import { tick } from "../../world/nightly.ts";
import type { TestWorld } from "../../world/world.ts";

vi.mock("../../../infra/cli/session.ts", async (original) => {
  const { openMemorySession } = await import("../../golden/memorySession.ts");
  return { ...(await original<typeof import("../../../infra/cli/session.ts")>()), openSession: openMemorySession };
});

async function run(world: TestWorld, ...words: string[]) {
  const outputs: Outputs = { stdout: "", stderr: "" };
  enter({ world }, outputs);
  const exitCode = await runCommand(words, {});
  return { exitCode, stdout: flat(outputs.stdout), stderr: flat(outputs.stderr) };
}

const asked = (world: TestWorld) => run(world, "backup", "nightly", "--key", "one", "--wait=0s");

/** A backup by hand whose first attempt has just ended without movies[0]. */
async function afterFailure(state: "PARTIAL" | "FAILED"): Promise<TestWorld> {
  const world = await newWorld();
  world.source.nextSnapshots({ state, failedIndex: "movies" });
  await asked(world);
  world.source.finishSnapshots();
  await tick(world);
  return world;
}

const SAID = /ended as \w+: 1 shard failed: movies\[0\].*; attempt 2 of 3 starts at 2026-11-21T02:30:00/;

it.each(["PARTIAL", "FAILED"] as const)(
  "after a %s attempt every view says which shard failed, why, and when the next one starts",
  async (state) => {
    const world = await afterFailure(state);
    const { exitCode, stdout, stderr } = await asked(world);
    expect([exitCode, stdout.includes(`ended as ${state}`)]).toEqual([6, true]);
    for (const text of [stdout, stderr]) expect(text.replace(/\s+/g, " ")).toMatch(SAID);
    const id = /^(backup-\S+)/.exec(stdout)?.[1] ?? "";
    for (const words of [["show", id], []]) expect((await run(world, "jobs", ...words)).stdout.replace(/\s+/g, " ")).toMatch(SAID);
    const { ask, door } = httpDoor(world);
    door.world = (opening) => world.open(opening);
    const { status, body } = await ask("GET", `/jobs/${id}`);
    expect([status, body]).toMatchObject([
      200,
      {
        state: "retrying",
        reason: {
          code: "backup.nextAttempt",
          params: {
            state,
            because: "backup.notGood",
            shardsFailed: 1,
            first: expect.stringMatching(/^movies\[0\].*: ./),
            attempt: 2,
            at: "2026-11-21T02:30:00.000Z",
          },
        },
      },
    ]);
  },
);

it("the notice of a slot whose attempts all failed says which shard failed last", async () => {
  const world = await afterFailure("PARTIAL");
  world.source.nextSnapshots({ state: "PARTIAL", failedIndex: "movies" }, { state: "PARTIAL", failedIndex: "movies" });
  for (let hour = 0; hour < 4; hour += 1) {
    world.advance(3_600_000);
    await tick(world);
    world.source.finishSnapshots();
    await tick(world);
  }
  expect(world.notices.filter(({ code }) => code === "backup.failed")).toMatchObject([
    { text: expect.stringMatching(/no good snapshot after 3 attempts; the last attempt ended as PARTIAL: movies\[0\].*: ./) },
  ]);
});
