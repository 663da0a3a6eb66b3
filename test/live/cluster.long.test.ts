import { clusterContract } from "../contract/cluster.ts";
import { openReal } from "./realCluster.ts";

/** The real versions to run, for example `OSSNAP_ES_VERSIONS="2.4.6 5.5.3 6.7.0 7.10.2 8.17.0 9.2.0"`. */
const versions = (process.env.OSSNAP_ES_VERSIONS ?? "5.5.3").split(/[\s,]+/).filter((version) => version !== "");

for (const version of versions) clusterContract(`Elasticsearch ${version}`, version, () => openReal(version));
