import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { EXIT } from "../infra/cli/exitCodes.ts";
import { runCli } from "./infra/cli/runCli.ts";

const text = readFileSync("docs/rights.md", "utf8");
const commands = [...text.matchAll(/^ossnap (.+)$/gm)].map(([, line = ""]) => line.split(" "));

describe("docs/rights.md", () => {
  it.each(commands.map((words) => [words.join(" "), words] as const))(
    "`ossnap %s` prints policies without any variable",
    async (_line, words) => {
      const { exitCode, stdout } = await runCli(["--env-file", "/dev/null", ...words]);
      expect(exitCode).toBe(EXIT.ok);
      expect(stdout).toContain("oss:ListObjects");
    },
  );

  it("names every document that can be printed alone", async () => {
    const { stdout } = await runCli(["--json", "policies"]);
    const documents = Object.keys(JSON.parse(stdout).data).filter((name) => text.includes(`\`${name}\``));
    expect(documents).toEqual(["trust", "workers", "http", "terminal", "deployer"]);
  });
});
