import { readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { CONFIGURATIONS } from "../../../infra/bench/configurations.ts";
import { checkConfig } from "../../../shared/runtime/config/loadConfig.ts";

const PARTS = {
  clusterUrl: "http://127.0.0.1:9200",
  ossUrl: "http://127.0.0.1:9161",
  stateDirectory: "/srv/bench-state",
  location: "/srv/bench",
};

describe("the configurations of the benches", () => {
  it.each(Object.entries(CONFIGURATIONS))("%s passes the check of ossnap.yaml", (_, configuration) => {
    expect(checkConfig(JSON.stringify(configuration(PARTS)), {}).faults).toEqual([]);
  });

  it("are all listed: no other file of the benches writes one", async () => {
    const directory = new URL("../../../infra/bench/", import.meta.url);
    const writing: string[] = [];
    for (const name of (await readdir(directory, { recursive: true })).filter((file) => file.endsWith(".ts")))
      if (/\bbackups: \{|\bbackups: Object/.test(await readFile(new URL(name, directory), "utf8"))) writing.push(name);
    expect(writing).toEqual(["configurations.ts"]);
  });
});
