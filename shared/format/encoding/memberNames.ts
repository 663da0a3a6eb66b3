import { invalidBytes } from "../invalid.ts";

/** Names of all objects open at once. Takes 24 MB, and no root known comes near; more are refused. */
const NAMES_MAX = 1024 * 1024;
/** A table half full has clusters of some hundred; only names made to collide need more. */
const PROBES_MAX = 1024;
const BACKSLASH = 0x5c;
const SEED = 0x811c9dc5 | 0;
/** In a message. */
const NAME_SHOWN = 60;

/** The names of the open objects, as places in the bytes: no name is copied, however long. */
export interface NameTable {
  open(): void;
  /** The name from its opening quote to after its closing quote. @throws AppError `invalid` when the open object has it already. */
  add(start: number, end: number): void;
  /** Forgets the names of the innermost object. */
  close(): void;
}

/** Finds a name that is twice in one object, as Elasticsearch's strict duplicate detection (from 6.0 on) does. */
export function memberNames(bytes: Uint8Array, subject: string, base: number): NameTable {
  /** Entries in order: start, end, hash and object of each name. Small at first: a root is checked value by value. */
  let entries = new Int32Array(4 * 16);
  /** The number of an entry plus one; 0 is free. Entries go in the reverse order, so no probe breaks. */
  let slots = new Int32Array(2 * 16);
  let count = 0;
  let object = 0;
  let bases = new Int32Array(16);

  function slotOf(hash: number): number {
    return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) & (slots.length - 1);
  }

  function put(entry: number): void {
    let slot = slotOf(entries[4 * entry + 2] as number);
    while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
    slots[slot] = entry + 1;
  }

  function grow(): void {
    if (count === NAMES_MAX) throw invalidBytes(subject, `more than ${NAMES_MAX} member names in objects within each other`);
    entries = larger(entries);
    slots = new Int32Array(2 * slots.length);
    for (let entry = 0; entry < count; entry += 1) put(entry);
  }

  function isSame(entry: number, start: number, end: number): boolean {
    const [from, to] = [entries[4 * entry] as number, entries[4 * entry + 1] as number];
    const isEscaped = hasEscape(bytes, start, end) || hasEscape(bytes, from, to);
    if (isEscaped) return nameAt(bytes, start, end) === nameAt(bytes, from, to);
    if (end - start !== to - from) return false;
    for (let index = 0; index < end - start; index += 1) if (bytes[start + index] !== bytes[from + index]) return false;
    return true;
  }

  function add(start: number, end: number): void {
    if (4 * count === entries.length) grow();
    const hash = hashOf(bytes, start, end, object);
    let slot = slotOf(hash);
    for (let probes = 0; slots[slot] !== 0; probes += 1) {
      const entry = (slots[slot] as number) - 1;
      if (entries[4 * entry + 2] === hash && entries[4 * entry + 3] === object && isSame(entry, start, end))
        throw invalidBytes(subject, `the member "${nameAt(bytes, start, end).slice(0, NAME_SHOWN)}" is there twice`, base + start);
      if (probes === PROBES_MAX) throw invalidBytes(subject, "member names that collide", base + start);
      slot = (slot + 1) & (slots.length - 1);
    }
    slots[slot] = count + 1;
    const place = 4 * count;
    entries[place] = start;
    entries[place + 1] = end;
    entries[place + 2] = hash;
    entries[place + 3] = object;
    count += 1;
  }

  return {
    add,
    open() {
      object += 1;
      if (object === bases.length) bases = larger(bases);
      bases[object] = count;
    },
    close() {
      const first = bases[object] as number;
      while (count > first) {
        let slot = slotOf(entries[4 * count - 2] as number);
        while (slots[slot] !== count) slot = (slot + 1) & (slots.length - 1);
        slots[slot] = 0;
        count -= 1;
      }
      object -= 1;
    },
  };
}

/** Of the name as it reads, whether it was written with escapes or not. */
function hashOf(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let hash = SEED ^ seed;
  for (let at = start + 1; at < end - 1; at += 1) {
    const byte = bytes[at] as number;
    if (byte === BACKSLASH) return Buffer.from(nameAt(bytes, start, end)).reduce(hashed, SEED ^ seed);
    hash = hashed(hash, byte);
  }
  return hash;
}

/** FNV-1a. */
function hashed(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193);
}

/** Looks no further than the name: it is asked for each of many. */
function hasEscape(bytes: Uint8Array, start: number, end: number): boolean {
  return bytes.subarray(start, end).includes(BACKSLASH);
}

function nameAt(bytes: Uint8Array, start: number, end: number): string {
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("utf8")) as string;
}

function larger(table: Int32Array): Int32Array<ArrayBuffer> {
  const twice = new Int32Array(2 * table.length);
  twice.set(table);
  return twice;
}
