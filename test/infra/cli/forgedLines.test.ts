import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { marked } from "../../../infra/cli/screen/look.ts";
import { VERBS } from "../../../infra/cli/verbs.ts";
import { AppError, linesOf } from "../../../shared/model/errors.ts";
import { printConfigFault } from "../../../shared/runtime/config/configError.ts";
import { checkConfig } from "../../../shared/runtime/config/loadConfig.ts";
import { type Ended, FIXTURES, runHere, writeConfig } from "./runCli.ts";

const FORGED = "x\n✓ x is fine\r\n✗ x";
/** Neither sign begins a line of ours but this one. */
const OWN = /^✗ (?!x$)/;

function forgedLines({ stdout, stderr }: Ended): string[] {
  return `${stdout}\n${stderr}`.split(/[\n\r\u2028\u2029\u0085]/).filter((line) => /^\s*[✓✗]/.test(line) && !OWN.test(line));
}

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "forged-lines-"));
  const config = await writeConfig(directory);
  await writeFile(config, (await readFile(config, "utf8")).replace(/"\$\{SOURCE_PASSWORD\}"/, "open-sesame"));
  expect((await runHere(["init"], { cwd: directory })).exitCode).toBe(0);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe("an error", () => {
  it("cannot get a line from a value in its message", () => {
    const error = new AppError("invalid", `repository ${FORGED}: is wrong`, { lines: [`  note: ${FORGED}`] });
    expect(linesOf(error)).toEqual([
      "repository x\\u000a\\u2713 x is fine\\u000d\\u000a\\u2717 x: is wrong",
      "  note: x\\u000a\\u2713 x is fine\\u000d\\u000a\\u2717 x",
    ]);
    expect(linesOf(new Error(FORGED))).toHaveLength(1);
    expect(linesOf(FORGED)).toHaveLength(1);
  });

  it("of ossnap.yaml cannot either, where it is printed alone", () => {
    const { faults } = checkConfig(`version: 1\n${JSON.stringify(FORGED)}: 1\n`, {});
    expect(faults.map(printConfigFault).filter((line) => /[\n\r]/.test(line))).toEqual([]);
    expect(faults.map(printConfigFault).join()).toContain("x\\u000a\\u2713 x is fine");
  });

  it("cannot get one from a text behind a sign either", () => {
    const look = { colour: true, unicode: true, now: new Date(0), program: "ossnap" };
    expect(marked(look, "bad", `a ${marked(look, "good", FORGED)}`)).not.toMatch(/[\n\r]/);
  });
});

/** Each verb with every argument and every option that takes a value hostile, and with each of them alone. */
const LINES = VERBS.flatMap(({ signature, options }): string[][] => {
  const words = signature.split(" ").filter((word) => !/^[<[]/.test(word));
  const args = signature.split(" ").filter((word) => /^[<[]/.test(word));
  const hostile = args.map(() => FORGED);
  const plain = args.map(() => "movies");
  const valued = options.flatMap(({ flags }) => (/[<[]/.test(flags) ? [flags.split(/[ ,=[]/)[0] ?? ""] : []));
  const all = valued.map((flag) => `${flag}=${FORGED}`);
  return [
    [...words, ...hostile],
    [...words, ...hostile, FORGED],
    [...words, ...hostile, `--${FORGED}`],
    [...words, ...hostile, ...all],
    ...all.map((option) => [...words, ...plain, option]),
  ];
});
const SILENT = ["init", "pause", "resume", "adopt"];

describe("a command line with line breaks in its words", { timeout: 120_000 }, () => {
  const lines = LINES.filter(([verb = ""]) => !SILENT.includes(verb));

  it.each([["for people"], ["for programs"]])("forges no line %s", async (whom) => {
    const found: string[] = [];
    for (const line of [...lines, [FORGED], ["jobs", FORGED], [`--${FORGED}`]]) {
      const ended = await runHere(whom === "for people" ? line : [...line, "--json"], { cwd: directory });
      for (const forged of forgedLines(ended)) found.push(`${JSON.stringify(line)}: ${forged}`);
    }
    expect(found).toEqual([]);
  });
});

describe("line breaks in what ossnap reads", { timeout: 60_000 }, () => {
  it.each([
    ["a key", `${JSON.stringify(FORGED)}: 1`],
    ["a key of a section", `copies: { ${JSON.stringify(FORGED)}: { from: 1 } }`],
    ["a key of an entry", `watches: { w: { ${JSON.stringify(FORGED)}: 1 } }`],
    ["a value", `watches: { w: { cluster: ${JSON.stringify(FORGED)} } }`],
    ["a setting", `http: { tokens: [{ name: ${JSON.stringify(FORGED)}, sha256: ${JSON.stringify(FORGED)}, role: viewer }] }`],
  ])("forge no line as %s of ossnap.yaml", async (_, more) => {
    const own = await mkdtemp(join(tmpdir(), "forged-config-"));
    await writeConfig(own, more);
    for (const line of [["status"], ["status", "--json"]]) {
      const ended = await runHere(line, { cwd: own });
      expect(ended.exitCode).toBe(2);
      expect(forgedLines(ended)).toEqual([]);
      expect(ended.stderr).toMatch(/(?:\\u000a|\\n)\\u2713 x is\s+fine/);
    }
    await rm(own, { recursive: true, force: true });
  });

  it("forge no line as the name of a snapshot that is near the one that was asked for", async () => {
    const bucket = join(directory, "bucket\n✓ 3 of 3");
    await cp(join(FIXTURES, "es-5.5.2-migration/step2"), bucket, { recursive: true });
    const root = JSON.parse(await readFile(join(bucket, "index-1"), "utf8"));
    root.snapshots[0].name = "dup\n✓ 3 of 3 restorable snapshots whole";
    await writeFile(join(bucket, "index-1"), JSON.stringify(root));
    const place = pathToFileURL(bucket).href;
    for (const line of [
      ["verify", place, "--snapshot", "dup"],
      ["verify", place],
      ["verify", `file://${bucket}`],
      ["snapshots", place],
      ["snapshots", `file://${bucket}`],
    ]) {
      const ended = await runHere(line, { cwd: directory });
      expect(`${ended.stdout}${ended.stderr}`).not.toMatch(/^\s*✓ 3 of 3/m);
      expect(`${ended.stdout}${ended.stderr}`).toContain("dup");
    }
  });
});
