import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build } from "esbuild";
import { AppError, messageOf } from "../../shared/model/errors.ts";
import { readCertificate } from "../../shared/runtime/certificates.ts";
import { hasPlaceholder } from "../../shared/runtime/config/environment.ts";
import { resolvedConfigText } from "../../shared/runtime/config/loadConfig.ts";
import { FUNCTION_NAMES } from "./functionLimits.ts";

export interface BundleOptions {
  /** ossnap.yaml as text. It is written next to each bundle as `ossnap.json`, with every `${NAME}` as written. */
  configText: string;
  /** Where files that the configuration names lie; defaults to the working directory. */
  configDir?: string;
  /** Relative to the working directory. */
  outDir?: string;
  /** Functions to bundle; defaults to all seven. */
  names?: readonly string[];
  /** The directory of the `<name>.ts` files, each exporting `handler`. */
  functionsDir?: string;
}

export interface Bundle {
  name: string;
  /** Absolute path of `index.js`. */
  path: string;
  sizeBytes: number;
}

/** Function Compute's managed nodejs20 is still 20.10.0 in some places. */
const TARGET = "node20.10";

/** Provides an `import.meta.url` to bundled modules, which CommonJS lacks. */
export const IMPORT_META_URL = 'const bundleUrl=require("node:url").pathToFileURL(__filename).href;';

/** One CommonJS file with everything but Node in it; needs the banner {@link IMPORT_META_URL}. */
export const BUNDLED = {
  bundle: true,
  platform: "node",
  format: "cjs",
  target: TARGET,
  minify: true,
  legalComments: "none",
  // urllib, a dependency of ali-oss, requires it only when a proxy is configured, and it does not bundle.
  external: ["proxy-agent"],
  define: { "import.meta.url": "bundleUrl" },
  logLevel: "silent",
} satisfies BuildOptions;

/**
 * Writes `<outDir>/<name>/index.js` (CommonJS, `exports.handler`), `<outDir>/<name>/ossnap.json` and `<outDir>/package.json`.
 * A bundle's only dependency is Node 20.10. Other entries of `outDir` are left unchanged.
 * Throws `invalid` when the configuration has faults or an entry does not bundle; the message includes the bundler's own message.
 */
export async function bundleFunctions(options: BundleOptions): Promise<Bundle[]> {
  const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
  const configText = withCertificateTexts(resolvedConfigText(options.configText), options.configDir ?? ".");
  const outDir = resolve(options.outDir ?? "dist");
  const functionsDir = options.functionsDir ?? join(root, "functions");
  await mkdir(outDir, { recursive: true });
  // The project is "type": "module", which would make every index.js below it an ES module.
  await writeFile(join(outDir, "package.json"), '{"type":"commonjs"}\n');
  const names = options.names ?? FUNCTION_NAMES;
  return Promise.all(names.map((name) => bundleOne(name, { outDir, functionsDir, configText })));
}

/** A bundle has no other files: it contains the certificates that ossnap.yaml names as files. */
function withCertificateTexts(configText: string, directory: string): string {
  const tree = JSON.parse(configText) as { clusters?: Record<string, { ca?: string }> };
  for (const [name, cluster] of Object.entries(tree.clusters ?? {})) {
    if (cluster.ca === undefined || hasPlaceholder(cluster.ca)) continue;
    const { pem, wrong = "" } = readCertificate(cluster.ca, directory);
    if (pem === undefined) throw new AppError("invalid", `clusters.${name}.ca: ${wrong}: ${JSON.stringify(cluster.ca)}`);
    cluster.ca = pem;
  }
  return `${JSON.stringify(tree, undefined, 2)}\n`;
}

async function bundleOne(name: string, at: { outDir: string; functionsDir: string; configText: string }): Promise<Bundle> {
  const directory = join(at.outDir, name);
  const path = join(directory, "index.js");
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  try {
    await build({ ...BUNDLED, entryPoints: [join(at.functionsDir, `${name}.ts`)], outfile: path, banner: { js: IMPORT_META_URL } });
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
