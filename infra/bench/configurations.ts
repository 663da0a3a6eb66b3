/** The most snapshots of the prune bench, which its policy may remove at once. */
export const PRUNE_SNAPSHOTS = 60;
export const PRUNE_KEEP = 10;
export const PRUNE_INDICES: string[] = ["a", "b", "c", "d"];

export const REGION = "cn-hangzhou";
/** The stand-in's buckets of the tick bench. */
export const TICK_BUCKETS: readonly string[] = ["state", "source", "moved"];
const POLICIES = 4;

/** What a bench runs against. */
export interface BenchParts {
  /** The cluster's, with its port. */
  clusterUrl: string;
  /** The OSS stand-in's; of benches that have one. */
  ossUrl: string;
  /** Absolute; of benches that store in the file system. */
  stateDirectory: string;
  /** Absolute: an `fs` repository on the cluster. */
  location: string;
}

/** The contents of ossnap.yaml, as JSON, of every bench that runs the product with one. */
export const CONFIGURATIONS: Readonly<Record<"tick" | "prune" | "preflight" | "plan", (parts: BenchParts) => unknown>> = {
  /** One watch, one copy after a policy, four policies with slots so far away that none is due. */
  tick({ clusterUrl, ossUrl: endpoint, location }) {
    const place = (bucket: string) => ({ store: "oss", bucket, endpoint, region: REGION });
    const schedule = { cron: `0 0 0 1 ${new Date().getUTCMonth() === 0 ? 12 : 1} *`, timeZone: "UTC" };
    const policy = { repository: "bench", indices: ["movies"], schedule, keep: { last: 3 } };
    return {
      version: 1,
      state: { bucket: "state", prefix: "prod/", endpoint, region: REGION },
      clusters: { bench: { url: clusterUrl } },
      repositories: {
        bench: { cluster: "bench", register: { type: "fs", settings: { location } }, blobs: { ...place("source"), basePath: "" } },
      },
      backups: Object.fromEntries(Array.from({ length: POLICIES }, (_, number) => [`policy-${number}`, policy])),
      copies: { move: { from: "bench", to: { ...place("moved"), basePath: "copied" }, after: "policy-0" } },
      watches: {
        moved: {
          blobs: { ...place("moved"), basePath: "" },
          cluster: "bench",
          // Another location than the repository's, because it is another place.
          register: { name: "moved", type: "fs", settings: { location: `${location}-moved` } },
          restore: { indices: ["movies"] },
        },
      },
    };
  },
  /** One copy for each destination, from the same source. */
  plan({ ossUrl: endpoint, location }) {
    const place = (bucket: string) => ({ store: "oss", bucket, endpoint, region: REGION, basePath: "" });
    const copies = ["empty", "full", "half"].map((name) => [
      name,
      { from: "bench", to: place(name), schedule: { cron: "0 0 0 1 1 *", timeZone: "UTC" } },
    ]);
    return {
      version: 1,
      state: { bucket: "state", prefix: "prod/", endpoint, region: REGION },
      clusters: { bench: { url: "http://127.0.0.1:9" } },
      repositories: { bench: { cluster: "bench", register: { type: "fs", settings: { location } }, blobs: place("source") } },
      copies: Object.fromEntries(copies),
    };
  },
  /** One watch, whose snapshot is restored by hand. */
  preflight({ clusterUrl, ossUrl: endpoint, stateDirectory, location }) {
    return {
      version: 1,
      state: { store: "directory", bucket: stateDirectory, prefix: "" },
      clusters: { bench: { url: clusterUrl } },
      watches: {
        moved: {
          blobs: { store: "oss", bucket: "moved", endpoint, region: REGION, basePath: "" },
          cluster: "bench",
          register: { name: "moved", type: "fs", settings: { location } },
          restore: { indices: ["*"] },
        },
      },
    };
  },
  /** A deployment whose state is a directory; the policy keeps ten and removes the others at once. */
  prune({ clusterUrl, stateDirectory, location }) {
    return {
      version: 1,
      state: { store: "directory", bucket: stateDirectory, prefix: "" },
      clusters: { bench: { url: clusterUrl } },
      repositories: {
        ours: {
          cluster: "bench",
          register: { type: "fs", settings: { location } },
          blobs: { store: "directory", bucket: location, basePath: "" },
        },
      },
      backups: {
        nightly: {
          repository: "ours",
          indices: PRUNE_INDICES,
          schedule: { cron: "0 30 1 * * *", timeZone: "UTC" },
          keep: { last: PRUNE_KEEP },
          prune: { cron: "0 30 2 * * *", atMost: PRUNE_SNAPSHOTS, atMostPercent: 100 },
        },
      },
    };
  },
};
