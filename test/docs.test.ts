import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { EXIT } from "../infra/cli/exitCodes.ts";
import { buildProgram } from "../infra/cli/line/build.ts";

const text = readFileSync("docs/versions.md", "utf8");
const rows = text.split("\n").filter((line) => /^\| /.test(line) && !/^\|[-|]+\|$/.test(line));
const tested = rows.filter((row) => !/\| test \|$/.test(row));

describe("docs/versions.md", () => {
  it.each(tested)("names an existing test: %s", (row) => {
    const [, path = "", name = ""] = /\]\(\.\.\/(test\/\S+?)\) "([^"]+)" \|$/.exec(row) ?? [];
    expect(path, "the last cell is a link to a test and its name").not.toBe("");
    expect(readFileSync(path, "utf8")).toContain(name);
  });

  it("names every repository among the fixtures", () => {
    const fixtures = readdirSync("test/fixtures").filter((name) => /^(es|chain)-/.test(name));
    expect(fixtures.filter((name) => !new RegExp(`${name.replaceAll(".", "\\.")}(?![-\\w.])`).test(text))).toEqual([]);
  });

  it("is linked from the README", () => {
    expect(readFileSync("README.md", "utf8")).toContain("(docs/versions.md)");
  });
});

describe("docs/cli.md", () => {
  const cli = readFileSync("docs/cli.md", "utf8");

  it.each(Object.entries(EXIT))("documents exit code %s, and so does --help unless it is reserved", async (name, code) => {
    expect(cli).toMatch(new RegExp(`^\\| ${code} \\|`, "m"));
    const help: string[] = [];
    const program = buildProgram("ossnap", help, async () => undefined);
    await program.parseAsync(["--help"], { from: "user" }).catch(() => undefined);
    if (name !== "late") expect(help.join("")).toMatch(new RegExp(`\\b${code}  `));
  });

  it("is linked from the README", () => {
    expect(readFileSync("README.md", "utf8")).toContain("(docs/cli.md)");
  });
});
