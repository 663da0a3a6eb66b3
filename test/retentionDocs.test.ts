import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { VERBS } from "../infra/cli/verbs.ts";
import { checkConfig } from "../shared/runtime/config/loadConfig.ts";

const text = readFileSync("docs/retention.md", "utf8");
const blocks = (language: string) =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, "g"))].map(([, block = ""]) => block);

describe("the examples of docs/retention.md", () => {
  it.each(blocks("yaml"))("are accepted by the check of the configuration: %s", (block) => {
    const policy = { repository: "backups", indices: ["*"], schedule: { cron: "0 30 1 * * *" }, ...(parse(block) as object) };
    const config = {
      version: 1,
      state: { store: "directory", bucket: "/srv/state" },
      clusters: { source: { url: "http://127.0.0.1:9200" } },
      repositories: { backups: { cluster: "source", register: { type: "fs", settings: { location: "/srv/backups" } } } },
      backups: { nightly: policy },
    };
    expect(() => checkConfig(stringify(config), {})).not.toThrow();
  });

  it.each(blocks("sh").flatMap((block) => block.trim().split("\n")))("name a verb of the command line: %s", (line) => {
    const verbs = VERBS.map(({ signature }) =>
      signature
        .split(" ")
        .filter((word) => !/^[<[]/.test(word))
        .join(" "),
    );
    const flags = VERBS.flatMap(({ options }) => options.map(({ flags: [...all] }) => all.join("").split(" ")[0]));
    expect(verbs.some((verb) => line.startsWith(`ossnap ${verb}`))).toBe(true);
    expect((line.match(/ --[a-z-]+/g) ?? []).every((flag) => flags.includes(flag.trim()))).toBe(true);
  });
});
