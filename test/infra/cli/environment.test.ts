import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { localEnvironmentFile, parseEnvironment, readEnvironment, secretsIn } from "../../../infra/cli/environment.ts";
import { readSettings } from "../../../shared/runtime/settings.ts";
import { inDirectory, writeConfig } from "./runCli.ts";

describe("environment of a command", () => {
  it("reads NAME=value lines, comments, export and one pair of quotes", () => {
    const text = ["# comment", "", "PLAIN=one=two", "export QUOTED='a b'", 'DOUBLE="x"', "EMPTY="].join("\n");
    expect(parseEnvironment(text, "f.env")).toEqual({ PLAIN: "one=two", QUOTED: "a b", DOUBLE: "x", EMPTY: "" });
  });

  it("takes no comment behind a value for a part of it, nor cuts a value that has such a sign", () => {
    for (const line of ["TOKEN=abc   # of step 3", "TOKEN= # later", 'TOKEN="abc" # of step 3'])
      expect(() => parseEnvironment(`A=1\n${line}`, "f.env")).toThrow("f.env, line 2: TOKEN is followed by a comment");
    expect(parseEnvironment("A='x # y'\nB=x#y", "f.env")).toEqual({ A: "x # y", B: "x#y" });
  });

  it("names an invalid line without showing its content", () => {
    const fault = () => parseEnvironment("A=1\nhunter2hunter2\n", "f.env");
    expect(fault).toThrow("f.env, line 2");
    expect(fault).not.toThrow("hunter2");
  });

  it("fills in what the shell does not set, and prefers a named file to the local host's", async () => {
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

  it("rejects a named file that does not exist", () => {
    expect(() => readEnvironment({}, "/there/is/none.env")).toThrow("there is no such file");
  });

  it("rejects a named file that cannot be read", () => {
    expect(() => readEnvironment({}, "/")).toThrow("environment file /: it is a directory; correct --env-file");
  });

  it("rejects an address that is none, by the name of its variable", async () => {
    await inDirectory(async (directory) => {
      const config = await writeConfig(directory);
      const settings = () => readSettings(config, { SOURCE_PASSWORD: "x", OSSNAP_CONFIG: "", OSSNAP_FC_ENDPOINT: "nowhere" });
      expect(settings).toThrow('OSSNAP_FC_ENDPOINT: "nowhere" is not a URL');
    });
  });

  it("counts the keys of the stores' own clients as secrets, and no other variable that ossnap.yaml does not use", () => {
    const others = {
      BUILD_SECRET: "1",
      MY_TOKEN: "null",
      ES_PASSWORD: "snapshot",
      OPERATOR_TOKEN_SHA256: "ddd",
      OSS_KEY: "id",
      PATH: "eee",
    };
    const keys = {
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: "a",
      ALIBABA_CLOUD_SECURITY_TOKEN: "b",
      AWS_SECRET_ACCESS_KEY: "c",
      AWS_SESSION_TOKEN: "d",
    };
    expect(secretsIn({ ...others, ...keys, OSS_SECRET: "e", OSS_ACCESS_KEY_SECRET: "f" })).toEqual(["a", "b", "c", "d", "e", "f"]);
  });
});
