import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkTools, JAVA_17, parseJava, pickJava, requireJava } from "../../../../infra/local/servers/tools.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "ossnap-tools-test-"));
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

const java = (major: number) => ({ home: `/jdk-${major}`, major });

describe("tools of the local host", () => {
  it("are all named in one message when they are missing, each with how to install it", async () => {
    await writeFile(join(directory, "mvn"), "#!/bin/sh\nexit 1\n");
    await chmod(join(directory, "mvn"), 0o755);
    const failure = await checkTools({ PATH: directory }).catch((error: unknown) => error);

    expect(failure).toMatchObject({ code: "invalid" });
    const message = String((failure as Error).message);
    expect(message).toContain("Maven is missing: install it (Debian: sudo apt-get install maven; macOS: brew install maven)");
    expect(message).toContain("Python 3 with venv is missing");
  });

  it("report the required Java version when it is missing", async () => {
    const nobodysJava = { first: 97, last: 98, preferred: 97 };

    await expect(requireJava(nobodysJava)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringMatching(
        /^Java 97 is missing.*: install it \(Debian: sudo apt-get install openjdk-97-jre-headless; macOS: brew install openjdk@97\)/,
      ),
    });
  });

  it("prefer the Java that Elasticsearch was tested with, or else the newest that works", () => {
    expect(pickJava([java(11), java(21), java(17), java(25)], JAVA_17)).toEqual(java(17));
    expect(pickJava([java(18), java(21), java(25)], JAVA_17)).toEqual(java(21));
    expect(pickJava([java(11), java(25)], JAVA_17)).toBeUndefined();
  });

  it("parse the properties that Java prints", () => {
    const text =
      "Property settings:\n    java.home = /usr/lib/jvm/java 17\n    java.specification.version = 17\n    java.version = 17.0.15\n";

    expect(parseJava(text)).toEqual({ home: "/usr/lib/jvm/java 17", major: 17 });
    expect(parseJava("    java.home = /jdk8\n    java.specification.version = 1.8\n")).toEqual({ home: "/jdk8", major: 8 });
    expect(parseJava("The operation couldn’t be completed. Unable to locate a Java Runtime.")).toBeUndefined();
  });
});
