// Runs before every npm script that needs the dependencies, so it may only use Node's built-in modules.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

if (!isInstalled()) {
  install();
}

/** True when node_modules matches package-lock.json. npm writes the inner lock file last, so an aborted installation counts as none. */
function isInstalled() {
  const wanted = packagesOf("package-lock.json");
  const found = packagesOf(join("node_modules", ".package-lock.json"));
  if (found === undefined || wanted === undefined) {
    return false;
  }
  return Object.entries(wanted).every(([path, entry]) => path === "" || isMet(entry, found[path]));
}

/** An optional package may be missing unless it was built for exactly this platform. */
function isMet(entry, installed) {
  if (installed === undefined) {
    return entry.optional === true && !isForHere(entry);
  }
  return entry.version === installed.version && entry.integrity === installed.integrity;
}

/** The local C library is not detected, so packages for a specific one count as foreign. */
function isForHere({ os, cpu, libc }) {
  return libc === undefined && (os?.includes(process.platform) ?? false) && (cpu?.includes(process.arch) ?? false);
}

function packagesOf(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), "utf8")).packages;
  } catch {
    return undefined;
  }
}

/** All output goes to stderr, because stdout may carry a program's JSON; `npm start -s` would otherwise suppress npm's errors too. */
function install() {
  process.stderr.write("Installing dependencies (npm ci), once …\n");
  const options = ["ci", "--include=dev", "--loglevel=error", "--no-audit", "--no-fund", "--no-progress"];
  const npm = process.env.npm_execpath ?? "";
  const [command, first] = npm.endsWith(".js") ? [process.execPath, [npm]] : ["npm", []];
  const done = spawnSync(command, [...first, ...options], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32" && command === "npm",
  });
  if (done.status === 0) {
    return;
  }
  const why = done.error?.message ?? (done.signal ? `it was ended by ${done.signal}` : `it ended with ${done.status}`);
  process.stderr.write(
    `ossnap: dependencies: npm ci failed: ${why}. Its own words stand above; mend that, or run npm ci yourself in ${root}\n`,
  );
  process.exit(1);
}
