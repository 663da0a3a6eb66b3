import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const LOCK = {
  packages: {
    "": { name: "project" },
    "node_modules/a": { version: "1.0.0", integrity: "sha512-a" },
    "node_modules/elsewhere": { version: "1.0.0", optional: true, os: ["plan9"], cpu: ["pdp11"] },
    "node_modules/here": { version: "1.0.0", optional: true, os: [process.platform], cpu: [process.arch] },
  },
};

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "ossnap-install-test-"));
  mkdirSync(join(root, "infra"));
  cpSync("infra/install.mjs", join(root, "infra/install.mjs"));
  writeFileSync(join(root, "package-lock.json"), JSON.stringify(LOCK));
  // A stand-in for npm that records its arguments, prints to stdout, and exits with the requested code.
  const npm =
    'require("fs").writeFileSync("called.json", JSON.stringify(process.argv.slice(2))); console.log("npm speaks"); process.exit(Number(process.env.NPM_ENDS));';
  writeFileSync(join(root, "npm-cli.js"), npm);
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function install(npmEnds = 0) {
  const env = { ...process.env, npm_execpath: join(root, "npm-cli.js"), NPM_ENDS: String(npmEnds) };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "infra/install.mjs")], { env, encoding: "utf8" });
  return { status, stdout, stderr, called: existsSync(join(root, "called.json")) };
}

function installed(change: Record<string, unknown> = {}): void {
  const { "": _, "node_modules/elsewhere": _foreign, ...packages } = LOCK.packages;
  mkdirSync(join(root, "node_modules"), { recursive: true });
  writeFileSync(join(root, "node_modules/.package-lock.json"), JSON.stringify({ packages: { ...packages, ...change } }));
}

describe("install.mjs", () => {
  it("runs npm ci in a fresh clone, including development tools, and keeps stdout clean", () => {
    expect(install()).toMatchObject({ status: 0, stdout: "", stderr: expect.stringContaining("npm speaks"), called: true });
    expect(JSON.parse(readFileSync(join(root, "called.json"), "utf8"))).toEqual(expect.arrayContaining(["ci", "--include=dev"]));
  });

  it("does nothing and prints nothing when the installed packages match the lock file", () => {
    installed();
    expect(install()).toEqual({ status: 0, stdout: "", stderr: "", called: false });
  });

  it.each([
    ["another version", { "node_modules/a": { version: "0.9.0", integrity: "sha512-a" } }],
    ["other bytes", { "node_modules/a": { version: "1.0.0", integrity: "sha512-b" } }],
    ["a missing package", { "node_modules/a": undefined }],
    ["a binary of another platform only", { "node_modules/here": undefined }],
  ])("runs npm ci again after %s", (_, change) => {
    installed(change);
    expect(install()).toMatchObject({ status: 0, called: true });
  });

  it("exits with a clear error when npm ci fails", () => {
    expect(install(7)).toMatchObject({
      status: 1,
      stdout: "",
      stderr: expect.stringMatching(/ossnap: dependencies: npm ci failed: it ended with 7/),
    });
  });
});
