import { createHash, type Hash } from "node:crypto";

/** The mapping of an index by type; from 7.0 on there is only `_doc`. No type at all is an index without a mapping. */
export type Mapping = Readonly<Record<string, unknown>>;

const HASH_DIGITS = 16;

/**
 * The first 16 hex digits of a SHA-256 over a mapping as JSON with sorted keys. The name of an only type is left out, because 7.x calls it `_doc`
 * whatever it was; several types, of which one may be `_default_`, count with their names. `_all: { enabled: true }` is left out: 6.x writes this default
 * of 5.x into each mapping that it restores from there (measured on 6.7).
 */
export function mappingHash(mapping: Mapping): string {
  const types = Object.entries(mapping).map(([type, fields]) => [type, withoutDefaults(fields)] as const);
  const hash = createHash("sha256");
  add(hash, types.length === 1 ? types[0]?.[1] : Object.fromEntries(types));
  return hash.digest("hex").slice(0, HASH_DIGITS);
}

function withoutDefaults(fields: unknown): unknown {
  if (typeof fields !== "object" || fields === null || !("_all" in fields)) return fields;
  const { _all: all, ...others } = fields;
  return JSON.stringify(all) === '{"enabled":true}' ? others : fields;
}

function add(hash: Hash, value: unknown): void {
  if (Array.isArray(value)) {
    hash.update("[");
    for (const item of value) {
      add(hash, item);
      hash.update(",");
    }
    hash.update("]");
    return;
  }
  if (typeof value !== "object" || value === null) {
    // As JSON.parse reads it from the cluster's answer.
    hash.update(JSON.stringify(typeof value === "bigint" ? Number(value) : value) ?? "null");
    return;
  }
  hash.update("{");
  for (const [key, item] of Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))) {
    hash.update(`${JSON.stringify(key)}:`);
    add(hash, item);
    hash.update(",");
  }
  hash.update("}");
}
