import { describe, expect, it } from "vitest";
import { readStartOptions } from "../../../../infra/local/host/startOptions.ts";

describe("options of npm start", () => {
  it("may be omitted, or given in any order", () => {
    expect(readStartOptions([])).toEqual({
      ...{ help: false, once: false, json: false },
      ...{ versions: undefined, data: undefined, config: undefined },
    });
    const versions = { source: "6.7.0", target: "7.10.2" };
    expect(readStartOptions(["--versions", "6.7.0,7.10.2", "--json", "--once"])).toEqual({
      help: false,
      once: true,
      json: true,
      versions,
      data: undefined,
      config: undefined,
    });
    expect(readStartOptions(["--versions=6.7.0, 7.10.2"])).toMatchObject({ versions });
    expect(readStartOptions(["--data", "/var/tmp/movies", "--once"])).toMatchObject({ data: "/var/tmp/movies", once: true });
    expect(readStartOptions(["--config=ossnap.yaml"])).toMatchObject({ config: "ossnap.yaml" });
  });

  it("may ask for the usage only", () => {
    expect(readStartOptions(["--help"]).help).toBe(true);
  });

  it.each([
    [["--twice"], "--twice: is not an option"],
    [["--once=yes"], "--once=yes: is not an option"],
    [["6.7.0"], "6.7.0: is not an option"],
    [["--data"], '--data: "" is no directory'],
    [["--data", "--once"], '--data: "--once" is no directory'],
    [["--config"], '--config: "" is no file: write it as --config infra/local/migrating.yaml'],
    [["--config", "nowhere.yaml"], '--config: "nowhere.yaml" is no file'],
    [["--config", "ossnap.yaml", "--once"], "--config: it plays no story, which --once and --json are for"],
    [["--versions"], "--versions: \"\" is not a source's and a target's version: write them as 6.7.0,7.10.2"],
    [["--versions", "6.7.0"], "is not a source's and a target's version"],
    [["--versions", "6.7.0,6.7.0,7.10.2"], "is not a source's and a target's version"],
    [["--versions", "6.7.0,7.10.3"], "Elasticsearch 7.10.3 cannot be run locally: use one of 2.4.6, "],
  ])("%j are rejected by name and with the fix", (args, message) => {
    expect(() => readStartOptions(args)).toThrow(expect.objectContaining({ code: "invalid", message: expect.stringContaining(message) }));
  });
});
