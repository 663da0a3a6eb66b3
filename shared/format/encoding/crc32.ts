/** Eight tables process eight bytes per step; Node 20.10 lacks `zlib.crc32`. */
const TABLES = buildTables();

/** CRC-32 as computed by zlib and java.util.zip; to continue, pass the result for the preceding bytes as `previous`. */
export function crc32(bytes: Uint8Array, previous = 0): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wholeEnd = bytes.byteLength - (bytes.byteLength % 8);
  let crc = ~previous;
  let position = 0;
  for (; position < wholeEnd; position += 8) {
    const low = view.getUint32(position, true) ^ crc;
    const high = view.getUint32(position + 4, true);
    crc =
      at(t7, low) ^
      at(t6, low >>> 8) ^
      at(t5, low >>> 16) ^
      at(t4, low >>> 24) ^
      at(t3, high) ^
      at(t2, high >>> 8) ^
      at(t1, high >>> 16) ^
      at(t0, high >>> 24);
  }
  for (; position < bytes.byteLength; position += 1) crc = (crc >>> 8) ^ at(t0, crc ^ view.getUint8(position));
  return ~crc >>> 0;
}

function at(table: Int32Array, index: number): number {
  return table[index & 0xff] as number;
}

type Tables = readonly [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];

function buildTables(): Tables {
  const first = Int32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value;
  });
  const next = (table: Int32Array): Int32Array<ArrayBuffer> => Int32Array.from(table).map((value) => (value >>> 8) ^ at(first, value));
  const tables = [first];
  while (tables.length < 8) tables.push(next(tables[tables.length - 1] as Int32Array));
  return tables as unknown as Tables;
}
