import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { configJsonSchema } from "../shared/runtime/config/jsonSchema.ts";

/** What git tracks or would track, without fixtures and the lock file: the repository as strangers see it. */
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

describe("the repository speaks of the product only", () => {
  it.each([
    ["the folder beside the project", /\.\.\/shared\/(design|facts|fixtures|style|ux|jobs-protocol|fresh-clone|ossnap\.example)/],
    ["issue numbers", /\bissues? (#?\d|[IVX]+\b)/],
    ["machine paths", /\/(work|root|home)\/[a-z]/],
    ["registry hosts", /registry\.npmjs\.org|pypi\.org|repo1?\.maven\.|deb\.debian\.org/],
    ["sessions and helpers", /\b(this session|helper-\d|subagent|closing note)\b/i],
  ])("names no %s", (_what, pattern) => {
    expect(texts.filter(({ text }) => pattern.test(text)).map(({ file }) => file)).toEqual([]);
  });
});

describe("what is generated is current", () => {
  it("docs/ossnap.schema.json says what ossnap.yaml may hold (npm run schema)", () => {
    expect(JSON.parse(readFileSync("docs/ossnap.schema.json", "utf8"))).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
  });
});

describe("the code keeps its measure", () => {
  it("has no source file above 250 lines", () => {
    expect(sources.filter(({ text }) => text.split("\n").length > 251).map(({ file }) => file)).toEqual([]);
  });

  it("has handlers of at most 15 lines", () => {
    const handlers = sources.filter(({ file }) => file.startsWith("functions/"));
    expect(handlers.length).toBe(7);
    for (const { file, text } of handlers) expect(text.trimEnd().split("\n").length, file).toBeLessThanOrEqual(15);
  });

  it("takes zod by its namespace, which bundles to a fifth", () => {
    expect(sources.filter(({ text }) => /import \{[^}]*\} from "zod"/.test(text)).map(({ file }) => file)).toEqual([]);
  });

  it("has no default exports and no utils, managers or helpers", () => {
    expect(
      sources
        .filter(({ file, text }) => /^export default/m.test(text) || /(utils?|manager|helpers?)\.ts$/i.test(file))
        .map(({ file }) => file),
    ).toEqual([]);
  });

  it("pins every dependency to an exact version", () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync("package.json", "utf8")) as Record<string, Record<string, string>>;
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it("has every platform's packages in the lock file, or npm ci fails elsewhere (npm run lock)", () => {
    const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const wanted = Object.values(packages).flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies ?? {}));
    expect(wanted.filter((name) => !(`node_modules/${name}` in packages) && !name.includes("wasm"))).toEqual([]);
  });

  it("keeps registry addresses out of the lock file", () => {
    expect(readFileSync("package-lock.json", "utf8")).not.toMatch(/"resolved"/);
  });
});
