import { growingBytes } from "../model/memory/growingBytes.ts";
import { type JsonPart, jsonParts } from "./encoding/jsonParts.ts";
import { jsonSlices } from "./encoding/jsonSlices.ts";
import { asFields, type Fields, optional } from "./fields.ts";
import { invalidBytes } from "./invalid.ts";

const SUBJECT = "root subset";
const [UUID, LOOKUP] = [new Set(["uuid"]), new Set(["index_metadata_lookup"])];
const IDENTIFIERS = "index_metadata_identifiers";
const SPLIT: ReadonlySet<string> = new Set(["snapshots", "indices", IDENTIFIERS]);
/** Of identifiers that come before the snapshots, in which no version of Elasticsearch writes them. */
const WAITING_MAX = 200_000;

/** A root that arrives in pieces, cut down to some of its snapshots. */
export interface RootSubset {
  push(piece: Uint8Array): void;
  end(): Uint8Array;
}

export interface SubsetOptions {
  /** Whether no snapshot at all may remain. */
  empty?: boolean;
  /** The root's size: the subset is hardly larger. */
  sizeBytes?: number;
}

/**
 * The same root catalogue with only the snapshots in `keepUuids`: filters `snapshots` and each index's `snapshots`, and drops indices and
 * metadata identifiers that none of them uses. All else is the root's own bytes; of a large root only one piece, one entry and the result are
 * in memory.
 * Elasticsearch 5.5 to 9.2 reads and restores from such a root. Writing under it corrupts later snapshots, so keep the repository
 * read-only.
 * @throws AppError `invalid` when no snapshot would remain (unless `empty` is allowed), a uuid is not listed, or listed twice, or the bytes are
 * the `index` of 2.x.
 */
