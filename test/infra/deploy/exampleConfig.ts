import type { Config } from "../../../shared/model/config.ts";

/** The configuration that s.yaml was written for: one policy with pruning, one watch. */
export function exampleConfig(): Config {
  const moved = { store: "oss" as const, bucket: "moved", basePath: "movies", region: "cn-hangzhou" };
  return {
    version: 1,
    state: { store: "oss", bucket: "ossnap-state", basePath: "prod", region: "cn-hangzhou" },
    clusters: { source: { url: "https://source.example.com" }, target: { url: "https://target.example.com" } },
    repositories: { "movies-aws": { cluster: "source", register: { type: "fs", settings: { location: "/srv/movies" } } } },
    backups: {
      nightly: {
        repository: "movies-aws",
        indices: ["movies"],
        schedule: { cron: "0 30 1 * * *", timeZone: "Asia/Shanghai", missed: "run" },
        attempts: 3,
        patienceMs: 14_400_000,
        metadata: {},
        keep: { last: 3, atLeast: 2 },
        prune: { cron: "0 30 2 * * *", atMost: 10, atMostPercent: 50 },
      },
    },
    copies: { "aws-to-oss": { from: "movies-aws", to: moved, snapshots: "latest", after: "nightly" } },
    watches: {
      "moved-movies": {
        blobs: moved,
        cluster: "target",
        register: { name: "moved-movies", type: "fs", settings: { location: "/srv/moved/movies" } },
        restore: { indices: ["movies"], alias: "movies", which: "latest", replicas: 1, keepOldMs: 86_400_000 },
        patienceMs: 86_400_000,
      },
    },
    migrations: {},
    http: { tokens: [] },
    notify: [],
  };
}
