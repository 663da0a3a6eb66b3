import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FIXTURES, inDirectory, runCli, writeConfig } from "./runCli.ts";

const REPOSITORY = `file://${join(FIXTURES, "es-5.5.2-migration", "step2")}`;
const LINES = [
  ["snapshots", REPOSITORY],
  ["snapshots", REPOSITORY, "--json"],
  ["verify", REPOSITORY, "--json"],
];
/** Each run reports its own time. */
const timeless = (text: string) => text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z|\d+(\.\d+)? m?s\b|\d+ \w+ ago/g, "T");

describe("a secret that is a word or a number of the answer", () => {
  it.each(LINES)("changes nothing: %s %s %s", { timeout: 60_000 }, async (...words) => {
    const line = words.filter((word) => word !== undefined);
    const secrets = { BUILD_SECRET: "1", MY_TOKEN: "null", ES_PASSWORD: "snapshot", AWS_SECRET_ACCESS_KEY: "snapshot", OSS_SECRET: "1" };
    const [plain, hidden] = await Promise.all([runCli(line), runCli(line, { env: secrets })]);
    expect([timeless(hidden.stdout), hidden.exitCode]).toEqual([timeless(plain.stdout), plain.exitCode]);
    expect(plain.exitCode).toBe(0);
    if (line.includes("--json")) expect(JSON.parse(hidden.stdout)).toMatchObject({ ossnap: expect.any(String) });
  });

  it("does not rename a policy in what is printed", { timeout: 60_000 }, async () => {
    await inDirectory(async (directory) => {
      const policy = '  weekly-2026: { repository: movies, indices: ["*"], schedule: { cron: "0 30 1 * * MON" }, keep: { daily: 7 } }';
      const config = await writeConfig(directory, policy);
      const env = { SOURCE_PASSWORD: "weekly-2026" };
      expect((await runCli(["init", "--config", config], { env })).exitCode).toBe(0);
      const { stdout, stderr } = await runCli(["status", "--config", config], { env });
      expect(stdout).toContain("weekly-2026");
      expect(stdout + stderr).not.toContain("[secret]");
    });
  });
});
