import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { resolvedConfigText } from "../../../shared/runtime/config/loadConfig.ts";
import { FUNCTION_NAMES } from "../functionLimits.ts";

/** Why the bundles of a folder are not those of this ossnap.yaml, in one sentence; `undefined` when they are. */
export function staleBundles(configText: string, folder: string): string | undefined {
  const wanted = withoutCertificates(resolvedConfigText(configText));
  for (const name of FUNCTION_NAMES) {
    const [code, config] = ["index.js", "ossnap.json"].map((file) => join(folder, name, file)) as [string, string];
    if (!existsSync(code) || !existsSync(config)) return `${folder}/${name}: is not bundled; run npm run bundle`;
    if (!isDeepStrictEqual(withoutCertificates(readFileSync(config, "utf8")), wanted))
      return `${folder}/${name}: was bundled with another ossnap.yaml than the present one; run npm run bundle`;
  }
  return undefined;
}

/** A bundle has the text of a certificate where ossnap.yaml has the file's name. */
function withoutCertificates(text: string): unknown {
  const tree = JSON.parse(text) as { clusters?: Record<string, { ca?: string }> };
  for (const cluster of Object.values(tree.clusters ?? {})) delete cluster.ca;
  return tree;
}
