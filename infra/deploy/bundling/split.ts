import { basename } from "node:path";
import { type BuildOptions, build, type Metafile, type Plugin, transform } from "esbuild";

/** One file of a split bundle, in the directory of `index.js`. */
export interface SplitFile {
  /** `index.js`, `job-ABCDEFGH.js` */
  file: string;
  code: string;
  /** Paths of the sources in it. */
  sources: string[];
}

/**
 * Bundles one entry into `index.js`, which holds what is loaded before the handler runs, and files beside it for what `await import()` loads.
 * Splitting is esbuild's, which has it for ES modules only, and cuts what is loaded at once into dozens of files: here those are one file
 * again, and the others take from it what they share with it, so that a module exists once. All files are CommonJS.
 * @param options those of the bundle; `banner` goes into each file that needs it.
 */
export async function splitBundle(entry: string, options: BuildOptions, banner: string): Promise<SplitFile[]> {
  const split = await build({
    ...options,
    format: "esm",
    splitting: true,
    write: false,
    metafile: true,
    entryPoints: { index: entry },
    // Nothing is written: the files of one directory find each other, `ossnap.json` and the vendors' libraries.
    outdir: NOWHERE,
    entryNames: "[name]",
    chunkNames: "[name]-[hash]",
  });
  const texts = new Map(split.outputFiles.map(({ path, text }) => [basename(path), text]));
  const start = startOf(split.metafile);
  const stdin = { contents: startSource(start, sharedBy(split.metafile, start)), sourcefile: "start.js" };
  const whole = await build({ ...CUT, bundle: true, write: false, stdin, plugins: [inMemory(texts, start)] });
  const files = [
    { file: INDEX, code: whole.outputFiles[0]?.text ?? "", sources: start.flatMap((file) => sourcesOf(split.metafile, file)) },
  ];
  for (const [file, text] of [...texts].filter(([one]) => !start.includes(one)).sort()) {
    const { code } = await transform(text, { ...CUT, sourcefile: file });
    files.push({ file, code: takingFromIndex(code, start), sources: sourcesOf(split.metafile, file) });
  }
  return files.map(({ code, ...file }) => ({ ...file, code: code.includes("bundleUrl") ? `${banner}${code}` : code }));
}

const INDEX = "index.js";
const NOWHERE = "split";

const CUT = {
  // Every package and file is external, or a text; Node's own platform would add names for the loader of ES modules.
  platform: "neutral",
  format: "cjs",
  target: "node20.10",
  minify: true,
  legalComments: "none",
  // As `require`: Node's own `import()` in a CommonJS file first loads the loader of ES modules.
  supported: { "dynamic-import": false },
  logLevel: "silent",
} satisfies BuildOptions;

/** Of a file that several others share: below it, a file of its own costs more than reading it each time. */
const SHARED_BYTES_MIN = 4_000;

/** The entry, all that it imports when it is loaded, and what is too small for a file and needs nothing else. */
function startOf({ outputs }: Metafile): string[] {
  const byFile = new Map(Object.entries(outputs).map(([path, output]) => [basename(path), output]));
  const neededBy = (file: string) =>
    (byFile.get(file)?.imports ?? []).flatMap(({ path, kind }) =>
      kind === "import-statement" && byFile.has(basename(path)) ? [basename(path)] : [],
    );
  const start = new Set([INDEX]);
  for (const file of start) for (const needed of neededBy(file)) start.add(needed);
  const isSmall = (file: string) => {
    const { bytes = 0, entryPoint, inputs = {} } = byFile.get(file) ?? {};
    // A library does more when it is loaded than name what it has.
    const isOwn = Object.keys(inputs).every((source) => !/^vendor:|node_modules/.test(source));
    return entryPoint === undefined && isOwn && bytes < SHARED_BYTES_MIN && neededBy(file).every((needed) => start.has(needed));
  };
  for (let before = 0; before < start.size; ) {
    before = start.size;
    for (const file of byFile.keys()) if (!start.has(file) && isSmall(file)) start.add(file);
  }
  return [...start];
}

/** What the files that are loaded later need of those that are loaded at once. */
function sharedBy({ outputs }: Metafile, start: readonly string[]): Set<string> {
  const later = Object.entries(outputs).filter(([path]) => !start.includes(basename(path)));
  return new Set(later.flatMap(([, { imports }]) => imports.map(({ path }) => basename(path))));
}

/** Beside the handler it exports the shared parts, each under a name. */
function startSource(start: readonly string[], shared: ReadonlySet<string>): string {
  const parts = start.map((file, at) => (shared.has(file) && file !== INDEX ? `export * as ${partName(at)} from ${quoted(file)};` : ""));
  return [`export * from ${quoted(INDEX)};`, ...parts].join("\n");
}

/** As it is imported. */
function quoted(file: string): string {
  return JSON.stringify(`./${file}`);
}

function partName(at: number): string {
  return `part${at}`;
}

/** A file that is loaded later finds `index.js` loaded, with all that it shares with it. */
function takingFromIndex(code: string, start: readonly string[]): string {
  return start.reduce(
    (text, file, at) => text.replaceAll(`require(${quoted(file)})`, `require(${quoted(INDEX)})${file === INDEX ? "" : `.${partName(at)}`}`),
    code,
  );
}

/** Resolves what is loaded at once to its text. */
function inMemory(texts: ReadonlyMap<string, string>, start: readonly string[]): Plugin {
  const namespace = "start";
  return {
    name: "in memory",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /./ }, ({ path }) => {
        const file = path.replace(/^\.\//, "");
        return start.includes(file) ? { path: file, namespace } : { path, external: true };
      });
      onLoad({ filter: /./, namespace }, ({ path }) => ({ contents: texts.get(path) ?? "" }));
    },
  };
}

function sourcesOf({ outputs }: Metafile, file: string): string[] {
  const [, output] = Object.entries(outputs).find(([path]) => basename(path) === file) ?? [];
  return Object.keys(output?.inputs ?? {});
}
