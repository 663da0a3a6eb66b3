import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { standInsFor } from "../../../infra/deploy/standIns.ts";
import { checkConfig, resolvedConfigText } from "../../../shared/runtime/config/loadConfig.ts";
import { readSource } from "../../../shared/runtime/config/source.ts";

const text = readFileSync("ossnap.yaml", "utf8");
const written = `${JSON.stringify(JSON.parse(resolvedConfigText(text)), undefined, 2)}\n`;

describe("the configuration beside a bundle", () => {
  it("is read as the file that it was made of", () => {
    expect(checkConfig(written, standInsFor(text)).config).toEqual(checkConfig(text, standInsFor(text)).config);
  });

  it("has the lines of its faults", () => {
    const line = written.split("\n").findIndex((one) => one.includes('"patience": "24h"')) + 1;
    const { faults } = checkConfig(written.replace('"patience": "24h"', '"patience": "soon"'), standInsFor(text));
    expect(faults.map(({ path, line: at }) => [path, at])).toEqual([["watches.moved-movies.patience", line]]);
  });

  it("of another writer is read as YAML, which reports a key that is there twice", () => {
    const twice = '{\n  "version": 1,\n  "version": 1\n}\n';
    expect(readSource(twice).faults.map(({ wrong }) => wrong)).toEqual(["the same key twice in one section"]);
  });
});
