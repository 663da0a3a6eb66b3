import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { screenText } from "../../../infra/cli/screen/layout.ts";
import { tableLines } from "../../../infra/cli/screen/table.ts";
import { hasHiddenCharacter, oneLine, severalLines, shownValue } from "../../../shared/model/plainText.ts";
import { reason } from "../../../shared/model/reason.ts";
import { redactor } from "../../../shared/runtime/redact.ts";
import { shellWord } from "../../../shared/words/command.ts";
import { say } from "../../../shared/words/say.ts";
import { FIXTURES, runCli } from "./runCli.ts";

const LOOK = { colour: false, unicode: true, now: new Date(0), program: "ossnap" };
/** A sign of a verdict, and only blanks of any kind before it. */
const FORGED = /^\s*[✓✗✔✘] ?FORGED|^\s*(?:ok|x|!) FORGED/mu;

/** Names that put `sign FORGED` at the start of a line: by blanks, by the width of a line, by the width of what stands before them. */
const NAMES = ["✓", "✗", "✔", "ok", "x", "!"].flatMap((sign) => [
  `${sign} FORGED`,
  `   ${sign} FORGED leading blanks`,
  `\u3000\u3000${sign} FORGED wide blanks`,
  `\u2800${sign} FORGED Braille`,
  `${"\u00a0".repeat(97)}${sign} FORGED no-break`,
  `${"y".repeat(60)}${" ".repeat(72)}${sign} FORGED`,
  ...[30, 60, 86, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100].map((length) => `${"y".repeat(length)} ${sign} FORGED`),
  ...[86, 90, 92, 94, 96].map((length) => `${"y".repeat(length)}${/\w|!/.test(sign) ? "" : sign} FORGED`),
]);

describe("a name from outside", () => {
  it("has every blank but the plain one spelled out, wherever it stands", () => {
    for (const blank of "\u00a0\u1680\u2000\u2007\u200a\u202f\u205f\u2800\u3000") {
      const shown = `a\\u${blank.charCodeAt(0).toString(16).padStart(4, "0")}b`;
      expect([oneLine(`a${blank}b`), severalLines(`a${blank}b`)]).toEqual([shown, shown]);
      expect(shellWord(`a${blank}b`)).toMatch(/^\$'a(?:\\x[0-9a-f]{2})+b'$/);
    }
    expect(hasHiddenCharacter("a\u3000b")).toBe(false);
  });

  it("has blanks at its start and runs of them spelled out, and single ones kept", () => {
    expect(shownValue("  a b  c ")).toBe("\\u0020\\u0020a b\\u0020\\u0020c ");
    expect(shownValue("ok whole")).toBe("\\u006fk whole");
  });

  it("is given to a shell as it is, whatever the screen makes of it", () => {
    const found = say(reason("record.unread", { key: "live/a  b", id: "x" }));
    expect(found).not.toContain("  ");
    expect(shellWord(" a  b")).toBe("' a  b'");
  });

  it.each(NAMES)("never stands behind a sign on a line of its own: %j", (name) => {
    const table = tableLines(
      [{ head: "NAME", name: true }, { head: "VERDICT" }],
      [{ cells: [name, "damaged"], below: [`missing  ${name}`] }],
      LOOK,
    );
    const said = say(reason("snapshot.foreign", { snapshot: name }));
    const unsaid = say(reason("no.such.code", { snapshot: name, snapshots: [name, name] }));
    expect(
      [...table, screenText([said, unsaid, `✗ ${said}`, `repository ${oneLine(name)}: is wrong`].join("\n"), LOOK)].join("\n"),
    ).not.toMatch(FORGED);
  });

  it("that is a secret is redacted in the form in which it is shown", () => {
    const secret = "  pass  ✓ word";
    expect(redactor([secret])(`it is ${shownValue(secret)}`)).toBe("it is [secret]");
  });
});

describe("a sign of ours", () => {
  it("stays where it begins a line", () => {
    expect(screenText(`✓ ${"word ".repeat(40).trim()}\n  ✗ two`, LOOK)).toMatch(/^✓ word.*\n {2}✗ two$/s);
  });
});

describe("a repository whose names are written to forge lines", { timeout: 60_000 }, () => {
  let directory = "";
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "strangers-"));
    await cp(join(FIXTURES, "es-5.5.2-migration/step2"), directory, { recursive: true });
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it.each([
    ["leading blanks", "   ✓ FORGED"],
    ["wide blanks", "\u3000✓ FORGED"],
    ["a line's width", `${"y".repeat(60)}         ✓ FORGED`],
  ])("gets no line of its own by %s, in a table or in progress", async (_, name) => {
    const root = JSON.parse(await readFile(join(FIXTURES, "es-5.5.2-migration/step2/index-1"), "utf8"));
    root.snapshots[0].name = name;
    await writeFile(join(directory, "index-1"), JSON.stringify(root));
    for (const verb of ["snapshots", "verify"]) {
      const { stdout, stderr } = await runCli([verb, `file://${directory}`]);
      expect(`${stdout}\n${stderr}`).not.toMatch(FORGED);
      expect(stderr).not.toMatch(/^\s+\\u2713/m);
      expect(stdout).toContain("\\u2713 FORGED");
    }
  });
});
