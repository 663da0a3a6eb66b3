import { type BuildOptions, build, type Plugin } from "esbuild";
import { exportsOf, VENDOR_FILES, vendorOf, vendorSource } from "./vendorFiles.ts";

const NAMESPACE = "vendor";
/** Before a file's name, because a package may have the same. */
const TEXT = "text of ";
const COMPILER = "compileVendor";

/** Compiles a file of vendors when one of its exports is first used; the name appears in stack traces. */
const COMPILE = `
import Module from "node:module";
export function ${COMPILER}(name, source) {
  const compiled = new Module(name);
  compiled.filename = __filename;
  compiled.paths = module.paths;
  compiled._compile(source, name);
  return compiled.exports.packages;
}`;

/**
 * Puts the packages of {@link VENDOR_FILES} into the one file of a bundle as text: Node compiles the whole of a file before it runs a line of it, and a
 * text is compiled only when it is used (measured: 75 of 110 ms of a start were spent on compiling packages that most runs do not use).
 */
export function vendorsInside(options: BuildOptions, root: string): Plugin {
  const sources = new Map<string, Promise<string>>();
  const sourceOf = (file: string): Promise<string> => {
    const known = sources.get(file) ?? bundled(file, options, root);
    sources.set(file, known);
    return known;
  };
  return {
    name: "vendors inside",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /./ }, ({ path, namespace }) => {
        const isOwn = path === COMPILER || path.startsWith(TEXT);
        if (namespace === NAMESPACE && !isOwn) return { path, external: true };
        return isOwn || vendorOf(path) !== undefined ? { path, namespace: NAMESPACE } : undefined;
      });
      onLoad({ filter: /./, namespace: NAMESPACE }, async ({ path }) => {
        if (path === COMPILER) return { contents: COMPILE };
        const file = vendorOf(path);
        if (file !== undefined) return { contents: exportsOf(path, `require(${JSON.stringify(TEXT + file)}).packages()`) };
        const name = path.slice(TEXT.length);
        const source = JSON.stringify(await sourceOf(name));
        const compiled = `require("${COMPILER}").${COMPILER}("vendor/${name}.js", ${source})`;
        return { contents: `let packages; module.exports = { packages: () => (packages ??= ${compiled}) };` };
      });
    },
  };
}

async function bundled(file: string, options: BuildOptions, root: string): Promise<string> {
  const stdin = { contents: vendorSource(VENDOR_FILES[file] ?? {}), resolveDir: root };
  const { outputFiles } = await build({ ...options, mainFields: ["module", "main"], stdin, write: false });
  return outputFiles?.[0]?.text ?? "";
}
