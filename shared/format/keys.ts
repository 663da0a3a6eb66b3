/** The pointer to the newest root; Elasticsearch reads it only where it cannot list. */
export const LATEST_KEY = "index.latest";
/** The only root of 2.x. */
export const LEGACY_ROOT_KEY = "index";
/** The generation from which 5.x counts when it takes over a 2.x root: the first root it writes is `index-0`. */
export const LEGACY_GENERATION = -1;

const ROOT_PATTERN = /^index-(0|[1-9]\d{0,15})$/;
/**
 * A generation counts the writes of a repository, so no real one is higher; a cluster that wrote a million times per second would need 11 days.
 * Elasticsearch parses a `long`, and so takes a higher one for the root.
 */
export const GENERATION_MAX = 1e12;
/** What Java's `Long.parseLong` accepts, which is how Elasticsearch reads the name of a root: also a sign and leading zeros. */
const LONG_PATTERN = /^index-([+-]?\d+)$/;
const LONG_MAX = 2n ** 63n - 1n;
const BELOW_BASE: readonly [RegExp, KeyKind][] = [
  [/^snap-.+\.dat$/, "snapshot"],
  [/^meta-.+\.dat$/, "globalMetadata"],
];
const BELOW_INDEX: readonly [RegExp, KeyKind][] = [[/^meta-.+\.dat$/, "indexMetadata"]];
const BELOW_SHARD: readonly [RegExp, KeyKind][] = [
  [/^__./, "data"],
  [/^snap-.+\.dat$/, "shardSnapshot"],
  [/^index-./, "shardCatalogue"],
];
/** Java's `Long.MAX_VALUE` has 13 digits in base 36, a UUID has 22 characters. */
const COUNTER_PATTERN = /^__[0-9a-z]{1,13}(\.part\d+)?$/;

export type KeyKind =
  | "root"
  | "legacyRoot"
  | "latest"
  | "snapshot"
  | "globalMetadata"
  | "indexMetadata"
  | "shardSnapshot"
  | "shardCatalogue"
  | "data"
  | "other";

export interface ClassifiedKey {
  kind: KeyKind;
  generation?: number;
  indexId?: string;
  shard?: number;
}

/** The key of a generation's root; `index` for that of 2.x. */
export function rootKey(generation: number): string {
  return generation === LEGACY_GENERATION ? LEGACY_ROOT_KEY : `index-${generation}`;
}

export function snapshotKey(uuid: string): string {
  return `snap-${uuid}.dat`;
}

export function globalMetadataKey(uuid: string): string {
  return `meta-${uuid}.dat`;
}

export function indexMetadataKey(indexId: string, blobId: string): string {
  return `indices/${indexId}/meta-${blobId}.dat`;
}

export function shardPrefix(indexId: string, shard: number): string {
  return `indices/${indexId}/${shard}/`;
}

export function shardSnapshotKey(indexId: string, shard: number, uuid: string): string {
  return `${shardPrefix(indexId, shard)}snap-${uuid}.dat`;
}

/** The generation in a root's key below the base path: `index-7` → 7; undefined for a shard's `indices/…/index-3` and every other key. */
export function rootGenerationOf(key: string): number | undefined {
  const digits = ROOT_PATTERN.exec(key)?.[1];
  const generation = Number(digits);
  return digits !== undefined && generation <= GENERATION_MAX ? generation : undefined;
}

/** The generation of a root's key, that of 2.x included. */
export function generationNamed(key: string): number | undefined {
  return key === LEGACY_ROOT_KEY ? LEGACY_GENERATION : rootGenerationOf(key);
}

/** Of a key that hides the root: whether it is a root's name, and so a link, since a file of that name would be the root. */
export function isRootName(key: string): boolean {
  return generationNamed(key) !== undefined;
}

/**
 * Whether Elasticsearch takes this key for a root above the generation `highest`, and ossnap does not: `index-9007199254740991`, or `index-0099`,
 * for which Elasticsearch then looks for `index-99`.
 */
export function hidesRoot(key: string, highest: number): boolean {
  const digits = LONG_PATTERN.exec(key)?.[1];
  if (digits === undefined || rootGenerationOf(key) !== undefined) return false;
  const parsed = BigInt(digits.replace("+", ""));
  return parsed > BigInt(highest) && parsed <= LONG_MAX;
}

/**
 * Keys that Elasticsearch takes for roots, in the order in which it does: it parses every number and reads the highest (measured on 7.10.2,
 * with `index-00000000007`, `index-9007199254740991` and `index-9223372036854775807` together).
 */
export function byNumber(one: string, other: string): number {
  const [left, right] = [numberOf(one), numberOf(other)];
  if (left === right) return one.length - other.length;
  return left > right ? -1 : 1;
}

function numberOf(key: string): bigint {
  const digits = LONG_PATTERN.exec(key)?.[1];
  return digits === undefined ? BigInt(LEGACY_GENERATION) : BigInt(digits.replace("+", ""));
}

/** True for a data blob that 2.x to 6.x named by a counter (`__1a`); they reuse a name after the newest snapshot was deleted. */
export function isCounterNamed(key: string): boolean {
  return COUNTER_PATTERN.test(key.slice(key.lastIndexOf("/") + 1));
}

/**
 * Classifies a key below the base path by its shape; `other` if restores do not use it (`tests-…`, `pending-…`, `incompatible-snapshots`).
 */
export function classifyKey(key: string): ClassifiedKey {
  const generation = rootGenerationOf(key);
  if (generation !== undefined) return { kind: "root", generation };
  if (key === LATEST_KEY) return { kind: "latest" };
  if (key === LEGACY_ROOT_KEY) return { kind: "legacyRoot" };
  const [first, indexId, third, fourth, ...rest] = key.split("/");
  if (indexId === undefined) return { kind: kindIn(BELOW_BASE, key) };
  if (first !== "indices" || third === undefined || rest.length > 0) return { kind: "other" };
  if (fourth === undefined) return withPlace(kindIn(BELOW_INDEX, third), { indexId });
  if (!/^(0|[1-9]\d{0,8})$/.test(third)) return { kind: "other" };
  return withPlace(kindIn(BELOW_SHARD, fourth), { indexId, shard: Number(third) });
}

/** Listing order: by UTF-8 bytes, which differs from JavaScript's order for keys with characters beyond U+FFFF. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const [left, right] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (left !== right) return utf8Rank(left) - utf8Rank(right);
  }
  return a.length - b.length;
}

/** Surrogates encode characters beyond U+FFFF and sort after every other code unit. */
function utf8Rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

function kindIn(table: readonly [RegExp, KeyKind][], name: string): KeyKind {
  return table.find(([pattern]) => pattern.test(name))?.[1] ?? "other";
}

function withPlace(kind: KeyKind, place: { indexId: string; shard?: number }): ClassifiedKey {
  return kind === "other" ? { kind } : { kind, ...place };
}
