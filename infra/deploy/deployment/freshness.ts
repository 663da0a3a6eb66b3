import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { bundledConfigText } from "../bundling/bundledConfig.ts";
import { FUNCTION_NAMES } from "../functionLimits.ts";

interface Tree {
  clusters?: Record<string, { ca?: string }>;
}

/**
 * Why the bundles of a folder are not those of this ossnap.yaml and the certificates that it names, in one sentence; `undefined` when they are.
 * Throws `invalid` for a certificate that cannot be read.
 * @param configDir to which the names of certificates are relative.
 */
export function staleBundles(configText: string, configDir: string, folder: string): string | undefined {
  const wanted = JSON.parse(bundledConfigText(configText, configDir)) as Tree;
  for (const name of FUNCTION_NAMES) {
    const [code, config] = ["index.js", "ossnap.json"].map((file) => join(folder, name, file)) as [string, string];
    if (!existsSync(code) || !existsSync(config)) return `${folder}/${name}: is not bundled; run npm run bundle`;
    const missing = missingFile(join(folder, name));
    if (missing !== undefined) return `${folder}/${name}: lacks ${missing}, which it loads; run npm run bundle`;
    const bundled = treeOf(readFileSync(config, "utf8"));
    if (bundled === undefined) return `${config}: was not written to its end; run npm run bundle`;
    const changed = Object.entries(wanted.clusters ?? {}).find(([cluster, { ca }]) => ca !== bundled.clusters?.[cluster]?.ca)?.[0];
    if (!isDeepStrictEqual(withoutCertificates(bundled), withoutCertificates(wanted)))
      return `${folder}/${name}: was bundled with another ossnap.yaml than the present one; run npm run bundle`;
    if (changed !== undefined)
      return `${folder}/${name}: was bundled with another certificate than the present one of clusters.${changed}.ca; run npm run bundle`;
  }
  return undefined;
}

/** What a bundle loads beside itself, at once or on demand. */
const LOADED = /["'`]\.\/([\w./-]+\.js)["'`]/g;

/** A bundling that was broken off, or a clean-up, leaves some of the files. */
function missingFile(directory: string): string | undefined {
  const own = readdirSync(directory).filter((file) => file.endsWith(".js"));
  const loaded = own.flatMap((file) => [...readFileSync(join(directory, file), "utf8").matchAll(LOADED)].map(([, name = ""]) => name));
  return loaded.find((name) => !existsSync(join(directory, name)));
}

function treeOf(text: string): Tree | undefined {
  try {
    return JSON.parse(text) as Tree;
  } catch {
    return undefined;
  }
}

/** They have a sentence of their own. */
function withoutCertificates(tree: Tree): unknown {
  const clusters = Object.entries(tree.clusters ?? {}).map(([name, { ca: _, ...rest }]) => [name, rest]);
  return { ...tree, clusters: Object.fromEntries(clusters) };
}
