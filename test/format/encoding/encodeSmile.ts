export interface SmileEncoding {
  sharedNames: boolean;
  sharedValues: boolean;
  rawBinary: boolean;
}

/** The flags that Elasticsearch uses: shared names and raw binary. */
export const ELASTICSEARCH: SmileEncoding = { sharedNames: true, sharedValues: false, rawBinary: true };

const SHARED_MAX = 1024;

/** Encodes a SMILE document as Jackson does, with back references, table resets and shortest tokens. */
export function encodeSmile(value: unknown, encoding: SmileEncoding = ELASTICSEARCH): Buffer {
  const out: number[] = [0x3a, 0x29, 0x0a, (encoding.sharedNames ? 1 : 0) | (encoding.sharedValues ? 2 : 0) | (encoding.rawBinary ? 4 : 0)];
  const names = sharedTable(encoding.sharedNames);
  const values = sharedTable(encoding.sharedValues);

  function write(item: unknown): void {
    if (typeof item === "string") writeText(item);
    else if (typeof item === "bigint") writeInteger(item);
    else if (typeof item === "number") writeNumber(item);
    else if (item === null) out.push(0x21);
    else if (typeof item === "boolean") out.push(item ? 0x23 : 0x22);
    else if (item instanceof Uint8Array) writeBinary(item);
    else if (Array.isArray(item)) writeList(item);
    else writeObject(item as Record<string, unknown>);
  }

  function writeNumber(number: number): void {
    if (Number.isSafeInteger(number) && !Object.is(number, -0)) writeInteger(BigInt(number));
    else writeDouble(number);
  }

  function writeObject(fields: Record<string, unknown>): void {
    out.push(0xfa);
    for (const [name, field] of Object.entries(fields)) {
      writeName(name);
      write(field);
    }
    out.push(0xfb);
  }

  function writeList(list: unknown[]): void {
    out.push(0xf8);
    for (const item of list) write(item);
    out.push(0xf9);
  }

  function writeName(name: string): void {
    const bytes = Buffer.from(name);
    const isAscii = bytes.length === name.length;
    const seen = names.find(name);
    if (name === "") out.push(0x20);
    else if (seen !== undefined && seen < 64) out.push(0x40 + seen);
    else if (seen !== undefined) out.push(0x30 | (seen >> 8), seen & 0xff);
    else if (isAscii && bytes.length <= 64) out.push(0x7f + bytes.length, ...bytes);
    else if (!isAscii && bytes.length <= 57) out.push(0xbe + bytes.length, ...bytes);
    else out.push(0x34, ...bytes, 0xfc);
    if (name !== "" && seen === undefined) names.add(name);
  }

  function writeText(text: string): void {
    const bytes = Buffer.from(text);
    const isAscii = bytes.length === text.length;
    const seen = values.find(text);
    const isShort = bytes.length <= (isAscii ? 64 : 65);
    if (text === "") out.push(0x20);
    else if (seen !== undefined && seen < 31) out.push(1 + seen);
    else if (seen !== undefined) out.push(0xec | (seen >> 8), seen & 0xff);
    else if (!isShort) out.push(isAscii ? 0xe0 : 0xe4, ...bytes, 0xfc);
    else out.push((isAscii ? 0x3f : 0x7e) + bytes.length, ...bytes);
    if (text !== "" && seen === undefined && isShort) values.add(text);
  }

  function writeInteger(integer: bigint): void {
    const zigzag = integer >= 0n ? integer << 1n : (-integer << 1n) - 1n;
    if (zigzag < 32n) out.push(0xc0 + Number(zigzag));
    else if (BigInt.asIntN(64, integer) !== integer) out.push(0x26, ...sevenBit(twosComplement(integer)));
    else out.push(BigInt.asIntN(32, integer) === integer ? 0x24 : 0x25, ...vInt(zigzag));
  }

  function writeDouble(double: number): void {
    const bits = new DataView(new ArrayBuffer(8));
    bits.setFloat64(0, double);
    out.push(0x29, ...septets(bits.getBigUint64(0), 10));
  }

  function writeBinary(bytes: Uint8Array): void {
    if (encoding.rawBinary) out.push(0xfd, ...vInt(BigInt(bytes.length)), ...bytes);
    else out.push(0xe8, ...sevenBit(bytes));
  }

  write(value);
  return Buffer.from(out);
}

/** Jackson counts every entry but never refers to one whose low byte would be 0xFE or 0xFF. */
function sharedTable(shared: boolean) {
  let entries = new Map<string, number>();
  return {
    find: (text: string): number | undefined => (shared ? entries.get(text) : undefined),
    add(text: string): void {
      if (entries.size === SHARED_MAX) entries = new Map();
      const index = entries.size;
      // An entry that cannot be referenced still occupies its index, under a key that no text equals.
      entries.set((index & 0xff) < 0xfe ? text : `\uffff${index}`, index);
    },
  };
}

export function vInt(value: bigint): number[] {
  const bytes = [0x80 | Number(value & 0x3fn)];
  for (let rest = value >> 6n; rest > 0n; rest >>= 7n) bytes.unshift(Number(rest & 0x7fn));
  return bytes;
}

export function septets(value: bigint, groups: number): number[] {
  return Array.from({ length: groups }, (_, index) => Number((value >> BigInt(7 * (groups - 1 - index))) & 0x7fn));
}

/** Splits the bits into groups of seven, most significant first; the remainder occupies the low end of the last byte. */
function sevenBit(bytes: Uint8Array): number[] {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const groups = bits.match(/.{1,7}/g) ?? [];
  return [...vInt(BigInt(bytes.length)), ...groups.map((group) => Number.parseInt(group, 2))];
}

function twosComplement(integer: bigint): Uint8Array {
  let sizeBytes = 1;
  while (BigInt.asIntN(8 * sizeBytes, integer) !== integer) sizeBytes += 1;
  const hex = BigInt.asUintN(8 * sizeBytes, integer).toString(16);
  return Buffer.from(hex.padStart(2 * sizeBytes, "0"), "hex");
}
