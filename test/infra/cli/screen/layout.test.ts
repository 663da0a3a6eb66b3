import { execFileSync } from "node:child_process";
import fc from "fast-check";

import { describe, expect, it } from "vitest";
import { OWN_COLOUR, withColours } from "../../../../infra/cli/screen/colour.ts";
import { COLUMNS, commandLines, cutMiddle, screenText, widthOf, wrapped } from "../../../../infra/cli/screen/layout.ts";
import { type Look, marked } from "../../../../infra/cli/screen/look.ts";
import { type Column, tableLines } from "../../../../infra/cli/screen/table.ts";
import { shellLine } from "../../../../shared/words/command.ts";
import { terminalColumns } from "../../../golden/terminalColumns.ts";

const look: Look = { colour: false, unicode: true, now: new Date("2026-11-21T04:30:00Z"), program: "ossnap" };

const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.string({ unit: fc.constantFrom(..."ab-2 …备份हिन्दीé\u0301\u200d👩🏽‍🚀\u001b[31m\n\t`\\'".split("")), maxLength: 400 }),
  fc.integer({ min: 0, max: 99 }).map((number) => `nightly-${"logs-".repeat(40)}${number}-${"x".repeat(60)}`),
);
const widest = (lines: readonly string[]) => Math.max(0, ...lines.map((line) => terminalColumns(line)));

describe("a table", () => {
  const columns: Column[] = [
    { head: "NAME", name: true },
    { head: "STATE" },
    { head: "BLOBS", align: "right" },
    { head: "BECAUSE", sentence: true },
  ];

  it("is at most 100 columns wide, whatever stands in it, and keeps different names different", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(hostile, hostile, hostile, hostile), { maxLength: 8 }), hostile, (rows, sentence) => {
        const lines = tableLines(
          columns,
          rows.map((cells) => ({ cells, below: [sentence] })),
          look,
        );
        expect(widest(lines)).toBeLessThanOrEqual(COLUMNS);
        expect(lines.join("")).not.toMatch(/[\n\r\t]/);
      }),
      { numRuns: 60 },
    );
  });

  it("keeps different names different when it cuts them, and says that it does", () => {
    const name = fc
      .tuple(fc.integer({ min: 0, max: 30 }), fc.constantFrom("", "…", "…1…"))
      .map(([number, sign]) => `${"a".repeat(80)}${sign}${number}${"z".repeat(80)}`);
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 20 }), (names) => {
        const lines = tableLines(
          [{ head: "NAME", name: true }, { head: "WHEN" }],
          names.map((one) => [one, "now"]),
          look,
        );
        const rows = lines.filter((line) => / {2}now$/.test(line));
        expect(new Set(rows).size).toBe(names.length);
        expect(lines.at(-1)).toBe("(… stands for what is left out here; --json has it whole)");
      }),
      { numRuns: 40 },
    );
  });

  it("cuts a name in the middle and shows it whole below its row, in one piece to be copied", () => {
    const columns = [{ head: "NAME", name: true }, { head: "WHEN" }, { head: "BY", name: true }];
    expect(tableLines(columns, [["nightly-20261121t013000z", "now", "li (terminal of the night shift)"]], look, 42)).toEqual([
      "NAME               WHEN  BY",
      "nightly-…t013000z  now   li (term…t shift)",
      "    nightly-20261121t013000z",
      "    BY: li (terminal of the night shift)",
    ]);
  });

  it("says that something is left out only where it stands nowhere whole: a cell that is no name, or a name longer than a line", () => {
    const said = (head: string, cell: string, isName: boolean) =>
      tableLines([{ head, name: isName }, { head: "WHEN" }], [[cell, "now"]], look)
        .at(-1)
        ?.startsWith("(");
    expect([said("NAME", "a".repeat(95), true), said("NAME", "a".repeat(99), true), said("WHY", "a".repeat(95), false)]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it("puts a sentence below its row where no column is left for it", () => {
    const lines = tableLines(
      [
        { head: "NAME", name: true },
        { head: "BECAUSE", sentence: true },
      ],
      [["n".repeat(70), "why ".repeat(20).trim()]],
      look,
    );
    expect(lines).toEqual(["NAME", "n".repeat(70), `    ${"why ".repeat(20).trim()}`]);
  });

  it("breaks a sentence within its column otherwise", () => {
    const lines = tableLines(
      [
        { head: "NAME", name: true },
        { head: "BECAUSE", sentence: true },
      ],
      [["n".repeat(40), "why ".repeat(20).trim()]],
      look,
    );
    expect(lines.slice(1)).toEqual([`${"n".repeat(40)}  ${"why ".repeat(14).trim()}`, `${" ".repeat(42)}${"why ".repeat(6).trim()}`]);
  });

  it("cuts no secret in half: it is hidden before", () => {
    const redact = (text: string) => text.replaceAll("s3cr3t-s3cr3t", "[secret]");
    const lines = tableLines([{ head: "NAME", name: true }], [[`${"a".repeat(45)}s3cr3t-s3cr3t${"b".repeat(60)}`]], { ...look, redact });
    expect(lines.join("\n")).not.toMatch(/s3cr|r3t/);
    expect(screenText(`${"a ".repeat(46)}s3cr3t-s3cr3t`, { ...look, redact })).not.toMatch(/s3cr|r3t/);
  });
});

describe("the width of a text", () => {
  // As glibc's wcwidth() has them, but pictures, which terminals draw as one.
  it.each([
    ["nightly", 7],
    ["备份", 4],
    ["हिन्दी", 5],
    ["சென்னை", 5],
    ["กำลัง", 4],
    ["e\u0301", 1],
    ["\u1112\u1161\u11ab", 2],
    ["👩🏽‍🚀", 2],
    ["🇨🇳", 2],
  ])("of %j is %i columns", (text, columns) => {
    expect(widthOf(text)).toBe(columns);
  });
});

describe("a cut text", () => {
  it.each([
    ["short", 9, "short"],
    ["abcdefghij", 5, "ab…ij"],
    ["备份备份备份", 7, "备…份"],
    ["abc", 0, "…"],
  ])("of %j to %i columns is %j", (text, width, cut) => {
    expect(cutMiddle(text, width)).toBe(cut);
  });

  it("keeps its colours complete", () => {
    const text = marked({ ...look, colour: true }, "good", "a".repeat(40));
    const codes = (one: string) => one.match(new RegExp(OWN_COLOUR.source, "g"));
    expect(codes(cutMiddle(text, 9))).toEqual(codes(text));
    expect(terminalColumns(withColours(cutMiddle(text, 9)))).toBe(9);
  });
});

describe("a sentence on the screen", () => {
  it("is at most 100 columns wide and loses nothing", () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 0, max: 200 }), (text, blanks) => {
        const plain = text.replaceAll("`", "'");
        const shown = screenText(" ".repeat(blanks) + plain, look);
        expect(widest(shown.split("\n"))).toBeLessThanOrEqual(COLUMNS);
        // A word that looks like a mark is spelled out where it begins a line.
        const spelled = (_: string, digits: string) => String.fromCharCode(Number.parseInt(digits, 16));
        const bare = (one: string) => one.replace(/\s/g, "").replace(/\\u([0-9a-f]{4})/g, spelled);
        expect(bare(shown)).toBe(bare(screenText(plain, { ...look, program: "ossnap" })));
      }),
      { numRuns: 60 },
    );
  });

  it("continues a long line with a deeper indentation", () => {
    expect(wrapped("one two three", { width: 8, indent: 2 })).toEqual(["one two", "  three"]);
    expect(wrapped("abcdefghij", { width: 6, indent: 2 })).toEqual(["abcd", "  efgh", "  ij"]);
  });

  it("never breaks a command so that the shell would read another one", () => {
    const word = fc.oneof(fc.string({ unit: fc.constantFrom(..."ab'\" $\\*-é"), maxLength: 30 }), fc.constant("--repository"));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 30 }), (words) => {
        const lines = commandLines(shellLine(["printf", "%s\\n", ...words]), 60);
        const whole = execFileSync("/bin/sh", ["-c", shellLine(["printf", "%s\\n", ...words])], { encoding: "utf8" });
        expect(execFileSync("/bin/sh", ["-c", lines.join("\n")], { encoding: "utf8" })).toBe(whole);
      }),
      { numRuns: 20 },
    );
  });

  it("puts a long command on lines of its own", () => {
    const command = `ossnap restore ${"snap ".repeat(20)}--start`;
    expect(screenText(`Nothing was changed. To do it:  ${command}`, look).split("\n")).toEqual([
      "Nothing was changed. To do it:",
      `  ossnap restore ${"snap ".repeat(16)}\\`,
      `    ${"snap ".repeat(4)}--start`,
    ]);
  });
});

