import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import * as yaml from "yaml";
import { runCommand } from "../infra/cli/program.ts";
import { configSchema } from "../shared/runtime/config/schema.ts";
import { enter } from "./golden/memorySession.ts";
import { newWorld } from "./golden/stages.ts";

vi.mock("../infra/cli/session.ts", async (original) => {
  const { openMemorySession } = await import("./golden/memorySession.ts");
  return { ...(await original<typeof import("../infra/cli/session.ts")>()), openSession: openMemorySession };
});

const text = readFileSync("docs/backups.md", "utf8");
const FENCE = "`".repeat(3);
const blocks = (language: string) =>
  [...text.matchAll(new RegExp(`${FENCE}${language}\\n([^]*?)${FENCE}`, "g"))].map(([, block = ""]) => block);

describe("docs/backups.md", () => {
  it("shows a policy that the schema accepts", () => {
    const [example = ""] = blocks("yaml");
    const { backups } = yaml.parse(example) as { backups: object };
    const config = { version: 1, state: { bucket: "state" }, clusters: {}, backups };
    expect(configSchema.safeParse(config).error?.issues ?? []).toEqual([]);
  });

  it.each(blocks("yaml").slice(1))("shows a part of a policy that the schema accepts: %s", (part) => {
    const policy = { repository: "movies-aws", indices: ["*"], keep: { daily: 7 }, ...(yaml.parse(part) as object) };
    const config = { version: 1, state: { bucket: "state" }, clusters: {}, backups: { nightly: policy } };
    expect(configSchema.safeParse(config).error?.issues ?? []).toEqual([]);
  });

  it.each(blocks("sh").flatMap((block) => block.trim().split("\n")))("shows a command that runs: %s", async (line) => {
    const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
    const outputs = { stdout: "", stderr: "" };
    enter({ world: await newWorld() }, outputs);
    expect(await runCommand(words.slice(1), {}), outputs.stderr).toBe(0);
    expect(outputs.stdout).not.toBe("");
  });

  it("is linked from the README", () => {
    expect(readFileSync("README.md", "utf8")).toContain("(docs/backups.md)");
  });
});
