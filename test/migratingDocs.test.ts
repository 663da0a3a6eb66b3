import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { runCommand } from "../infra/cli/program.ts";
import { checkConfig } from "../shared/runtime/config/loadConfig.ts";
import { enter } from "./golden/memorySession.ts";
import { cutWorld, migratingWorld, syncedWorld } from "./world/migrating.ts";
import { migratingCommands, withMigratingEntry } from "./world/migratingDocs.ts";

vi.mock("../infra/cli/session.ts", async (original) => {
  const { openMemorySession } = await import("./golden/memorySession.ts");
  return { ...(await original<typeof import("../infra/cli/session.ts")>()), openSession: openMemorySession };
});

const ENVIRONMENT = Object.fromEntries([
  ...["SOURCE", "TARGET"].flatMap((side) => [
    [`${side}_URL`, "http://127.0.0.1:9200"],
    [`${side}_LOCATION`, `/srv/${side.toLowerCase()}`],
  ]),
  ...["OSS", "S3"].map((store) => [`${store}_ENDPOINT`, "http://127.0.0.1:9411"]),
  ...["S3_KEY", "S3_SECRET", "WEBHOOK_SECRET"].map((name) => [name, "planted"]),
  ["WEBHOOK_URL", "https://hooks.example.com/"],
  ...["OPERATOR", "VIEWER"].map((role, at) => [`${role}_TOKEN_SHA256`, String(at).repeat(64)]),
] as [string, string][]);

describe("docs/migrating.md", () => {
  it("shows an entry without faults beside the example configuration", () => {
    const example = readFileSync("ossnap.yaml", "utf8");
    const { faults, config } = checkConfig(withMigratingEntry(example), { ...ENVIRONMENT, TARGET_URL: "http://127.0.0.1:9201" });
    expect([faults, Object.keys(config?.migrations ?? {})]).toEqual([[], ["movies"]]);
  });

  /** Those that wait run in test/live/migration.long.test.ts. */
  it.each(migratingCommands().filter((line) => !line.includes("--wait")))("shows a command that runs: %s", async (line) => {
    const outputs = { stdout: "", stderr: "" };
    const world = line.includes("rollback") ? await cutWorld() : line.includes("cutover") ? await syncedWorld() : await migratingWorld();
    enter({ world }, outputs);
    expect(await runCommand(line.split(" ").slice(1), {}), outputs.stderr).toBe(0);
    expect(outputs.stdout).toContain("movies");
  });

  it("is linked from the README", () => {
    expect(readFileSync("README.md", "utf8")).toContain("(docs/migrating.md)");
  });
});
