import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { runCommand } from "../../../infra/cli/program.ts";
import { flat, inDirectory, writeConfig } from "./runCli.ts";

const SECRET = "planted-Secret-8f3a";

/** Runs the command in this process and captures both outputs. */
async function run(words: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    vi.spyOn(process[name], "write").mockImplementation((text: unknown, ...rest: unknown[]) => {
      texts[name] += String(text);
      const written = rest.find((one) => typeof one === "function") as (() => void) | undefined;
      written?.();
      return true;
    });
  }
  const exitCode = await runCommand(words, { LANG: "C.UTF-8", OSSNAP_LOCAL_DIR: "/there/is/none" });
  vi.restoreAllMocks();
  return { exitCode, ...texts };
}

afterEach(() => {
  vi.restoreAllMocks();
});

/** A state in a directory, a cluster that does not answer, and a password in an environment file. */
async function inDeployment(use: (ask: (...words: string[]) => ReturnType<typeof run>) => Promise<void>): Promise<void> {
  await inDirectory(async (directory) => {
    const config = await writeConfig(directory);
    const envFile = join(directory, "secrets.env");
    await writeFile(envFile, `# of the cluster\nSOURCE_PASSWORD=${SECRET}\n`);
    await use((...words) => run([...words, "--config", config, "--env-file", envFile]));
  });
}

describe("a deployment on the command line", () => {
  it("is refused without the state's identity, which init writes once", async () => {
    await inDeployment(async (ask) => {
      const before = await ask("jobs");
      expect([before.exitCode, before.stdout]).toEqual([2, ""]);
      expect(flat(before.stderr)).toMatch(/run: `ossnap --config \/\S+ --env-file \/\S+ init`/);
      const [first, second] = [await ask("init", "--json"), await ask("init", "--json")];
      expect([JSON.parse(first.stdout).data.created, JSON.parse(second.stdout).data.created]).toEqual([true, false]);
    });
  });

  it("writes the request even when the cluster is down, reports it on standard error, and never shows the password", async () => {
    await inDeployment(async (ask) => {
      await ask("init");
      const backup = await ask("backup", "nightly", "--wait=1ms", "--json");
      expect(backup.exitCode).toBe(6);
      const lines = backup.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      expect(lines.map(({ type }) => type)).toEqual(["progress", "progress", "result"]);
      expect(lines.at(-1)).toMatchObject({ schema: "job/1", exitCode: 6, data: { kind: "backup", state: "asked" } });
      expect(backup.stderr).toContain("connection refused");

      const { id } = lines.at(-1).data;
      const [shown, listed, rows] = [await ask("jobs", "show", id), await ask("jobs", "--open", "--json"), await ask("repositories")];
      expect(shown.stdout).toContain("requested by");
      expect(JSON.parse(listed.stdout).data).toEqual([expect.objectContaining({ id })]);
      expect(flat(rows.stdout)).toContain("could not read the current state (transient)");
      for (const { stdout, stderr } of [backup, shown, listed, rows]) expect(stdout + stderr).not.toContain(SECRET);
    });
  });

  it("cancels only with a confirmation", async () => {
    await inDeployment(async (ask) => {
      await ask("init");
      const { id } = JSON.parse((await ask("backup", "nightly", "--json")).stdout).data;
      expect(await ask("jobs", "cancel", id)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("--yes") });
      expect(await ask("jobs", "cancel", id, "--yes")).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining("requested. Its unfinished work is undone."),
      });
      expect(JSON.parse((await ask("jobs", "show", id, "--json")).stdout).data.reason.code).toBe("cancel.asked");
    });
  });

  it("exits with 2 wherever a directory of ossnap.yaml does not exist: that of the state as that of a repository", async () => {
    await inDirectory(async (directory) => {
      const config = await writeConfig(directory);
      const line = (...words: string[]) => run([...words, "--config", config, "--env-file", join(directory, "secrets.env")]);
      await writeFile(join(directory, "secrets.env"), `SOURCE_PASSWORD=${SECRET}\n`);
      await line("init");
      await rm(join(directory, "movies"), { recursive: true });
      const restore = ["restore", "latest", "--repository", "movies", "--to", "source"];
      for (const words of [["verify", "movies"], ["snapshots", "movies"], restore]) {
        const { exitCode, stderr } = await line(...words);
        expect([words[0], exitCode, flat(stderr).includes("does not exist")]).toEqual([words[0], 2, true]);
      }
      await writeFile(
        config,
        (await readFile(config, "utf8")).replace(`bucket: ${directory}, prefix`, `bucket: ${directory}/nosuch, prefix`),
      );
      for (const words of [["status"], ["init"], ["jobs"]]) {
        const { exitCode, stderr } = await line(...words);
        expect([words[0], exitCode, flat(stderr).includes("does not exist")]).toEqual([words[0], 2, true]);
      }
    });
  });

  it.each([
    [["help"], ["--help"]],
    [["help", "--help"], ["--help"]],
    [
      ["--json", "help"],
      ["--json", "--help"],
    ],
    [
      ["help", "backup"],
      ["backup", "--help"],
    ],
    [
      ["--config", "help", "help", "jobs", "show"],
      ["jobs", "show", "--help"],
    ],
  ])("answers %j on standard output, as %j", async (asked, same) => {
    const before = process.exitCode;
    // As main.ts leaves it until the command has ended; commander takes it over for its own word `help`.
    process.exitCode = 1;
    const [first, second] = [await run(asked), await run(same)];
    process.exitCode = before;
    expect(first).toEqual(second);
    expect([first.exitCode, first.stderr, first.stdout.includes("Usage: ")]).toEqual([0, "", true]);
  });

  it("creates one job for one key", async () => {
    await inDeployment(async (ask) => {
      await ask("init");
      const asked = async () => JSON.parse((await ask("backup", "nightly", "--key", "one", "--json")).stdout).data.id;
      expect(await asked()).toBe(await asked());
      expect(JSON.parse((await ask("jobs", "--json")).stdout).data).toHaveLength(1);
    });
  });

  it("pauses, shows a reminder, and resumes", async () => {
    await inDeployment(async (ask) => {
      await ask("init");
      expect((await ask("pause")).stdout).toContain("! ossnap is paused");
      expect((await ask("jobs")).stderr).toContain("ossnap is paused");
      const resumed = await ask("resume", "--json");
      expect([JSON.parse(resumed.stdout).data, resumed.stderr]).toEqual([{ paused: false }, ""]);
      expect((await ask("jobs")).stderr).toBe("");
    });
  });

  it.each([
    [["backup", "weekly"], 'no "weekly"'],
    [["backup", "nightly", "--wait=soon"], "--wait"],
    [["restore", "snap-1", "--to", "source"], "--repository"],
    [["restore", "snap-1", "--repository", "movies", "--to", "source", "--replicas", "two"], "--replicas"],
    [["jobs", "--kind", "dance"], '"dance"'],
    [["verify", "nothing"], 'no "nothing"'],
    [["verify", "gs://bucket"], "not a place"],
  ])("exits with 2 and reports what is wrong: %j", async (words, said) => {
    await inDeployment(async (ask) => {
      await ask("init");
      const { exitCode, stderr, stdout } = await ask(...words);
      expect([exitCode, stdout]).toEqual([2, ""]);
      expect(stderr).toContain(said);
    });
  });
});
