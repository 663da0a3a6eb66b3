import { describe, expect, it, vi } from "vitest";
import { runCommand } from "../../../../infra/cli/program.ts";
import { enter } from "../../../golden/memorySession.ts";
import { movedWorld } from "../../../golden/stages.ts";
import { tick } from "../../../world/nightly.ts";
import { MINUTE_MS, MOVED } from "../../../world/world.ts";

vi.mock("../../../../infra/cli/session.ts", async (original) => {
  const { openMemorySession } = await import("../../../golden/memorySession.ts");
  return { ...(await original<typeof import("../../../../infra/cli/session.ts")>()), openSession: openMemorySession };
});

describe("jobs show of a restore that is done", () => {
  it("has the documents and the mapping of each index, and what the source holds", async () => {
    const world = await movedWorld(({ repositories }) => {
      if (repositories.backups) repositories.backups.blobs = MOVED;
    });
    world.source.putIndex("fx-orders", { documents: 5 });
    const run = async (...words: string[]) => {
      const outputs = { stdout: "", stderr: "" };
      enter({ world }, outputs);
      expect(await runCommand(words, {})).toBe(0);
      return outputs.stdout;
    };
    const started = await run(
      "restore",
      "snap-1",
      "--repository",
      "moved-movies",
      "--to",
      "target",
      "--indices",
      "fx-orders",
      "--start",
      "--json",
    );
    for (let look = 0; look < 12; look += 1) {
      world.target.finishRestores();
      await tick(world);
      world.advance(MINUTE_MS);
    }
    const shown = await run("jobs", "show", /restore-[0-9a-f]+/.exec(started)?.[0] ?? "");
    expect(shown.replace(/\s+/g, " ")).toMatch(
      /fx-orders as fx-orders-\S+: 3 documents, mapping [0-9a-f]{16} as in the snapshot, source: 5 /,
    );
  });
});
