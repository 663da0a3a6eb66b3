import { AppError } from "../../../shared/model/errors.ts";
import { readCertificate } from "../../../shared/runtime/certificates.ts";
import { hasPlaceholder } from "../../../shared/runtime/config/environment.ts";
import { resolvedConfigText } from "../../../shared/runtime/config/loadConfig.ts";

/**
 * The `ossnap.json` of a bundle: every `${NAME}` as written, and the text of each certificate that ossnap.yaml names as a file, because a bundle
 * has no other files. Throws `invalid` for faults of the configuration, and for a certificate that cannot be read.
 * @param directory to which the names of certificates are relative.
 */
export function bundledConfigText(configText: string, directory: string): string {
  const tree = JSON.parse(resolvedConfigText(configText)) as { clusters?: Record<string, { ca?: string }> };
  for (const [name, cluster] of Object.entries(tree.clusters ?? {})) {
    if (cluster.ca === undefined || hasPlaceholder(cluster.ca)) continue;
    const { pem, wrong = "" } = readCertificate(cluster.ca, directory);
    if (pem === undefined) throw new AppError("invalid", `clusters.${name}.ca: ${wrong}: ${JSON.stringify(cluster.ca)}`);
    cluster.ca = pem;
  }
  return `${JSON.stringify(tree, undefined, 2)}\n`;
}
