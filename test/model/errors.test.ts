import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { fileFaultOf, jsonFaultOf, messageOf } from "../../shared/model/errors.ts";
import { issueText } from "../../shared/runtime/issueText.ts";

/** What parsers and Node say by themselves. */
const RAW = /Unexpected|Invalid (?:input|option)|Expected|ENOENT|EISDIR|open '|JSON input|Unterminated/;

const thrownBy = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
};

describe("texts of parsers", () => {
  it.each([
    ["", "it ends in the middle of a value"],
    ['{"password":"planted', "it ends in the middle of a value"],
    ['{"a":1,}', "it is not JSON from character 8 on"],
    ["planted", "it is not JSON"],
    ["<html>planted</html>", "it is not JSON"],
  ])("JSON %j", (text, said) => {
    const fault = jsonFaultOf(thrownBy(() => JSON.parse(text)));
    expect(fault).toBe(said);
    expect(fault).not.toMatch(/planted/);
  });

  it.each([
    ["/nowhere/at/all", "there is no such file"],
    ["/", "it is a directory"],
    ["/etc/passwd/x", "a part of its path is not a directory"],
  ])("file %s", (path, said) => {
    expect(fileFaultOf(thrownBy(() => readFileSync(path)))).toBe(said);
  });

  it("of the validator are ours, and those of a schema stay", () => {
    const schema = z.object({
      text: z.string(),
      list: z.array(z.string()).min(1),
      number: z.number().multipleOf(64).max(100),
      one: z.enum(["a", "b"]),
      date: z.iso.datetime(),
      own: z.string().regex(/^x$/, "must be x"),
      either: z.union([z.string(), z.number()]),
    });
    const found = schema.safeParse({ text: 1, list: [], number: 65, one: "c", date: "x", own: "y", either: [] });
    const said = found.error?.issues.map(issueText) ?? [];
    expect(said).toHaveLength(7);
    for (const one of said) expect(one).not.toMatch(RAW);
    expect(said).toContain("own must be x");
    expect(said).toContain("number must be a multiple of 64");
  });
});

describe("a file that a bundle loads on demand and lacks", () => {
  it("is named with what helps, and without the paths of the others", () => {
    const load = () => createRequire(import.meta.url)("./kinds-GONE.js");
    const error = (() => {
      try {
        return load();
      } catch (thrown) {
        return thrown;
      }
    })();
    expect((error as Error).message).toContain("Require stack");
    expect(messageOf(error)).toBe("./kinds-GONE.js, a file of this bundle, is missing: bundle and deploy again");
  });
});
