import { execFile } from "node:child_process";
import { symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { bundleCommand } from "../../../infra/deploy/bundleCommand.ts";
import packageJson from "../../../package.json" with { type: "json" };
import { flat, inDirectory, writeConfig } from "../cli/runCli.ts";

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

async function sh(line: string, cwd: string, path: string): Promise<Ended> {
  const env = {
    PATH: `${path}:${dirname(process.execPath)}:/usr/bin:/bin`,
    LANG: "C.UTF-8",
    OSSNAP_LOCAL_DIR: "/there/is/none",
    SOURCE_PASSWORD: "x",
  };
  try {
    return { code: 0, ...(await promisify(execFile)("/bin/sh", ["-c", line], { cwd, env })) };
  } catch (error) {
    return error as Ended;
  }
}

it("bundles the command into one file that is package.json's bin, and whose printed commands run as they stand", async () => {
  expect(packageJson.bin).toEqual({ ossnap: "dist/ossnap.cjs" });
  expect(packageJson.files).toContain(packageJson.bin.ossnap);
  await inDirectory(async (directory) => {
    const { path } = await bundleCommand(join(directory, "dist", "ossnap.cjs"));
    await symlink(path, join(directory, "ossnap"));
    await writeConfig(directory);
    const ask = (line: string, from = directory) => sh(line, directory, from);

    const missing = await ask("ossnap jobs --json --env-file /nope");
    expect([missing.code, JSON.parse(missing.stdout).error.code]).toEqual([2, "invalid"]);

    const init = await ask("ossnap init --config ./ossnap.yaml");
    const [, adopt = ""] = /first function runs: +(.*)/.exec(flat(init.stdout)) ?? [];
    expect(adopt).toBe("ossnap --config ./ossnap.yaml adopt");
    expect((await ask(adopt)).stdout).toContain("backups.nightly");

    // Not on PATH: the file is named itself.
    const begun = await ask(`${path} backup nightly`, "/usr/bin");
    const [, show = ""] = /^Show: (.*)$/m.exec(flat(begun.stdout)) ?? [];
    expect(show).toMatch(/^node -- .*\/dist\/ossnap\.cjs jobs show backup-/);
    expect((await ask(show, "/usr/bin")).stdout).toContain("requested by");
  });
}, 120_000);
