import { LEGACY_GENERATION, rootKey } from "../format/keys.ts";
import { type Reason, reason } from "../model/reason.ts";

/** One root of a bucket as found in a listing; `uuids` lists its snapshots if the root was read. */
export interface SeenRoot {
  generation: number;
  lastModified: Date | undefined;
  uuids?: ReadonlySet<string> | undefined;
}

export interface AmbiguityInput {
  /** The highest root, which is the one Elasticsearch uses. */
  root: { generation: number; lastModified: Date | undefined; uuids: ReadonlySet<string>; repositoryUuid: string | undefined };
  /** All roots in the bucket; those returned by `laterLower` include their uuids. */
  roots: readonly SeenRoot[];
  /** The last root that was accepted; undefined on the first check. */
  before: { uuids: readonly string[]; lastModified: Date | undefined; repositoryUuid: string | undefined } | undefined;
  /** Snapshots that were served from this bucket: if the root lists one of them, it is the same repository. */
  served: readonly string[];
  /** Our own copy published exactly this root. */
  isOwn?: boolean;
  /** A person restored one of its snapshots by hand, behind the watch's alias. */
  isAccepted?: boolean;
}

/** Roots with a lower generation written after the highest one. Excludes the `index` of 2.x, which is not read beside numbered roots. */
export function laterLower<T extends SeenRoot>(roots: readonly T[]): T[] {
  const numbered = roots.filter(({ generation }) => generation !== LEGACY_GENERATION);
  const highest = numbered.reduce<T | undefined>(
    (best, root) => (best === undefined || root.generation > best.generation ? root : best),
    undefined,
  );
  return numbered.filter((root) => root !== highest && isLater(root.lastModified, highest?.lastModified));
}

/**
 * Why the repository in a bucket is ambiguous: the highest root is not the one written last, is older than the one accepted before, or
 * shares no snapshot with it. Undefined when it is unambiguous.
 * A lower root that only arrived late, as copies do in any order, is recognised by its snapshots: a subset or superset of the highest
 * root's. A root that our own copy published is the newest state, unless another writer's came later.
 */
export function rootAmbiguity({ root, roots, before, served, isOwn = false, isAccepted = false }: AmbiguityInput): Reason | undefined {
  if (isAccepted) return undefined;
  const ambiguous = (why: "lower-is-newer" | "older-than-before" | "other-snapshots", other: string | null) =>
    reason("root.ambiguous", { root: rootKey(root.generation), why, other });
  const rival = laterLower(roots).find(({ uuids }) => uuids === undefined || !(contains(root.uuids, uuids) || contains(uuids, root.uuids)));
  if (rival !== undefined) return ambiguous("lower-is-newer", rootKey(rival.generation));
  if (before === undefined || isOwn) return undefined;
  if (isLater(before.lastModified, root.lastModified)) return ambiguous("older-than-before", null);
  const known = [...before.uuids, ...served];
  const sameRepository = before.repositoryUuid !== undefined && before.repositoryUuid === root.repositoryUuid;
  const emptied = before.uuids.length === 0 || root.uuids.size === 0;
  if (emptied || sameRepository || known.some((uuid) => root.uuids.has(uuid))) return undefined;
  return ambiguous("other-snapshots", null);
}

function isLater(one: Date | undefined, other: Date | undefined): boolean {
  return one !== undefined && other !== undefined && one > other;
}

function contains(all: ReadonlySet<string>, some: ReadonlySet<string>): boolean {
  return [...some].every((uuid) => all.has(uuid));
}