describe("a text of megabytes", () => {
  const megabytes = 3_000_000;

  it.each([
    ["letters", "n"],
    ["wide letters", "備"],
    ["emoji", "👩🏽‍🚀"],
    ["hidden characters", "\u202e"],
  ])("is shown cut and with its length, within 5 s, when one word of it has millions of %s", (_, letter) => {
    const word = letter.repeat(megabytes / letter.length);
    const shown = screenText(`the name is ${word}, and more`, look);
    expect(shown).toMatch(/…\s+\(\d+\s+characters\)/);
    expect(shown.length).toBeLessThan(5_000);
    expect(shown).toContain("and more");
    const table = tableLines([{ head: "NAME", name: true }, { head: "WHEN" }], [[word, "now"]], look);
    expect(widest(table)).toBeLessThanOrEqual(COLUMNS);
  });

  it("keeps its colours complete when it is cut in the middle", () => {
    const lookInColour = { ...look, colour: true };
    const text = `${marked(lookInColour, "bad", "b".repeat(5_000))} ${marked(lookInColour, "good", "g".repeat(5_000))}`;
    const colours = (shown: string) => shown.match(new RegExp(OWN_COLOUR.source, "g"))?.length;
    expect(colours(cutMiddle(text, 20))).toBe(colours(text));
    expect(colours(screenText(text, lookInColour))).toBe(colours(text));
  });

  it("tells apart a thousand names that look the same when they are cut", () => {
    const names = Array.from({ length: 1_000 }, (_, at) => `${"a".repeat(400)}${at}${"z".repeat(400)}`);
    const lines = tableLines(
      [{ head: "NAME", name: true }, { head: "WHEN" }],
      names.map((name) => [name, "now"]),
      look,
    );
    expect(new Set(lines.filter((line) => / {2}now$/.test(line))).size).toBe(names.length);
  });
});
