import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { configJsonSchema } from "../shared/runtime/config/jsonSchema.ts";

/** What git tracks or would track, without fixtures and the lock file: the repository as outsiders see it. */
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" })
  .split("\n")
  .filter(
    (file) =>
      file !== "" &&
      !file.startsWith("test/fixtures/es-") &&
      !file.startsWith("test/fixtures/chain-") &&
      file !== "package-lock.json" &&
      file !== "test/tidy.test.ts",
  );
const texts = files
  .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile())
  .map((file) => ({ file, text: readFileSync(file, "utf8") }));
const sources = texts.filter(({ file }) => /^(functions|shared|infra)\/.*\.ts$/.test(file));

describe("repository texts", () => {
  it.each([
    ["paths of the folder beside the project", /\.\.\/shared\/(design|facts|fixtures|style|ux|jobs-protocol|fresh-clone|ossnap\.example)/],
    ["issue numbers", /\bissues? (#?\d|[IVX]+\b)/],
    ["machine paths", /\/(work|root|home)\/[a-z]/],
    ["registry hosts", /registry\.npmjs\.org|pypi\.org|repo1?\.maven\.|deb\.debian\.org/],
    ["mentions of sessions and helpers", /\b(this session|helper-\d|subagent|closing note)\b/i],
  ])("contain no %s", (_what, pattern) => {
    expect(texts.filter(({ text }) => pattern.test(text)).map(({ file }) => file)).toEqual([]);
  });
});

describe("generated files are current", () => {
  it("docs/ossnap.schema.json matches the configuration schema (npm run schema)", () => {
    expect(JSON.parse(readFileSync("docs/ossnap.schema.json", "utf8"))).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
  });
});

describe("code conventions", () => {
  it("allow no source file above 250 lines", () => {
    expect(sources.filter(({ text }) => text.split("\n").length > 251).map(({ file }) => file)).toEqual([]);
  });

  it("allow handlers of at most 15 lines", () => {
    const handlers = sources.filter(({ file }) => file.startsWith("functions/"));
    expect(handlers.length).toBe(7);
    for (const { file, text } of handlers) expect(text.trimEnd().split("\n").length, file).toBeLessThanOrEqual(15);
  });

  it("require the namespace import of zod, which reduces the bundle to a fifth", () => {
    expect(sources.filter(({ text }) => /import \{[^}]*\} from "zod"/.test(text)).map(({ file }) => file)).toEqual([]);
  });

  it("forbid default exports and utils, managers or helpers", () => {
    expect(
      sources
        .filter(({ file, text }) => /^export default/m.test(text) || /(utils?|manager|helpers?)\.ts$/i.test(file))
        .map(({ file }) => file),
    ).toEqual([]);
  });

  it("require the license that package.json names", () => {
    expect((JSON.parse(readFileSync("package.json", "utf8")) as { license: string }).license).toBe("Apache-2.0");
    expect(readFileSync("LICENSE", "utf8")).toMatch(/^\s*Apache License\s+Version 2\.0, January 2004[\s\S]*END OF TERMS AND CONDITIONS/);
  });

  it("require exact versions of every dependency", () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync("package.json", "utf8")) as Record<string, Record<string, string>>;
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it("require every platform's packages in the lock file, or npm ci fails elsewhere (npm run lock)", () => {
    const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const wanted = Object.values(packages).flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies ?? {}));
    expect(wanted.filter((name) => !(`node_modules/${name}` in packages) && !name.includes("wasm"))).toEqual([]);
  });

  it("forbid registry addresses in the lock file", () => {
    expect(readFileSync("package-lock.json", "utf8")).not.toMatch(/"resolved"/);
  });
});
