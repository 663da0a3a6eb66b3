import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { oneLine } from "../../shared/model/plainText.ts";
import { shellLine, shellWord, spelled } from "../../shared/words/command.ts";
import { say } from "../../shared/words/say.ts";

/** Any text except NUL, which no argument can contain; rich in what a shell interprets. */
const word = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }).map((text) => text.replaceAll("\0", "")),
  fc.string({ unit: fc.constantFrom(..."'\"\\$`!*?[]{}()<>|&;~#=%+-., \t\n\rab1é备"), maxLength: 12 }),
);

/** The arguments that a shell passes on for a line. */
function argumentsOf(line: string, shell: string): string[] {
  const script = `${shellWord(process.execPath)} -e 'process.stdout.write(JSON.stringify(process.argv.slice(1)))' -- ${line}`;
  return JSON.parse(execFileSync(shell, ["-c", script], { encoding: "utf8" }));
}

describe("a printed command line", () => {
  it.each([
    ["/bin/sh", (text: string) => [...text].filter((one) => oneLine(one) === one).join("")],
    ["/bin/bash", (text: string) => text],
  ])("gives %s exactly the words that it was made of, on one line", (shell, known) => {
    fc.assert(
      fc.property(fc.array(fc.array(word, { maxLength: 30 }), { minLength: 1, maxLength: 1 }), ([words = []]) => {
        const given = words.map(known);
        expect(shellLine(given)).not.toMatch(/[\n\r]/);
        expect(argumentsOf(shellLine(given), shell)).toEqual(given);
      }),
      { numRuns: 15 },
    );
  });

  it.each([
    ["nightly", "nightly"],
    ["--wait=30m", "--wait=30m"],
    ["*,-.*", "'*,-.*'"],
    ["it's", "'it'\\''s'"],
    ["", "''"],
    ["=ls", "'=ls'"],
    ["~", "'~'"],
    ["a\n✓ it's", "$'a\\x0a\\xe2\\x9c\\x93 it\\x27s'"],
  ])("shows %j as %s", (text, shown) => {
    expect(shellWord(text)).toBe(shown);
  });

  it("stands in a sentence with its parameters quoted, a list as several words", () => {
    const params = { policy: "a b", hash: "$(rm)", remove: "{policy}" };
    expect(say({ code: "prune.notApplied", params })).toContain("To apply it once: `ossnap prune 'a b' --apply '$(rm)'`");
    expect(say({ code: "prune.notApplied", params })).toContain("would remove {policy}");
  });

  it("in a sentence names the program that the reader has", () => {
    const program = "npm run -s ossnap -- --config '$&.yaml'";
    expect(spelled("run: `ossnap init`, then `ossnap adopt --yes`; ossnap itself stays", program)).toBe(
      `run: \`${program} init\`, then \`${program} adopt --yes\`; ossnap itself stays`,
    );
  });
});
