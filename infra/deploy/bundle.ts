import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { AppError, messageOf } from "../../shared/model/errors.ts";
import { resolvedConfigText } from "../../shared/runtime/config/loadConfig.ts";
import { FUNCTION_NAMES } from "./functionFigures.ts";

export interface BundleOptions {
  /** ossnap.yaml as text. It goes beside each bundle as `ossnap.json`, with every `${NAME}` as written. */
  configText: string;
  /** Relative to the working directory. */
  outDir?: string;
  /** Functions to bundle, all six unless told otherwise. */
  names?: readonly string[];
  /** Where `<name>.ts` lie, each exporting `handler`. */
  functionsDir?: string;
}

export interface Bundle {
  name: string;
  /** Absolute path of `index.js`. */
  path: string;
  sizeBytes: number;
}

/** Function Compute's managed nodejs20 is as old as 20.10.0 in places. */
const TARGET = "node20.10";

/** Gives bundled modules an `import.meta.url`, which CommonJS lacks. */
const IMPORT_META_URL = 'const bundleUrl=require("node:url").pathToFileURL(__filename).href;';

/**
 * Writes `<outDir>/<name>/index.js` (CommonJS, `exports.handler`), `<outDir>/<name>/ossnap.json` and `<outDir>/package.json`.
 * A bundle needs nothing beside itself but Node 20.10. Other entries of `outDir` are left alone.
 * `invalid` when the configuration has faults, or when an entry does not bundle; the message carries the bundler's own words.
 */
export async function bundleFunctions(options: BundleOptions): Promise<Bundle[]> {
  const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
  const configText = resolvedConfigText(options.configText);
  const outDir = resolve(options.outDir ?? "dist");
  const functionsDir = options.functionsDir ?? join(root, "functions");
  await mkdir(outDir, { recursive: true });
  // The project is "type": "module", which would make every index.js below it an ES module.
  await writeFile(join(outDir, "package.json"), '{"type":"commonjs"}\n');
  const names = options.names ?? FUNCTION_NAMES;
  return Promise.all(names.map((name) => bundleOne(name, { outDir, functionsDir, configText })));
}

async function bundleOne(name: string, at: { outDir: string; functionsDir: string; configText: string }): Promise<Bundle> {
  const directory = join(at.outDir, name);
  const path = join(directory, "index.js");
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  try {
    await build({
      entryPoints: [join(at.functionsDir, `${name}.ts`)],
      outfile: path,
      bundle: true,
      platform: "node",
      format: "cjs",
      target: TARGET,
      minify: true,
      legalComments: "none",
      // urllib, below ali-oss, requires it only when a proxy is configured, and it does not bundle.
      external: ["proxy-agent"],
      banner: { js: IMPORT_META_URL },
      define: { "import.meta.url": "bundleUrl" },
      logLevel: "silent",
    });
  } catch (error) {
    throw new AppError("invalid", `bundle of ${name}: ${messageOf(error)}`, { cause: error });
  }
  await writeFile(join(directory, "ossnap.json"), at.configText);
  return { name, path, sizeBytes: (await stat(path)).size };
}

async function main(): Promise<void> {
  const configText = await readFile("ossnap.yaml", "utf8");
  for (const bundle of await bundleFunctions({ configText })) {
    process.stdout.write(`${bundle.name.padEnd(16)} ${String(Math.ceil(bundle.sizeBytes / 1024)).padStart(6)} KB\n`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main().catch((error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 2;
  });
}
