import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { localEnvironmentFile, parseEnvironment, readEnvironment, secretsIn } from "../../../infra/cli/environment.ts";
import { inDirectory } from "./runCli.ts";

describe("the environment of a command", () => {
  it("reads NAME=value lines, comments, export and one pair of quotes", () => {
    const text = ["# comment", "", "PLAIN=one=two", "export QUOTED='a b'", 'DOUBLE="x"', "EMPTY="].join("\n");
    expect(parseEnvironment(text, "f.env")).toEqual({ PLAIN: "one=two", QUOTED: "a b", DOUBLE: "x", EMPTY: "" });
  });

  it("names the line that is none, and not what stands on it", () => {
    const fault = () => parseEnvironment("A=1\nhunter2hunter2\n", "f.env");
    expect(fault).toThrow("f.env, line 2");
    expect(fault).not.toThrow("hunter2");
  });

  it("fills what the shell does not set, and takes a named file before the local host's", async () => {
    await inDirectory(async (directory) => {
      const named = join(directory, "named.env");
      await writeFile(join(directory, "current.env"), "FROM=local\nONLY_LOCAL=yes\n");
      await writeFile(named, "FROM=named\nOTHER=file\n");
      const shell = { OSSNAP_LOCAL_DIR: directory, OTHER: "shell" };
      expect(localEnvironmentFile(shell)).toBe(join(directory, "current.env"));
      expect(readEnvironment(shell, undefined)).toMatchObject({
        environment: { FROM: "local", OTHER: "shell" },
        localFile: join(directory, "current.env"),
      });
      expect(readEnvironment(shell, named)).toEqual({ environment: { ...shell, FROM: "named" }, localFile: undefined });
      expect(readEnvironment({ ...shell, OSSNAP_ENV_FILE: named }, undefined).environment).toMatchObject({ FROM: "named" });
    });
  });

  it("refuses a named file that is not there", () => {
    expect(() => readEnvironment({}, "/there/is/none.env")).toThrow("there is no such file");
  });

  it("knows secrets by their names", () => {
    expect(secretsIn({ S3_SECRET: "aaa", SOURCE_PASSWORD: "bbb", GITHUB_TOKEN: "ccc", OPERATOR_TOKEN_SHA256: "ddd", PATH: "eee" })).toEqual(
      ["aaa", "bbb", "ccc"],
    );
  });
});
