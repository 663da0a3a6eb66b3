import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

import { describe, expect, it } from "vitest";
import { COLUMNS } from "../../../../infra/cli/screen/layout.ts";
import { portsFrom } from "../../../../infra/local/host/plan.ts";
import { terminalScreen } from "../../../../infra/local/story/screen.ts";
import { reason } from "../../../../shared/model/reason.ts";
import { fateText } from "../../../../shared/words/fateText.ts";
import { terminalColumns } from "../../../golden/terminalColumns.ts";

/** Every line that the screen writes to a file. */
function linesOf(write: (screen: ReturnType<typeof terminalScreen>) => void): string[] {
  let text = "";
  const stream = {
    isTTY: false,
    write(part: string) {
      text += part;
      return true;
    },
  };
  write(terminalScreen(stream as unknown as NodeJS.WriteStream));
  // Some environments ask for colours.
  return stripVTControlCharacters(text).split("\n");
}

const LONG = "nightly-20261121t013000z-1-88f81 would be removed: 21 November 2026 ".repeat(4).trim();

describe("the story's lines", () => {
  it("are at most 100 columns wide, and lose no word", () => {
    const lines = linesOf((screen) => {
      screen.done(LONG);
      screen.progress(`again ${LONG}`);
      screen.table([
        ["restores", LONG],
        ["operator's token", "t".repeat(64)],
      ]);
    });
    expect(Math.max(...lines.map((line) => terminalColumns(line)))).toBeLessThanOrEqual(COLUMNS);
    expect(
      lines
        .join(" ")
        .replace(/[✓…]|\s+/g, " ")
        .replace(/\s+/g, " "),
    ).toContain(`${LONG} again ${LONG} restores ${LONG}`);
  });

  it("call a snapshot kept only if the next prune keeps it", () => {
    const reasons = [reason("remove.failed", { state: "PARTIAL", by: "nightly-2" })];
    expect(fateText({ decision: "keep", reasons: [reason("keep.newest")] })).toBe("kept: newest good snapshot");
    expect(fateText({ decision: "remove", reasons })).toBe("would be removed: PARTIAL, replaced by nightly-2");
    expect(fateText({ decision: "later", reasons })).toBe("would be removed later: PARTIAL, replaced by nightly-2");
  });
});

describe("the ports of the local host", () => {
  it("are those of docs/deploy.md", () => {
    const text = readFileSync(fileURLToPath(new URL("../../../../docs/deploy.md", import.meta.url)), "utf8");
    const section = text.slice(text.indexOf("## Ports of the local host"));
    const documented = [...section.matchAll(/^\|[^|]+\|([\d, ]+)\|([\d, ]+)\|$/gm)];
    const numbers = (cell = "") => cell.split(",").map(Number);
    expect(documented.flatMap(([, offsets]) => numbers(offsets).map((offset) => offset + 9250))).toEqual(
      documented.flatMap(([, , ports]) => numbers(ports)),
    );
    const { source, target, ...others } = portsFrom({});
    const used = [source.http, source.transport, target.http, target.transport, ...Object.values(others)];
    expect(documented.flatMap(([, , ports]) => numbers(ports)).sort()).toEqual(used.sort());
  });
});
