import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";
import { COLUMNS } from "../../infra/cli/screen/layout.ts";
import { terminalColumns } from "./terminalColumns.ts";

const FOLDER = fileURLToPath(new URL("cli/", import.meta.url));

/** Lines for people: both outputs of a command, without JSON answers, the command itself and the headings of the file. */
function linesForPeople(text: string): string[] {
  const lines: string[] = [];
  let isJson = false;
  let output = "";
  for (const line of text.split("\n")) {
    if (line.startsWith("$ ossnap")) [isJson, output] = [/ --json\b/.test(line), ""];
    else if (line.startsWith("## ")) output = "";
    else if (/^--- (stdout|stderr)$/.test(line)) output = line.slice(4);
    else if (output === "stderr" || (output === "stdout" && !isJson)) lines.push(line);
  }
  return lines;
}

describe("recorded answers of the command line", () => {
  it.each(readdirSync(FOLDER))("%s: no line for people is wider than 100 columns", (file) => {
    const lines = linesForPeople(readFileSync(FOLDER + file, "utf8"));
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.filter((line) => terminalColumns(line) > COLUMNS)).toEqual([]);
  });
});
