import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { checkConfig } from "../shared/runtime/config/loadConfig.ts";

const text = readFileSync("docs/copying.md", "utf8");
const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = ""]) => block);
const blobs = { store: "oss", bucket: "backups", basePath: "movies", region: "cn-hangzhou" };
const repository = { cluster: "source", register: { type: "fs", settings: { location: "/srv/backups" } }, blobs };
const POLICY = { repository: "backups", indices: ["*"], schedule: { cron: "0 30 1 * * *" }, keep: { daily: 7 } };

describe("the examples of docs/copying.md", () => {
  it.each(blocks)("are accepted by the check of the configuration: %s", (block) => {
    const { copies } = parse(block) as { copies: Record<string, { from: string }> };
    const [{ from = "" } = {}] = Object.values(copies);
    const config = {
      version: 1,
      state: { store: "directory", bucket: "/srv/state" },
      clusters: { source: { url: "http://127.0.0.1:9200" } },
      repositories: {
        backups: repository,
        "movies-aws": {
          ...repository,
          register: { type: "fs", settings: { location: "/srv/aws" } },
          blobs: { ...blobs, bucket: "movies-aws" },
        },
      },
      backups: { nightly: { ...POLICY, repository: from } },
      copies,
    };
    expect(checkConfig(stringify(config), { SECOND_KEY: "LTAI5tSecond", SECOND_SECRET: "second" }).faults).toEqual([]);
  });

  it("say what the check says of rules that keep nothing", () => {
    const copies = {
      c: { from: "movies-aws", to: { store: "oss", bucket: "copied", basePath: "", region: "cn-hangzhou" }, keep: { timeZone: "UTC" } },
    };
    const config = {
      version: 1,
      state: { store: "directory", bucket: "/srv/state" },
      clusters: { source: { url: "http://127.0.0.1:9200" } },
      repositories: { "movies-aws": repository },
      backups: { nightly: { ...POLICY, repository: "movies-aws" } },
      copies,
    };
    const [fault] = checkConfig(stringify(config), {}).faults;
    expect(fault).toMatchObject({ path: "copies.c.keep", wrong: "keeps nothing but the newest snapshot" });
  });
});
