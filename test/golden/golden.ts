import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

const HERE = fileURLToPath(new URL(".", import.meta.url));
/** `OSSNAP_GOLDEN=write npx vitest run test/golden` re-records; nothing else writes. */
const WRITES = process.env.OSSNAP_GOLDEN === "write";

/** Compares a text with its golden file byte for byte; a missing file is a failure. */
export function expectGolden(folder: string, name: string, text: string): void {
  const path = join(HERE, folder, name);
  if (WRITES) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  expect(existsSync(path), `${folder}/${name} is recorded`).toBe(true);
  expect(text, `${folder}/${name}`).toBe(readFileSync(path, "utf8"));
}

/** A golden file that no test compares is a failure. */
export function expectNoOthers(folder: string, names: readonly string[]): void {
  const unused = goldenNames(folder).filter((name) => !names.includes(name));
  if (WRITES) for (const name of unused) rmSync(join(HERE, folder, name));
  expect(WRITES ? [] : unused, `unused files in ${folder}`).toEqual([]);
}

/** The files of a folder as a map from relative path to content: a state directory as its keys and objects. */
export function readGoldenFolder(folder: string): Map<string, string> {
  return new Map(goldenNames(folder).map((name) => [name, readFileSync(join(HERE, folder, name), "utf8")]));
}

/** Compares a whole folder, names first, so that missing and new objects are named. */
export function expectGoldenFolder(folder: string, objects: ReadonlyMap<string, string>): void {
  for (const [name, text] of WRITES ? objects : []) expectGolden(folder, name, text);
  expectNoOthers(folder, [...objects.keys()]);
  const recorded = readGoldenFolder(folder);
  expect([...objects.keys()].sort(), `${folder}: the objects`).toEqual([...recorded.keys()].sort());
  for (const [name, text] of objects) expect(text, `${folder}/${name}`).toBe(recorded.get(name));
}

function goldenNames(folder: string): string[] {
  const root = join(HERE, folder);
  if (!existsSync(root)) return [];
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((entry) => relative(root, join(entry.parentPath, entry.name))).sort();
}
