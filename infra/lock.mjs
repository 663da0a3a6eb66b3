import { readFileSync, writeFileSync } from "node:fs";

/**
 * Restores entries that npm drops from package-lock.json: packages for other platforms that the current registry does not provide.
 * Without them `npm ci` reports the lock file as out of sync. Run after every `npm install`: node infra/lock.mjs
 */
const path = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(path, "utf8"));
const packages = lock.packages;
let added = 0;
for (const owner of Object.values(packages)) {
  for (const [name, range] of Object.entries(owner.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    if (packages[key] !== undefined) continue;
    const platform = platformOf(name);
    if (platform === undefined) continue;
    packages[key] = { version: range.replace(/^[~^]/, ""), ...platform, dev: true, optional: true };
    added += 1;
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
if (added > 0) writeFileSync(path, `${JSON.stringify(lock, undefined, 2)}\n`);
process.stderr.write(`package-lock.json: ${added} packages of other platforms put back\n`);

/** `@biomejs/cli-linux-x64-musl` → linux, x64, musl; undefined for a name without a platform suffix. */
function platformOf(name) {
  const found = /-(android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|x64|ia32|ppc64|riscv64|s390x)(?:-(\w+))?$/.exec(name);
  if (found === null) return undefined;
  const [, os, cpu, abi = ""] = found;
  const libc = os === "linux" && abi !== "" ? { libc: [abi.startsWith("musl") ? "musl" : "glibc"] } : {};
  return { cpu: [cpu], ...libc, os: [os] };
}
