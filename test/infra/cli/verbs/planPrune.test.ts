import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { runCommand } from "../../../../infra/cli/program.ts";
import { enter } from "../../../golden/memorySession.ts";
import { nights } from "../../../golden/stages.ts";
import { inDirectory } from "../runCli.ts";

vi.mock("../../../../infra/cli/session.ts", async (original) => {
  const { openMemorySession } = await import("../../../golden/memorySession.ts");
  return { ...(await original<typeof import("../../../../infra/cli/session.ts")>()), openSession: openMemorySession };
});

interface Plan {
  keep: { name: string; reasons: { code: string }[] }[];
  remove: { name: string }[];
}

async function planned(file: string, ...rules: string[]): Promise<Plan> {
  const { stdout } = await ran("plan-prune", "--snapshots", file, "--time-zone", "UTC", "--json", ...rules);
  return (JSON.parse(stdout) as { data: Plan }).data;
}

async function ran(...words: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const outputs = { stdout: "", stderr: "" };
  enter({ world: await nights(4) }, outputs);
  return { exitCode: await runCommand(words, {}), ...outputs };
}

describe("a history on paper", () => {
  it("may be the answer of Elasticsearch to GET _snapshot", async () => {
    const { keep, remove } = await planned("test/fixtures/histories/getSnapshot.json", "--keep-last", "1", "--keep-last-of-index", "1d");
    expect(keep.map(({ name, reasons }) => [name, reasons.map(({ code }) => code)])).toEqual([
      ["curator-24", ["keep.newest", "keep.last"]],
      ["curator-23", ["keep.lastOfIndex"]],
      ["curator-22", ["keep.lastOfIndex"]],
    ]);
    expect(remove.map(({ name }) => name)).toEqual(["curator-21"]);
  });

  it("may begin with a byte order mark, as some editors write it", async () => {
    await inDirectory(async (directory) => {
      const file = join(directory, "marked.json");
      writeFileSync(file, `\ufeff${readFileSync("test/fixtures/histories/getSnapshot.json", "utf8")}`);
      const { remove } = await planned(file, "--keep-last", "1", "--keep-last-of-index", "1d");
      expect(remove.map(({ name }) => name)).toEqual(["curator-21"]);
    });
  });

  it("may be what `ossnap snapshots --json` prints", async () => {
    await inDirectory(async (directory) => {
      const file = join(directory, "snapshots.json");
      writeFileSync(file, (await ran("snapshots", "--json")).stdout);
      const { keep, remove } = await planned(file, "--keep-daily", "3");
      expect([keep.length, remove.map(({ name }) => name)]).toEqual([3, ["nightly-20261121t013000z-1-88f81"]]);
    });
  });

  it("is refused with a protection of no length, which would not say what it means", async () => {
    const file = "test/fixtures/histories/getSnapshot.json";
    const { exitCode, stderr } = await ran("plan-prune", "--snapshots", file, "--keep-last", "1", "--keep-last-of-index", "0d");
    expect([exitCode, stderr.replace(/\s+/g, " ")]).toEqual([2, expect.stringContaining('"0d" is not a duration above 0; write 30d')]);
    expect((await planned(file, "--keep-last", "1", "--keep-last-of-index", "never")).remove).toHaveLength(3);
  });

  it("that has another shape is refused with its faults", async () => {
    await inDirectory(async (directory) => {
      const file = join(directory, "snapshots.json");
      writeFileSync(file, JSON.stringify({ snapshots: [{ snapshot: "a", state: "FINE", start_time: "today", indices: [] }] }));
      const { exitCode, stderr } = await ran("plan-prune", "--snapshots", file, "--keep-daily", "3");
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(/entry 1: state/);
    });
  });
});
