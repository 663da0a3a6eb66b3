import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { ClusterConfig, Config } from "../model/config.ts";
import { fileFaultOf } from "../model/errors.ts";
import { ConfigError, type ConfigFault } from "./config/configError.ts";
import { isPem, pemProblem } from "./config/fields.ts";
import { finding, pathText, reasonOf } from "./config/tree.ts";

/**
 * The configuration with the text of every certificate that it names as a file, relative to `directory`. Throws one `ConfigError` for all
 * files that cannot be read or hold no certificate.
 */
export function withCertificates(config: Config, directory: string): Config {
  const faults: ConfigFault[] = [];
  const clusters: Record<string, ClusterConfig> = Object.create(null);
  for (const [name, cluster] of Object.entries(config.clusters)) {
    const found = cluster.ca === undefined ? {} : readCertificate(cluster.ca, directory);
    clusters[name] = found.pem === undefined ? cluster : { ...cluster, ca: found.pem };
    if (found.wrong !== undefined) faults.push(faultOf(name, cluster.ca ?? "", found.wrong, found.fix));
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return { ...config, clusters };
}

/** The certificate itself, from a file unless it is given as text. */
export function readCertificate(ca: string, directory: string): { pem?: string; wrong?: string; fix?: string } {
  if (isPem(ca)) return { pem: ca };
  try {
    const pem = readFileSync(resolve(directory, ca), "utf8");
    return pemProblem(pem) ?? { pem };
  } catch (error) {
    return { wrong: fileFaultOf(error) };
  }
}

const FIX = "name a file with the CA's certificate, or give its text in PEM form";

function faultOf(name: string, value: string, wrong: string, fix = FIX): ConfigFault {
  const found = finding(["clusters", name, "ca"], "certificate", wrong, fix);
  return { path: pathText(found.segments), line: undefined, value, wrong, fix, reason: reasonOf(found) };
}
