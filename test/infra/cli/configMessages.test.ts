import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { flat, inDirectory, runCli, writeConfig } from "./runCli.ts";

const NOTHING_THERE = { ALIBABA_CLOUD_ACCESS_KEY_ID: "", ALIBABA_CLOUD_ACCESS_KEY_SECRET: "" };

async function messageOf(words: string[], env: Record<string, string> = {}): Promise<string> {
  return inDirectory(async (cwd) => {
    const { exitCode, stderr } = await runCli(words, { cwd, env });
    expect(exitCode).toBe(words.includes("repositories") ? 2 : exitCode);
    return stderr;
  });
}

describe("messages about a place given by its URL", () => {
  it.each([
    ["oss://bucket/base", "its region is missing; add ?region= to it, as in ?region=cn-hangzhou"],
    ["s3://bucket/base?endpoint=http://127.0.0.1:1", "its region is missing; add &region= to it, as in &region=us-east-1"],
    ["s3://bucket/base?region=us-east-1", "no access key; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"],
    ["oss://bucket/base?region=cn-hangzhou", "no access key; set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
  ])("%s", async (url, message) => {
    expect(flat(await messageOf(["snapshots", url], NOTHING_THERE))).toContain(`${url}: ${message}`);
  });

  it("are the same with an ossnap.yaml that knows nothing of it", async () => {
    await inDirectory(async (cwd) => {
      const config = await writeConfig(cwd);
      const url = "s3://bucket/base?region=us-east-1";
      const { stderr } = await runCli(["--config", config, "snapshots", url], { cwd, env: { SOURCE_PASSWORD: "x" } });
      expect(stderr).toContain(`${url}: no access key; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`);
    });
  });
});

describe("messages about ossnap.yaml", () => {
  it("many variables that are not set end with what sets them all", async () => {
    await inDirectory(async (cwd) => {
      const config = await writeConfig(cwd, `watches: { w: { blobs: { store: oss, bucket: "\${B}", region: "\${R}" } } }`);
      const { exitCode, stderr } = await runCli(["--config", config, "repositories"], { cwd });
      expect(exitCode).toBe(2);
      expect(flat(stderr).trim().split("\n").at(-1)).toBe(
        "3 variables are not set: name a file of NAME=value with --env-file; for the example configuration run `npm start` first",
      );
    });
  });

  it("a single one needs no such line", async () => {
    await inDirectory(async (cwd) => {
      const { stderr } = await runCli(["--config", await writeConfig(cwd), "repositories"], { cwd });
      expect(stderr).not.toContain("npm start");
    });
  });

  it("a certificate's file that is missing, or holds none, is named with its cluster", async () => {
    await inDirectory(async (cwd) => {
      const config = join(cwd, "ossnap.yaml");
      const text = (ca: string) =>
        `version: 1\nstate: { store: directory, bucket: ${cwd}/state }\nclusters: { one: { url: "https://127.0.0.1:9", ca: ${ca} } }\n`;
      await writeFile(config, text("ca.pem"));
      const absent = await runCli(["--config", config, "repositories"], { cwd: "/" });
      expect([absent.exitCode, absent.stderr]).toEqual([2, expect.stringContaining('clusters.one.ca: there is no such file: "ca.pem"')]);
      await writeFile(join(cwd, "ca.pem"), "hello");
      const wrong = await runCli(["--config", config, "repositories"], { cwd: "/" });
      expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining("clusters.one.ca: no certificate in PEM form")]);
    });
  });
});
