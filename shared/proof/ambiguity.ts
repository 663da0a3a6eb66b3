import { LEGACY_GENERATION } from "../format/keys.ts";
import { type Reason, reason } from "../model/reason.ts";

/** One root of a bucket as a listing shows it; `uuids` of its snapshots where it was read. */
export interface SeenRoot {
  generation: number;
  lastModified: Date | undefined;
  uuids?: ReadonlySet<string> | undefined;
}

export interface AmbiguityInput {
  /** The highest, which Elasticsearch goes by. */
  root: { generation: number; lastModified: Date | undefined; uuids: ReadonlySet<string>; repositoryUuid: string | undefined };
  /** All roots there; those of `laterLower` with their uuids. */
  roots: readonly SeenRoot[];
  /** The root that was last taken for good; undefined at the first look. */
  before: { uuids: readonly string[]; lastModified: Date | undefined; repositoryUuid: string | undefined } | undefined;
  /** Snapshots that were served from here: one of them in the root, and it is the same repository. */
  served: readonly string[];
}

/** Roots with a lower number that were written after the highest. The `index` of 2.x is none: who finds numbers does not read it. */
export function laterLower<T extends SeenRoot>(roots: readonly T[]): T[] {
  const numbered = roots.filter(({ generation }) => generation !== LEGACY_GENERATION);
  const highest = numbered.reduce<T | undefined>(
    (best, root) => (best === undefined || root.generation > best.generation ? root : best),
    undefined,
  );
  return numbered.filter((root) => root !== highest && isLater(root.lastModified, highest?.lastModified));
}

/**
 * Why it cannot be told which repository a bucket holds: the highest root is not the one written last, is older than the one seen before, or shares no
 * snapshot with that one. Undefined when it is clear.
 * A lower root that only came late, as copies do in any order, is told by its snapshots: all of them stand in the highest, or the other way round.
 */
export function rootAmbiguity({ root, roots, before, served }: AmbiguityInput): Reason | undefined {
  const ambiguous = (why: "lower-is-newer" | "older-than-before" | "other-snapshots", other: string | null) =>
    reason("root.ambiguous", { root: keyOf(root.generation), why, other });
  const rival = laterLower(roots).find(({ uuids }) => uuids === undefined || !(contains(root.uuids, uuids) || contains(uuids, root.uuids)));
  if (rival !== undefined) return ambiguous("lower-is-newer", keyOf(rival.generation));
  if (before === undefined) return undefined;
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

function keyOf(generation: number): string {
  return `index-${generation}`;
}
