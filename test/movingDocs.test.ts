import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { runCommand } from "../infra/cli/program.ts";
import { checkConfig } from "../shared/runtime/config/loadConfig.ts";
import { enter } from "./golden/memorySession.ts";
import { domainWorld } from "./golden/migrationCases.ts";
import { movingCommands, movingConfig } from "./world/movingDocs.ts";

vi.mock("../infra/cli/session.ts", async (original) => {
  const { openMemorySession } = await import("./golden/memorySession.ts");
  return { ...(await original<typeof import("../infra/cli/session.ts")>()), openSession: openMemorySession };
});

describe("docs/moving.md", () => {
  it("shows a configuration without faults and warnings", () => {
    const { faults, warnings } = checkConfig(JSON.stringify(movingConfig()), { S3_KEY: "key", S3_SECRET: "secret" });
    expect([faults, warnings]).toEqual([[], []]);
  });

  /** The whole way runs in test/live/amazonSource.test.ts. */
  it.each(movingCommands().filter((line) => !/--wait|verify/.test(line)))("shows a command that runs: %s", async (line) => {
    const outputs = { stdout: "", stderr: "" };
    enter({ world: await domainWorld() }, outputs);
    expect(await runCommand(line.split(" ").slice(1), {}), outputs.stderr).toBe(0);
    expect(outputs.stdout).not.toBe("");
  });

  it("is linked from the README", () => {
    expect(readFileSync("README.md", "utf8")).toContain("(docs/moving.md)");
  });
});
