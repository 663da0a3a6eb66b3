import { clusterContract } from "../contract/cluster.ts";
import { openDomain } from "./realDomain.ts";

// It refuses `_close` before 7.4, and so what a restore over an index does.
clusterContract("a domain of Amazon's managed service, before a real Elasticsearch 5.5.2", "5.5.2", () => openDomain("5.5.2"), {
  closes: false,
});