export function rootSubset(keepUuids: readonly string[], { empty = false, sizeBytes = 0 }: SubsetOptions = {}): RootSubset {
  const out = growingBytes(sizeBytes);
  const keep = new Set(keepUuids);
  const kept = new Set<string>();
  const named = new Set<unknown>();
  const seen = new Set<string>();
  const waiting: [name: string, value: Uint8Array][] = [];
  let isFirst = { member: true, entry: true };

  function writeName(name: string): void {
    out.add(`${isFirst.member ? "" : ","}${JSON.stringify(name)}:`);
    isFirst = { member: false, entry: true };
  }

  function writeEntry(name: string | undefined, write: () => void): void {
    out.add(`${isFirst.entry ? "" : ","}${name === undefined ? "" : `${JSON.stringify(name)}:`}`);
    isFirst.entry = false;
    write();
  }

  const entries: Record<string, (part: JsonPart, name: string) => void> = {
    snapshots(part) {
      const json = jsonSlices(part.bytes, SUBJECT, part.start);
      const entry = json.pick(json.whole, UUID);
      if (typeof entry === "string") throw invalidBytes(`${SUBJECT}: snapshots`, "a root of 2.x");
      const { uuid } = (entry ?? {}) as Fields;
      if (typeof uuid !== "string" || !keep.has(uuid)) return;
      if (kept.has(uuid)) throw invalidBytes(`${SUBJECT}: snapshots`, `snapshot ${uuid} is listed twice`);
      kept.add(uuid);
      const { index_metadata_lookup: lookup } = asFields(json.pick(json.whole, LOOKUP), SUBJECT);
      const where = `${SUBJECT}: index_metadata_lookup`;
      for (const identifier of Object.values(optional(lookup, where, asFields) ?? {})) named.add(identifier);
      writeEntry(undefined, () => out.add(part.bytes));
    },
    indices(part, name) {
      const fields = keptFields(part, keep);
      if (fields !== undefined) writeEntry(name, () => writeObject(fields));
    },
    [IDENTIFIERS](part, name) {
      jsonSlices(part.bytes, SUBJECT, part.start);
      if (seen.has("snapshots")) {
        if (named.has(name)) writeEntry(name, () => out.add(part.bytes));
      } else {
        if (waiting.length === WAITING_MAX)
          throw invalidBytes(SUBJECT, `more than ${WAITING_MAX} metadata identifiers before the snapshots`);
        waiting.push([name, Buffer.from(part.bytes)]);
      }
    },
  };

  function writeObject(fields: Iterable<[name: string, value: Uint8Array | string]>): void {
    let separator = "{";
    for (const [name, value] of fields) {
      out.add(`${separator}${JSON.stringify(name)}:`);
      out.add(value);
      separator = ",";
    }
    out.add(separator === "{" ? "{}" : "}");
  }

  const isWaiting = (member: string) => member === IDENTIFIERS && !seen.has("snapshots");
  const parts = jsonParts(SUBJECT, {
    isSplit: (member) => SPLIT.has(member),
    opened(member, kind) {
      if ((member === "snapshots") !== (kind === "list")) throw wrongKind(member);
      if (!isWaiting(member)) {
        writeName(member);
        out.add(kind === "list" ? "[" : "{");
      }
    },
    closed(member, kind) {
      if (isWaiting(member)) return;
      out.add(kind === "list" ? "]" : "}");
      seen.add(member);
    },
    member(member, part) {
      const json = jsonSlices(part.bytes, SUBJECT, part.start);
      const isNothing = member === IDENTIFIERS && json.parse(json.whole) === null;
      if (SPLIT.has(member) && !isNothing) throw wrongKind(member);
      writeName(member);
      out.add(part.bytes);
    },
    entry: (member, name, part) => entries[member]?.(part, name ?? ""),
    other({ bytes, start }) {
      const json = jsonSlices(bytes, SUBJECT, start);
      asFields(json.parse(json.whole), SUBJECT);
    },
  });

  function requireKept(): void {
    const unknown = keepUuids.filter((uuid) => !kept.has(uuid));
    if (!seen.has("snapshots")) throw wrongKind("snapshots");
    if (unknown.length > 0) throw invalidBytes(SUBJECT, `the root does not list ${unknown.join(", ")}`);
    if (kept.size === 0 && !empty) throw invalidBytes(SUBJECT, "no snapshot would be left: name at least one uuid");
    if (!seen.has("indices")) asFields(undefined, `${SUBJECT}: indices`);
  }

  out.add("{");
  return {
    push: parts.push,
    end() {
      parts.end();
      requireKept();
      if (waiting.length > 0) {
        writeName(IDENTIFIERS);
        writeObject(waiting.filter(([name]) => named.has(name)));
      }
      out.add("}");
      return out.bytes();
    },
  };
}

/** {@link rootSubset} of bytes that are in memory. */
export function subsetRoot(rootBytes: Uint8Array, keepUuids: readonly string[], options: SubsetOptions = {}): Uint8Array {
  const subset = rootSubset(keepUuids, { sizeBytes: rootBytes.byteLength, ...options });
  subset.push(rootBytes);
  return subset.end();
}

/** An index's fields with its kept snapshots only; undefined without any: an entry that cannot be read is no kept snapshot's. */
function keptFields({ bytes, start }: JsonPart, keep: ReadonlySet<string>): [name: string, value: Uint8Array | string][] | undefined {
  const json = jsonSlices(bytes, SUBJECT, start);
  if (!json.isObject(json.whole)) return undefined;
  const { snapshots: list } = json.pick(json.whole, new Set(["snapshots"])) as Fields;
  const snapshots = Array.isArray(list) ? list.filter((uuid) => keep.has(uuid)) : [];
  if (snapshots.length === 0) return undefined;
  return Array.from(json.members(json.whole), ([name, slice]) => [
    name,
    name === "snapshots" ? JSON.stringify(snapshots) : bytes.subarray(slice.start, slice.end),
  ]);
}

function wrongKind(member: string): Error {
  return invalidBytes(`${SUBJECT}: ${member}`, `${member === "snapshots" ? "a list" : "an object"} expected`);
}
