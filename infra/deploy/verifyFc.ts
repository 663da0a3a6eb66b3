import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { AppError, messageOf } from "../../shared/model/errors.ts";
import { resolveTemplate } from "./resolveTemplate.ts";

export interface Verdict {
  resource: string;
  /** The faults reported by `s verify`, without the resource's name; empty means accepted. */
  faults: string[];
}

/** The command `s` of the installed package. */
const COMMAND = join(dirname(createRequire(import.meta.url).resolve("@serverless-devs/s/package.json")), "bin", "s");
const VERIFY_TIMEOUT_MS = 60_000;

/** The command requests the schema from a component, so a stub that returns fc3's makes it work offline. */
const STUB = `const { readFileSync } = require("node:fs");
module.exports = class { async getSchema() { return readFileSync(require("node:path").join(__dirname, "schema.json"), "utf8"); } };
`;

/** A runtime that is in no schema of fc3. */
const PLANTED_RUNTIME = "nodejs0";

/**
 * Runs the real `s verify` on an s.yaml, offline, against the text of fc3's `src/schema.json`: one verdict per resource.
 * Each call first proves that the command detects a wrong runtime in every function; throws `permanent` when it does not, or when its
 * output is neither a pass nor a list of faults. Does not cover trigger configurations and misspelt keys: see checkServerless.
 */
export async function verifyFc(serverlessText: string, schemaText: string): Promise<Verdict[]> {
  const directory = await mkdtemp(join(tmpdir(), "ossnap-verify-"));
  try {
    await mkdir(join(directory, "fc3"));
    await mkdir(join(directory, ".s"));
    await writeFile(join(directory, "fc3", "package.json"), '{"name":"fc3","version":"0.0.0","main":"index.js"}');
    await writeFile(join(directory, "fc3", "index.js"), STUB);
    await writeFile(join(directory, "fc3", "schema.json"), schemaText);
    // Otherwise the command sends usage data to its vendor.
    await writeFile(join(directory, ".s", "set-config.yml"), "analysis: disable\n");
    const planted = await verify(directory, serverlessText.replaceAll(/runtime:.*/g, `runtime: ${PLANTED_RUNTIME}`));
    const blind = planted.filter(({ faults }) => !faults.some((fault) => fault.startsWith("props/runtime ")));
    if (planted.length === 0 || blind.length > 0) {
      const names = blind.map(({ resource }) => resource).join(", ");
      throw new AppError(
        "permanent",
        `s verify: accepted runtime ${PLANTED_RUNTIME} in ${names}, so its verdict is worth nothing; is the file fc3's schema?`,
      );
    }
    return await verify(directory, serverlessText);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function verify(directory: string, serverlessText: string): Promise<Verdict[]> {
  const { document, environmentNames, faults } = resolveTemplate(serverlessText);
  const resources = Object.keys((document as { resources?: object } | undefined)?.resources ?? {});
  if (faults.length > 0 || resources.length === 0) {
    throw new AppError("invalid", "s.yaml: cannot be read; npm run check:serverless says why");
  }
  await writeFile(
    join(directory, "s.yaml"),
    serverlessText.replaceAll(/component:\s*fc3(?:@[\d.]+)?/g, `component: ${join(directory, "fc3")}`),
  );
  const { code, output } = await runVerify(directory, environmentNames);
  const found = [...output.matchAll(/^([\w-]+)\/(.+)$/gm)].filter(([, resource = ""]) => resources.includes(resource));
  // For an unknown template it exits with 0, so only its explicit message counts as a pass.
  const passed = code === 0 && /^Format verification for \[.*\] passed/m.test(output);
  if (passed === found.length > 0) {
    throw new AppError("permanent", `s verify: neither a pass nor faults (it ended with ${code}): ${output.trim()}`);
  }
  return resources.map((resource) => ({ resource, faults: found.filter(([, name]) => name === resource).map(([, , text = ""]) => text) }));
}

function runVerify(directory: string, environmentNames: readonly string[]): Promise<{ code: number; output: string }> {
  const standIns = Object.fromEntries(environmentNames.map((name) => [name, process.env[name] || "unset"]));
  // With any other NODE_ENV the command leaves processes behind that check for updates and write to HOME.
  const env = { NODE_ENV: "test", PATH: process.env.PATH, HOME: directory, USERPROFILE: directory, ...standIns };
  const options = { cwd: directory, env, timeout: VERIFY_TIMEOUT_MS };
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, [COMMAND, "verify", "-t", "s.yaml"], options, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== "number") {
        reject(new AppError("permanent", `s verify: did not end by itself: ${messageOf(error)}`, { cause: error }));
        return;
      }
      resolve({ code: child.exitCode ?? 0, output: `${stdout}\n${stderr}` });
    });
    child.stdin?.end();
  });
}

async function main(schemaPath: string | undefined, serverlessPath = "s.yaml"): Promise<void> {
  if (schemaPath === undefined) {
    throw new AppError(
      "invalid",
      "verify:fc: SCHEMA is missing; give the path of src/schema.json from the sources of fc3: npm run verify:fc -- SCHEMA",
    );
  }
  const verdicts = await verifyFc(await readFile(serverlessPath, "utf8"), await readFile(schemaPath, "utf8"));
  for (const { resource, faults } of verdicts) {
    process.stdout.write(`${resource.padEnd(16)} ${faults.length === 0 ? "passes" : faults.join("\n".padEnd(18))}\n`);
  }
  process.exitCode = verdicts.every(({ faults }) => faults.length === 0) ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(...(process.argv.slice(2, 4) as [string?, string?])).catch((error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 2;
  });
}
