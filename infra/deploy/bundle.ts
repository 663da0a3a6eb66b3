import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Metafile } from "esbuild";
import { AppError, messageOf } from "../../shared/model/errors.ts";
import { bundledConfigText } from "./bundling/bundledConfig.ts";
import { LEFT_OUT, LEFT_OUT_OF_FUNCTIONS, leavingOut } from "./bundling/leftOut.ts";
import { splitBundle } from "./bundling/split.ts";
import { VENDOR_DIRECTORY, VENDOR_FILES, vendorSource, vendorsBeside } from "./bundling/vendorFiles.ts";
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

/** A file of a bundle. */
export interface BundledFile {
  /** Relative to the bundle's directory: `index.js`, `job-ABCDEFGH.js`, `vendor/oss.js`. */
  file: string;
  sizeBytes: number;
  /** Names of the packages in it, in order. */
  packages: string[];
  /** Paths of ossnap's own sources in it; none in a vendor's file. */
  sources: string[];
}

export interface Bundle {
  name: string;
  /** Absolute path of `index.js`. */
  path: string;
  /** Of `index.js`. */
  sizeBytes: number;
  /** `index.js` first, then the files beside it. */
  files: BundledFile[];
}

/** Function Compute's managed nodejs20 is still 20.10.0 in some places. */
const TARGET = "node20.10";

/** Provides an `import.meta.url` to bundled modules, which CommonJS lacks. */
export const IMPORT_META_URL = 'const bundleUrl=require("node:url").pathToFileURL(__filename).href;';

/**
 * One CommonJS file with everything but Node and what is left out in it; needs the banner {@link IMPORT_META_URL}. Without V8's code cache: one
 * that Node 20.10.0 wrote ends another patch version that reads it.
 */
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
  plugins: [leavingOut()],
  logLevel: "silent",
} satisfies BuildOptions;

/**
 * Writes `<outDir>/<name>/index.js` (CommonJS, `exports.handler`) with what is loaded on demand, the vendors' libraries and `ossnap.json` beside it, and
 * `<outDir>/package.json`. A bundle's only dependency is Node 20.10. Other entries of `outDir` are left unchanged.
 * Throws `invalid` when the configuration has faults or an entry does not bundle; the message includes the bundler's own message.
 */
export async function bundleFunctions(options: BundleOptions): Promise<Bundle[]> {
  const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
  const configText = bundledConfigText(options.configText, options.configDir ?? ".");
  const outDir = resolve(options.outDir ?? "dist");
  const functionsDir = options.functionsDir ?? join(root, "functions");
  await mkdir(outDir, { recursive: true });
  // The project is "type": "module", which would make every index.js below it an ES module.
  await writeFile(join(outDir, "package.json"), '{"type":"commonjs"}\n');
  const names = options.names ?? FUNCTION_NAMES;
  const vendorDir = await mkdtemp(join(tmpdir(), "ossnap-vendor-"));
  try {
    const vendors = await Promise.all(
      Object.entries(VENDOR_FILES).map(([file, packages]) => bundleVendor(file, packages, { root, vendorDir })),
    );
    return await Promise.all(names.map((name) => bundleOne(name, { outDir, functionsDir, configText, vendorDir, vendors })));
  } finally {
    await rm(vendorDir, { recursive: true, force: true });
  }
}

async function bundleVendor(
  file: string,
  packages: Parameters<typeof vendorSource>[0],
  at: { root: string; vendorDir: string },
): Promise<BundledFile> {
  const stdin = { contents: vendorSource(packages), resolveDir: at.root };
  const outfile = join(at.vendorDir, `${file}.js`);
  // Of what only some exports are wanted, the form that can be cut: ES modules.
  const mainFields = ["module", "main"];
  const plugins = [leavingOut([...LEFT_OUT, ...LEFT_OUT_OF_FUNCTIONS])];
  const { metafile } = await build({ ...BUNDLED, plugins, mainFields, stdin, outfile, metafile: true, banner: { js: IMPORT_META_URL } });
  return { file: `${VENDOR_DIRECTORY}/${file}.js`, ...contentsOf(metafile) };
}

/** Of a build with one output. */
function contentsOf(metafile: Metafile): Omit<BundledFile, "file"> {
  const [output] = Object.values(metafile.outputs);
  return { sizeBytes: output?.bytes ?? 0, packages: packagesOf(Object.keys(output?.inputs ?? {})), sources: [] };
}

function packagesOf(sources: readonly string[]): string[] {
  const packages = sources.flatMap((source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? []);
  return [...new Set(packages)].sort();
}

interface Destination {
  outDir: string;
  functionsDir: string;
  configText: string;
  vendorDir: string;
  vendors: readonly BundledFile[];
}

async function bundleOne(name: string, at: Destination): Promise<Bundle> {
  const directory = join(at.outDir, name);
  const path = join(directory, "index.js");
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  await cp(at.vendorDir, join(directory, VENDOR_DIRECTORY), { recursive: true });
  await writeFile(join(directory, "ossnap.json"), at.configText);
  const entry = join(at.functionsDir, `${name}.ts`);
  const split = await splitBundle(entry, { ...BUNDLED, plugins: [vendorsBeside, leavingOut()] }, IMPORT_META_URL).catch(
    (error: unknown) => {
      throw new AppError("invalid", `bundle of ${name}: ${messageOf(error)}`, { cause: error });
    },
  );
  const own = split.map(({ file, code, sources }) => ({
    file,
    sizeBytes: Buffer.byteLength(code),
    packages: packagesOf(sources),
    sources,
  }));
  // `index.js` is the last: without it a bundle that was broken off is none.
  const written = [...split].reverse();
  for (const { file, code } of written) await writeFile(join(directory, file), code);
  await readableByAll(directory);
  return { name, path, sizeBytes: own[0]?.sizeBytes ?? 0, files: [...own, ...at.vendors] };
}

/**
 * An archive keeps the modes, and Function Compute runs code as a common user: https://www.alibabacloud.com/help/doc-detail/59223.htm. A temporary
 * directory, or a strict umask, would close it to that user.
 */
async function readableByAll(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await readableByAll(path);
    else await chmod(path, 0o644);
  }
}

function kilobytes(bytes: number): string {
  return `${String(Math.ceil(bytes / 1024)).padStart(6)} KB`;
}

async function main(): Promise<void> {
  const configText = await readFile("ossnap.yaml", "utf8");
  for (const bundle of await bundleFunctions({ configText })) {
    const besideBytes = bundle.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, -bundle.sizeBytes);
    process.stdout.write(`${bundle.name.padEnd(16)} ${kilobytes(bundle.sizeBytes)}, and ${kilobytes(besideBytes)} beside it\n`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main().catch((error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 2;
  });
}
