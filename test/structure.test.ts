import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { breach, isPure, ROOMS } from "./layers.ts";
import { impurities } from "./purity.ts";

const files = execFileSync("git", ["ls-files", "--deduplicate", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" })
  .split("\n")
  .filter((file) => /\.(ts|mjs)$/.test(file) && !file.startsWith("test/fixtures/") && existsSync(file));
const sources = files.filter((file) => !file.startsWith("test/"));
const texts = new Map(files.map((file) => [file, readFileSync(file, "utf8")]));

/** Relative imports of a file, type imports included, as paths from the root of the repository. */
function importsOf(file: string): string[] {
  const found = (texts.get(file) ?? "").matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g);
  return [...found].map(([, specifier]) => join(dirname(file), specifier as string));
}

/** Files that can be reached from themselves. */
function cyclic(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const reaches = (start: string) => {
    const seen = new Set<string>();
    const open = [...(graph.get(start) ?? [])];
    for (let file = open.pop(); file !== undefined; file = open.pop()) {
      if (file === start) return true;
      if (seen.has(file)) continue;
      seen.add(file);
      open.push(...(graph.get(file) ?? []));
    }
    return false;
  };
  return [...graph.keys()].filter(reaches);
}

describe("the structure of the code", () => {
  it("has no import cycles, not even of types", () => {
    expect(cyclic(new Map(files.map((file) => [file, importsOf(file)])))).toEqual([]);
  });

  it("finds a cycle where there is one", () => {
    expect(cyclic(new Map(Object.entries({ a: ["b"], b: ["c"], c: ["b"], d: ["a"] })))).toEqual(["b", "c"]);
  });

  it("resolves every relative import, so that the graph is complete", () => {
    const imports = sources.flatMap(importsOf);
    expect(imports.length).toBeGreaterThan(1000);
    expect(imports.filter((file) => !existsSync(file))).toEqual([]);
  });

  it("has imports in one direction only, whatever the path is written like", () => {
    const rooms = new Set(sources.flatMap((file) => /^shared\/(\w+)\//.exec(file)?.[1] ?? []));
    expect([...rooms].sort()).toEqual(Object.keys(ROOMS).sort());
    const breaches = sources.flatMap((file) =>
      importsOf(file).flatMap((imported) => {
        const why = breach(file, imported);
        return why === undefined ? [] : [`${file} → ${imported}: ${why}`];
      }),
    );
    expect(breaches).toEqual([]);
  });

  it.each([
    ["shared/verbs/copy/gather.ts", "shared/verbs/backup/step.ts"],
    ["shared/verbs/copy/gather.ts", "shared/verbs/backup/askew.ts"],
    ["shared/verbs/copy/gather.ts", "shared/verbs/backup/sub/gather.ts"],
    ["shared/verbs/copy/step.ts", "shared/verbs/copy/publish.ts"],
    ["shared/verbs/copy/step.ts", "shared/jobs/claim.ts"],
    ["shared/verbs/copy/step.ts", "shared/verbs/prune/gather.ts"],
    ["shared/plan/retention/plan.ts", "infra/cli/verbs.ts"],
    ["shared/verbs/copy/ask.ts", "functions/http.ts"],
    ["shared/repository/place.ts", "shared/format/keys.ts"],
    ["shared/runtime/handler.ts", "shared/adapters/oss/blobStore.ts"],
    ["functions/http.ts", "infra/local/start.ts"],
    ["infra/cli/main.ts", "shared/adapters/oss/blobStore.ts"],
  ])("rejects %s importing %s", (file, imported) => {
    expect(breach(file, imported)).toBeDefined();
  });

  it("has no clock, no randomness, no process and no client in pure code", () => {
    const pure = sources.filter(isPure);
    expect(pure.length).toBeGreaterThan(70);
    expect(pure.flatMap((file) => impurities(texts.get(file) ?? "").map((why) => `${file}: ${why}`))).toEqual([]);
  });

  it.each([
    'import { readFileSync } from "fs"; readFileSync("x")',
    'import { lookup } from "node:dns"; lookup("x", () => 0)',
    'import crypto from "node:crypto"; crypto.randomInt(5)',
    'import { randomUUID as r } from "node:crypto"; r()',
    "const clock = Date; clock.now()",
    "const { now } = Date; now()",
    "Date.now()",
    'Date["now"]()',
    "Date()",
    "new Date",
    "new Date()",
    "[1].map(Math.random)",
    "globalThis.Date.now()",
    "process.env.HOME",
    'fetch("http://x")',
    "setImmediate(() => 0)",
  ])("finds what is not pure in: %s", (code) => {
    expect(impurities(code)).not.toEqual([]);
  });

  it.each(["new Date(value)", "x instanceof Date", "Date.UTC(2026, 1, 1)", "const at: Date = new Date(x.at);"])("accepts %s", (code) => {
    expect(impurities(`declare const value: number, x: { at: string };\n${code}`)).toEqual([]);
  });

  it("has at most 18 source files in a folder", () => {
    const counts = new Map<string, number>();
    for (const file of sources) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
    expect([...counts].filter(([, count]) => count > 18)).toEqual([]);
  });

  it("has no index files", () => {
    expect(files.filter((file) => /^index\.\w+$/.test(basename(file)))).toEqual([]);
  });

  it("has the same file names in the folder of every job's verb", () => {
    const jobs = sources.filter((file) => /^shared\/verbs\/\w+\/job\.ts$/.test(file)).map(dirname);
    expect(jobs.map((folder) => basename(folder))).toEqual([
      "arrival",
      "backup",
      "copy",
      "migration",
      "prune",
      "restore",
      "retire",
      "rollback",
      "verification",
    ]);
    const expected = ["gather.ts", "job.ts", "show.ts", "step.ts"];
    for (const folder of jobs)
      expect(
        expected.filter((name) => !sources.includes(`${folder}/${name}`)),
        folder,
      ).toEqual([]);
  });
});

describe.each(["docs/map.md", "docs/jobs.md", "docs/threats.md", "README.md", "shared/format/README.md"])("%s", (document) => {
  const text = readFileSync(document, "utf8").replace(/```[\s\S]*?```/g, "");
  /** Paths from the root, from `shared`, from the document's own folder; a bare file name is one of the file named last. */
  const named = [...text.matchAll(/`((?:[\w.-]+\/)*[\w.-]+\.(?:ts|md|yaml|json))`/g)].map(([, path]) => path as string);

  it("names only files that exist", () => {
    let folder = dirname(document);
    const unknown = named.filter((path) => {
      const found = [path, join("shared", path), join(dirname(document), path), join(folder, path)].find((place) => existsSync(place));
      if (found?.includes("/")) folder = dirname(found);
      return found === undefined && path !== "state.json" && !/^(ask|look|gather|step|job|show|types|plan|apply|errors)\.ts$/.test(path);
    });
    expect(unknown).toEqual([]);
  });
});

describe("docs/map.md", () => {
  const map = readFileSync("docs/map.md", "utf8");
  const places = [...map.matchAll(/`((?:functions|shared|infra|test|docs)\/[\w./-]+)`/g)].map(([, path]) => path as string);

  it("names only files and folders that exist", () => {
    expect(places.length).toBeGreaterThan(15);
    expect(places.filter((path) => !existsSync(path))).toEqual([]);
  });

  it("describes every state that a job can have", () => {
    const states = sources
      .filter((file) => /^shared\/(verbs|jobs)\//.test(file))
      .flatMap((file) => [...(texts.get(file) ?? "").matchAll(/\bstate: "(\w+)"/g)].map(([, state]) => state as string))
      // States of a slot and of a registration.
      .filter((state) => !["firstSeen", "unreachable", "others", "automatic"].includes(state));
    expect([...new Set(states)].filter((state) => !map.includes(`\`${state}\``))).toEqual([]);
  });
});
