import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonLine } from "../../../infra/cli/answer.ts";
import { OWN_COLOUR, painted, withColours } from "../../../infra/cli/screen/colour.ts";
import { tableLines } from "../../../infra/cli/screen/table.ts";
import { oneLine, safeJson, severalLines } from "../../../shared/model/plainText.ts";
import { reason } from "../../../shared/model/reason.ts";
import { json } from "../../../shared/runtime/http/problem.ts";
import { say } from "../../../shared/words/say.ts";
import { FIXTURES, runCli } from "./runCli.ts";

/** Erases the line and claims success; C1, a change of direction, a line separator. */
const FORGED = "snap\u001b[2K\r\u009b31m\u202egnp\u2028✓ whole";
/** The sign of a verdict is spelled out in a value, not in a text of ours. */
const SPELLED = "snap\\u001b[2K\\u000d\\u009b31m\\u202egnp\\u2028\\u2713 whole";
const SHOWN = "snap\\u001b[2K\\u000d\\u009b31m\\u202egnp\\u2028✓ whole";
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be printed.
const UNSAFE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

describe("text from outside", () => {
  it("is shown with its controls and marks spelled out, on one line", () => {
    expect(oneLine(FORGED)).toBe(SPELLED);
    expect(oneLine("a\nb\tc")).toBe("a\\u000ab\\u0009c");
    expect(oneLine("größe 中文 ✓")).toBe("größe 中文 \\u2713");
  });

  it.each([
    ["tag characters", "snap\u{e0041}", "snap\\udb40\\udc41"],
    ["an unassigned tag", "snap\u{e0000}", "snap\\udb40\\udc00"],
    ["a filler", "snap\u3164", "snap\\u3164"],
    ["a joiner of letters", "a\u200db", "a\\u200db"],
    ["a variation of a letter", "a\ufe0f1\ufe0f", "a\\ufe0f1\\ufe0f"],
    ["a supplementary variation", "a\u{e0101}", "a\\udb40\\udd01"],
    ["half a character", "a\ud800b", "a\\ud800b"],
    ["a separator of paragraphs", "a\u2029b", "a\\u2029b"],
  ])("%s are spelled out", (_, text, shown) => {
    expect([oneLine(text), severalLines(text)]).toEqual([shown, shown]);
    expect(JSON.parse(safeJson(JSON.stringify({ text })))).toEqual({ text });
    expect(safeJson(JSON.stringify({ text }))).toContain(shown);
  });

  it.each(["👩‍🚀", "❤️", "1️⃣", "🏳️‍🌈", "👍🏽", "größe 中文"])("%s is shown as it is", (text) => {
    expect([oneLine(text), severalLines(text), safeJson(text)]).toEqual([text, text, text]);
  });

  it("keeps lines and our own colours where there are several lines", () => {
    const own = painted("✓ one", [32, 39]);
    const text = `${own}\n${FORGED} \u001b[8mhidden \u001b[32m✓ forged`;
    const shown = `${SHOWN} \\u001b[8mhidden \\u001b[32m✓ forged`;
    expect(severalLines(text, OWN_COLOUR)).toBe(`${own}\n${shown}`);
    expect(withColours(severalLines(text, OWN_COLOUR))).toBe(`\u001b[32m✓ one\u001b[39m\n${shown}`);
    expect(severalLines(text)).toBe(`${own.replaceAll("\u001b", "\\u001b")}\n${shown}`);
  });

  it("cannot forge a line in a reason, a table, or JSON for programs", () => {
    expect(say(reason("snapshot.foreign", { snapshot: `a\n✓ ${FORGED}` }))).toBe(
      `a\\u000a\\u2713 ${SPELLED} exists and was written by another writer`,
    );
    expect(tableLines([{ head: "NAME", name: true }], [["a\n✓ whole"]])).toEqual(["NAME", "a\\u000a\\u2713 whole"]);
    for (const text of [jsonLine({ name: FORGED }, "ossnap"), json(200, { name: FORGED }).body]) {
      expect(text).not.toMatch(UNSAFE);
      expect(JSON.parse(text)).toEqual({ name: FORGED });
    }
  });
});

describe("a repository whose names would drive a terminal", { timeout: 60_000 }, () => {
  let directory = "";
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "forged-"));
    await cp(join(FIXTURES, "es-5.5.2-migration/step2"), directory, { recursive: true });
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const rename = async (name: string) => {
    const path = join(directory, "index-1");
    const root = JSON.parse(await readFile(join(FIXTURES, "es-5.5.2-migration/step2/index-1"), "utf8"));
    for (const snapshot of root.snapshots) if (snapshot.name === "snap-1") snapshot.name = name;
    await writeFile(path, JSON.stringify(root));
  };

  it.each([["snapshots"], ["verify"]])("is printed by %s without them", async (verb) => {
    await rename("snap\u001b[2K\u009b31m\u202e1");
    for (const line of [
      [verb, `file://${directory}`],
      [verb, `file://${directory}`, "--json"],
    ]) {
      const { stdout, stderr } = await runCli(line);
      expect(`${stdout}${stderr}`).not.toMatch(UNSAFE);
      expect(stdout).toContain("\\u009b31m\\u202e1");
    }
  });

  it.each([["snapshots"], ["verify"]])("is printed by %s on one line when a name has an end of line", async (verb) => {
    await rename("snap-1\n✓ everything is whole");
    const { stdout, stderr } = await runCli([verb, `file://${directory}`]);
    expect(`${stdout}${stderr}`).not.toMatch(/^\s*✓ everything/m);
    expect(stdout).toMatch(/snap-1\\u000a\\u2713 every/);
    expect(stdout).toContain("snap-2");
  });
});
