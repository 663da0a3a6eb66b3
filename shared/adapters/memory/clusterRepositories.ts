import type { Cluster, RegisteredRepository, RegisteredRepositoryInput } from "../../model/cluster.ts";
import { isBefore, type MemoryClusterState, refuse, requireExact, requireRepository } from "./clusterState.ts";

const TYPES = ["fs", "url", "oss", "s3", "gcs", "azure", "source"];

type RepositoryCalls = Pick<Cluster, "listRepositories" | "putRepository" | "verifyRepository">;

export function repositoryCalls(state: MemoryClusterState): RepositoryCalls {
  return {
    async listRepositories() {
      return [...state.repositories.values()].map((repository) => ({ ...repository, settings: { ...repository.settings } }));
    },

    async putRepository(repository, { verify }) {
      const { name, type, settings } = repository;
      requireExact(state, "repository", name);
      requireUsable(state, repository);
      const used = [...state.snapshots, ...state.restores].some((work) => work.repository === name);
      if (used && !isInPlace(state, repository))
        throw refuse(state, "conflict", `repository ${name}: trying to modify or unregister repository that is currently used`);
      const shown = Object.entries(settings).filter(([key]) => !/secret|password|token|access_key/.test(key));
      // Alibaba's plugin for 5.5.3 does not filter its keys, and its source is the same up to 6.7.
      const isLeaky = type === "oss" && isBefore(state.version, 6, 8);
      const shownSecrets = isLeaky ? Object.keys(settings).filter((key) => !shown.some(([name]) => name === key)) : [];
      const before = state.repositories.get(name);
      state.repositories.set(name, {
        ...{ name, type, settings: Object.fromEntries(shown.map(([key, value]) => [key, String(value)])) },
        ...(shownSecrets.length > 0 && { shownSecrets }),
      });
      try {
        if (verify) requireWritable(state, name);
      } catch (error) {
        // Before 8.0 a registration is kept that could not be verified.
        if (!isBefore(state.version, 8, 0)) restore(state, name, before);
        throw error;
      }
    },

    async verifyRepository(name) {
      requireWritable(state, name);
      return { nodes: state.dataNodes };
    },
  };
}

const RATES = ["max_restore_bytes_per_sec", "max_snapshot_bytes_per_sec"];

/** Measured on 7.17, 8.5 and 8.17: another rate alone is taken by the work that runs; 7.10 and earlier refuse it. */
function isInPlace({ version, repositories }: MemoryClusterState, { name, type, settings }: RegisteredRepositoryInput): boolean {
  const there = repositories.get(name);
  if (there === undefined || there.type !== type || isBefore(version, 7, 17)) return false;
  const keys = new Set([...Object.keys(settings), ...Object.keys(there.settings)]);
  return [...keys].every((key) => RATES.includes(key) || String(settings[key]) === there.settings[key]);
}

function requireWritable(state: MemoryClusterState, name: string): void {
  const { settings } = requireRepository(state, name);
  if (settings.readonly !== "true" && state.places.damageAt(settings).has("unwritable"))
    throw refuse(state, "refused", `[${name}] path is not accessible on master node`);
}

function restore(state: MemoryClusterState, name: string, before: RegisteredRepository | undefined): void {
  if (before) state.repositories.set(name, before);
  else state.repositories.delete(name);
}

function requireUsable(state: MemoryClusterState, { name, type, settings }: RegisteredRepositoryInput): void {
  if (!TYPES.includes(type)) throw refuse(state, "invalid", `repository ${name}: repository type [${type}] does not exist`);
  if (type !== "fs") return;
  const location = String(settings.location ?? "");
  if (!state.repositoryPaths.some((path) => location.startsWith(path)))
    throw refuse(state, "invalid", `repository ${name}: failed to create repository: location [${location}] matches none of path.repo`);
}
