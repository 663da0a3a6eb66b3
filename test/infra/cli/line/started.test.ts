import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { programOf } from "../../../../infra/cli/line/started.ts";
import { inDirectory } from "../runCli.ts";

const ROOT = "/srv/ossnap";
const main = `${ROOT}/infra/cli/main.ts`;
const npm = { npm_lifecycle_event: "ossnap", npm_package_name: "ossnap", npm_command: "run-script" };

describe("the program that printed commands name", () => {
  it.each([
    ["of npm's script", { cwd: ROOT }, { ...npm, INIT_CWD: ROOT }, "npm run -s ossnap --"],
    ["of npm's script, from a folder of the checkout", { cwd: ROOT }, { ...npm, INIT_CWD: `${ROOT}/docs` }, "npm run -s ossnap --"],
    ["of npm's script, from elsewhere", { cwd: ROOT }, { ...npm, INIT_CWD: "/data/li" }, "npm --prefix /srv/ossnap run -s ossnap --"],
    ["of the sources", { cwd: ROOT }, {}, "npm run -s ossnap --"],
    ["of the sources, from elsewhere", { cwd: "/data/li" }, {}, "npm --prefix /srv/ossnap run -s ossnap -- --config /data/li/ossnap.yaml"],
  ])("is the checkout's: %s", (_how, { cwd }, environment, program) => {
    expect(programOf({ script: main, cwd }, environment, {})).toBe(program);
  });

  it("carries the user's own --config and --env-file, absolute where it runs elsewhere", () => {
    const carried = { config: "my prod.yaml", envFile: "x.env" };
    expect(programOf({ script: main, cwd: ROOT }, npm, carried)).toBe("npm run -s ossnap -- --config 'my prod.yaml' --env-file x.env");
    expect(programOf({ script: main, cwd: "/a" }, {}, carried)).toMatch(/--config '\/a\/my prod\.yaml' --env-file \/a\/x\.env$/);
    expect(programOf(undefined, {}, carried)).toBe("ossnap --config 'my prod.yaml' --env-file x.env");
  });

  it("is ossnap only where PATH leads to this very file, npx where npm extended PATH, else the file itself", async () => {
    await inDirectory(async (directory) => {
      const [bin, script] = [join(directory, "node_modules", ".bin"), join(directory, "ossnap.cjs")];
      await mkdir(bin, { recursive: true });
      await writeFile(script, "");
      await chmod(script, 0o755);
      await symlink(script, join(bin, "ossnap"));
      const started = { script: join(bin, "ossnap"), cwd: "/" };
      const of = (environment: Record<string, string>) => programOf(started, environment, {});
      expect(of({ PATH: `/nowhere:${bin}` })).toBe("ossnap");
      expect(of({ PATH: bin, npm_command: "exec" })).toBe("npx ossnap");
      expect(of({ PATH: "/nowhere" })).toBe(`node -- ${bin}/ossnap`);
      const other = join(directory, "other");
      await mkdir(other);
      await writeFile(join(other, "ossnap"), "");
      await chmod(join(other, "ossnap"), 0o755);
      expect(of({ PATH: `${other}:${bin}` })).toBe(`node -- ${bin}/ossnap`);
    });
  });
});
