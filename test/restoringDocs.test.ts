import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { runCommand } from "../infra/cli/program.ts";
import { enter } from "./golden/memorySession.ts";
import { servedTwice } from "./golden/rollbackCases.ts";
import { automaticWorld } from "./world/automatic.ts";

vi.mock("../infra/cli/session.ts", async (original) => {
  const { openMemorySession } = await import("./golden/memorySession.ts");
  return { ...(await original<typeof import("../infra/cli/session.ts")>()), openSession: openMemorySession };
});

const FENCE = "`".repeat(3);
const text = readFileSync("docs/restoring.md", "utf8");
const commands = [...text.matchAll(new RegExp(`${FENCE}sh\\n([^]*?)${FENCE}`, "g"))].flatMap(([, block = ""]) => block.trim().split("\n"));

describe("docs/restoring.md", () => {
  it.each(commands)("shows a command that runs: %s", async (line) => {
    const world = line.includes("es-cn-") || line.includes("shared list") ? await automaticWorld() : await servedTwice();
    const outputs = { stdout: "", stderr: "" };
    enter({ world }, outputs);
    if (line.includes("--repository backups")) await runCommand(["repositories", "register", "backups", "--apply"], {});
    expect(await runCommand(line.split(" ").slice(1), {}), outputs.stderr).toBe(0);
    expect(outputs.stdout).not.toBe("");
  });

  it("is linked from the README", () => {
    expect(readFileSync("README.md", "utf8")).toContain("(docs/restoring.md)");
  });
});
