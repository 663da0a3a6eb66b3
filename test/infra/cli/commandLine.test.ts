import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FIXTURES, flat, inDirectory, runCli, writeConfig } from "./runCli.ts";

const REPOSITORY = join(FIXTURES, "es-5.5.2-migration", "step2");
const SECRET = "planted-Secret-8f3a";

// Ten processes at once need their time on a busy machine.
describe.concurrent("command line as a process", { timeout: 60_000 }, () => {
  it("proves a repository whole by its URL, without ossnap.yaml and without a state", async () => {
    const { exitCode, stdout } = await inDirectory((cwd) => runCli(["verify", `file://${REPOSITORY}`], { cwd }));
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/snap-1 +✓ whole +footers/);
    expect(stdout).toContain("2 of 2 restorable snapshots whole");
  });

  it("exits with 3 and names the key when a blob is missing, in text and in JSON", async () => {
    await inDirectory(async (directory) => {
      const copy = join(directory, "repository");
      await cp(REPOSITORY, copy, { recursive: true });
      const key = (await readdir(copy, { recursive: true })).filter((path) => /\/__0$/.test(path)).sort()[0] ?? "";
      await rm(join(copy, key));
      const [text, json] = await Promise.all([
        runCli(["verify", `file://${copy}`, "--snapshot", "snap-1"]),
        runCli(["verify", `file://${copy}`, "--json"], { stderr: "closed" }),
      ]);
      expect(text.exitCode).toBe(3);
      expect(text.stdout).toContain(`missing  fx-orders[0]  ${key}  expected 405 B, found nothing`);
      expect(json.exitCode).toBe(3);
      const { schema, target, data } = JSON.parse(json.stdout);
      expect([schema, target]).toEqual(["verify/1", "local"]);
      expect(data.repository).toMatchObject({ url: `file://${copy}`, generation: 1, format: "5.0" });
      const [snapshot] = data.snapshots.filter(({ name }: { name: string }) => name === "snap-1");
      expect(snapshot).toMatchObject({
        name: "snap-1",
        state: "SUCCESS",
        version: "5.5.2",
        verdict: "incomplete",
        missing: [{ key, expectedBytes: 405, foundBytes: null, index: "fx-orders", shard: 0 }],
        damaged: [],
      });
      expect(snapshot.indices).toContainEqual(expect.objectContaining({ name: "fx-orders", shards: 2, documents: 3 }));
    });
  });

  it("prints one JSON error on standard output even when standard error is closed", async () => {
    const { exitCode, stdout } = await runCli(["verify", "file:///there/is/none", "--json"], { stderr: "closed" });
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: "error/1",
      error: { code: "absent", type: "urn:ossnap:problem:absent" },
      exitCode: 2,
    });
  });

  it("reads --env-file itself, wherever it stands; Node would end with 9 for a file that is not there", async () => {
    const { scripts } = JSON.parse(await readFile(new URL("../../../package.json", import.meta.url), "utf8"));
    expect(scripts.ossnap).toBe("node --import tsx -- infra/cli/main.ts");
    const lines = [
      ["jobs", "--json", "--env-file", "/nope"],
      ["--env-file=/nope", "verify", `file://${REPOSITORY}`, "--json"],
    ];
    for (const { exitCode, stdout } of await Promise.all(lines.map((line) => runCli(line)))) {
      expect(exitCode).toBe(2);
      expect(JSON.parse(stdout)).toMatchObject({ schema: "error/1", error: { code: "invalid" }, exitCode: 2 });
      expect(stdout).toContain("environment file /nope: there is no such file");
    }
  });

  it("reads the files that a line names even when the verb could do without them", async () => {
    const { exitCode, stderr } = await runCli(["verify", `file://${REPOSITORY}`, "--config", REPOSITORY]);
    expect([exitCode, flat(stderr)]).toEqual([
      2,
      expect.stringContaining(`configuration ${REPOSITORY}: it is a directory; name the file with --config`),
    ]);
  });

  it("suggests the verb that was meant, and exits with 2", async () => {
    const [text, json] = await Promise.all([runCli(["snapshot"]), runCli(["snapshot", "--json"])]);
    expect([text.exitCode, text.stdout]).toEqual([2, ""]);
    expect(text.stderr).toContain("Did you mean snapshots?");
    expect(json.exitCode).toBe(2);
    expect(JSON.parse(json.stdout)).toMatchObject({ schema: "error/1", error: { code: "usage" }, exitCode: 2 });
  });

  it("reads the configuration that the local host serves, unless the line names one", async () => {
    await inDirectory(async (directory) => {
      const served = await writeConfig(directory, "watchs: {}");
      await writeFile(join(directory, "current.env"), `OSSNAP_CONFIG=${served}\n`);
      const env = { OSSNAP_LOCAL_DIR: directory, SOURCE_PASSWORD: SECRET };
      const [local, named] = await Promise.all([runCli(["jobs"], { env }), runCli(["jobs", "--config", "none.yaml"], { env })]);
      expect(flat(local.stderr)).toContain(`using its configuration (${served})`);
      expect(flat(local.stderr)).toContain("watchs (line");
      expect(flat(named.stderr)).toContain("configuration none.yaml: there is no such file");
      expect(named.stderr).not.toContain("using its configuration");
    });
  });

  it.each([
    [["migrate", "cutover", "movies", "--yes"], "(Did you mean --start?)", "migrate cutover --help"],
    [["prune", "nightly", "--start"], "(Did you mean --apply?)", "prune --help"],
    [["unpin", "snap-1", "--yes"], "(Use one of ", "unpin --help"],
    [["migarte", "status"], "(Did you mean migrate?)", "ossnap -- --help"],
    [["migrate", "snyc", "movies"], "(Did you mean sync?)", "migrate --help"],
  ])("%j is answered with what was meant, and the help of what was found", async (line, meant, help) => {
    const { exitCode, stderr } = await runCli(line);
    expect([exitCode, flat(stderr)]).toEqual([2, expect.stringContaining(meant)]);
    expect(flat(stderr)).toContain(help);
  });

  it("exits with 2 and the fix for an unknown configuration key, and never shows its value", async () => {
    await inDirectory(async (directory) => {
      const config = await writeConfig(directory, `watchs: { secret: "${SECRET}" }`);
      const ended = await runCli(["jobs", "--config", config, "--json"], { env: { SOURCE_PASSWORD: SECRET } });
      expect(ended.exitCode).toBe(2);
      const { error } = JSON.parse(ended.stdout);
      expect(error.code).toBe("invalid");
      expect(error.detail).toMatch(/watchs.*did you mean "watches"\?/);
      expect(ended.stdout + ended.stderr).not.toContain(SECRET);
    });
  });
});
