import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { deflateRawSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeContainer, wrapPayload } from "../format/encoding/encodeContainer.ts";

/** What Node has in a function of 512 MB. */
const HEAP_MB = 350;
const READ = fileURLToPath(new URL("littleMemory/read.ts", import.meta.url));
const SMILE_HEADER = Buffer.from([0x3a, 0x29, 0x0a, 0x00]);
const SHARDS = 4;

const uuidOf = (number: number) => `U${String(number).padStart(21, "0")}`;
const deflated = (codec: string, document: Uint8Array) =>
  wrapPayload(codec, Buffer.concat([Buffer.from("DFL\0"), deflateRawSync(document)]));
/** An object takes two bytes here, and two hundred in memory. */
const objects = (count: number) =>
  Buffer.concat([SMILE_HEADER, Buffer.from([0xf8]), Buffer.alloc(2 * count, Buffer.from([0xfa, 0xfb])), Buffer.from([0xf9])]);
const file = (name: string, parts: number) => ({
  name,
  physical_name: "segments_1",
  length: parts,
  part_size: 1,
  checksum: "a",
  written_by: "7.7.0",
});

/** The ways to read that hold what this repository has. */
type Ways = ("verify" | "survey" | "closures" | "arrival")[];

interface Hostile {
  snapshots?: number;
  indices?: number;
  shards?: number;
  /** The mapping of each index. */
  mapping?: (index: string) => object;
  root?: string;
  metadata?: Uint8Array;
  shard?: Uint8Array;
}

/** A repository of 6.x with one index by default, the same blob for each of its shards. */
function repository(hostile: Hostile): Map<string, string | Uint8Array> {
  const { snapshots = 1, indices = 1, shards = 1, root, metadata, shard, mapping } = hostile;
  const names = Array.from({ length: indices }, (_, number) => (number === 0 ? "i" : `i${number}`));
  const uuids = Array.from({ length: snapshots }, (_, number) => uuidOf(number));
  const listed = uuids.map((uuid) => ({ name: uuid.toLowerCase(), uuid, state: 1 }));
  const blobs = new Map<string, string | Uint8Array>();
  blobs.set(
    "index-0",
    root ??
      JSON.stringify({
        snapshots: listed,
        indices: Object.fromEntries(names.map((name) => [name, { id: name.toUpperCase(), snapshots: uuids }])),
      }),
  );
  for (const { name, uuid } of listed) {
    const counts = { total_shards: shards, successful_shards: shards, start_time: 1, end_time: 2 };
    const record = { name, uuid, version_id: 6080099, indices: names, state: "SUCCESS", ...counts };
    blobs.set(`snap-${uuid}.dat`, encodeContainer("snapshot", { snapshot: record }));
    blobs.set(`meta-${uuid}.dat`, metadata ?? encodeContainer("metadata", { "meta-data": {} }));
    const settings = { "index.number_of_shards": String(shards), "index.version.created": "6080099" };
    for (const index of names) {
      const mappings = mapping ? [{ doc: mapping(index) }] : [];
      const meta = Buffer.from(JSON.stringify({ [index]: { settings, mappings } }));
      blobs.set(`indices/${index.toUpperCase()}/meta-${uuid}.dat`, deflated("index-metadata", meta));
      for (let number = 0; number < shards; number += 1)
        blobs.set(`indices/${index.toUpperCase()}/${number}/snap-${uuid}.dat`, shard ?? encodeContainer("snapshot", { name, files: [] }));
    }
  }
  return blobs;
}

const MILLIONS = "{},".repeat(7_000_000);
const HOSTILE: Record<string, [ways: Ways, make: () => Hostile]> = {
  "metadata of millions of objects": [["verify"], () => ({ metadata: deflated("metadata", objects(3_900_000)) })],
  "many file lists of millions of objects": [
    ["verify", "survey", "arrival"],
    () => ({ shards: SHARDS, shard: deflated("snapshot", objects(3_900_000)) }),
  ],
  "many file lists with a field of nulls that nobody reads": [
    ["verify", "arrival", "closures"],
    () => ({
      shards: 56,
      shard: deflated(
        "snapshot",
        Buffer.concat([
          Buffer.from(`{"name":"s","files":[],"y":"`),
          randomLetters(200_000),
          Buffer.from(`","x":[${"0,".repeat(9_900_000)}0]}`),
        ]),
      ),
    }),
  ],
  "many file lists of many files": [
    ["survey", "closures"],
    () => {
      const files = Array.from({ length: 40_000 }, (_, number) => file(`__${number.toString(36)}`, 1));
      return { shards: SHARDS, shard: deflated("snapshot", Buffer.from(JSON.stringify({ name: "s", files }))) };
    },
  ],
  "many file lists of one file in many parts": [
    ["closures", "arrival"],
    () => ({
      shards: SHARDS,
      shard: encodeContainer("snapshot", { name: "s", files: [file("__0", 300_000)] }),
    }),
  ],
  "many snapshots of one file in many parts": [
    ["closures"],
    () => ({
      snapshots: 4,
      shard: encodeContainer("snapshot", { name: "s", files: [file("__0", 300_000)] }),
    }),
  ],
  "many indices with many types of fields": [
    ["verify"],
    () => ({
      indices: 14,
      mapping: (index) => ({
        properties: Object.fromEntries(
          Array.from({ length: 100 }, (_, group) => {
            const types = Array.from({ length: 1000 }, (_, number) => `${index}-${group}-${number}-${"y".repeat(200)}`);
            return [`g${group}`, { properties: Object.fromEntries(types.map((type, number) => [`f${number}`, { type }])) }];
          }),
        ),
      }),
    }),
  ],
  "a root with an unknown member of millions of objects": [
    ["verify"],
    () => ({ root: `{"snapshots":[],"indices":{},"x":[${MILLIONS}{}]}` }),
  ],
  "a root with entries that have such a member": [
    ["verify"],
    () => ({
      root: `{"snapshots":[{"name":"a","uuid":"a","x":[${MILLIONS}{}]}],"indices":{"i":{"id":"i","snapshots":["a"],"x":[${MILLIONS}{}]}}}`,
    }),
  ],
};

/** Of one text with a character beyond Latin-1, which takes two bytes for each byte of the document, and four while it is parsed. */
const longText = (sizeBytes: number) => Buffer.concat([Buffer.from('{"a":["€'), randomLetters(sizeBytes), Buffer.from('"]}')]);
const randomLetters = (sizeBytes: number) => randomBytes(sizeBytes).map((byte) => 97 + (byte % 26));
const MEGABYTE = 1024 * 1024;
/** Read within the memory of the function, buffers included. */
const LARGE: Record<string, () => Hostile> = {
  "a document of one long text": () => ({ metadata: wrapPayload("metadata", longText(46 * MEGABYTE)) }),
  "a deflated document of one long text": () => ({ metadata: deflated("metadata", longText(46 * MEGABYTE)) }),
  "a document of 190 MB of white space": () => ({
    metadata: wrapPayload("metadata", Buffer.concat([Buffer.from('{"a":["€",'), Buffer.alloc(190 * MEGABYTE, " "), Buffer.from("1]}")])),
  }),
  "a deflated document of 245 MB": () => ({
    metadata: deflated(
      "metadata",
      Buffer.concat([
        Buffer.from('{"a":["'),
        randomLetters(3 * MEGABYTE),
        Buffer.from('",'),
        Buffer.alloc(245 * MEGABYTE, " "),
        Buffer.from("1]}"),
      ]),
    ),
  }),
};
const RSS_MB_MAX = 450;

const REFUSED: Record<string, [root: () => string, message: string]> = {
  "millions of snapshots": [() => `{"snapshots":[${MILLIONS}{}],"indices":{}}`, "more than 100000 snapshots"],
  "millions of indices": [
    () => `{"snapshots":[],"indices":{${Array.from({ length: 200_001 }, (_, number) => `"${number}":0`).join()}}}`,
    "more than 200000 indices",
  ],
  "millions of shards": [
    () => {
      const index = `{"id":"x","snapshots":[],"shard_generations":[${'"",'.repeat(99_999)}""]}`;
      return `{"snapshots":[],"indices":{${Array.from({ length: 60 }, (_, number) => `"i${number}":${index}`).join()}}}`;
    },
    "its snapshots, indices and shards would take more than 224 MB of memory",
  ],
  "an index in millions of objects": [
    () => `{"snapshots":[],"indices":{"i":{"id":"x","snapshots":[${MILLIONS}{}]}}}`,
    "would take more than 128 MB of memory",
  ],
};

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "little-memory-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function write(name: string, blobs: ReadonlyMap<string, string | Uint8Array>): Promise<string> {
  const folder = join(directory, name.replaceAll(" ", "-"));
  for (const [key, bytes] of blobs) {
    await mkdir(dirname(join(folder, key)), { recursive: true });
    await writeFile(join(folder, key), bytes);
  }
  return folder;
}

/** Rejects if the process dies. */
async function read(folder: string, how: string): Promise<unknown> {
  return (await readWithin(folder, how)).found;
}

async function readWithin(folder: string, how: string): Promise<{ found: unknown; rssMb: number }> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    `--max-old-space-size=${HEAP_MB}`,
    "--import",
    "tsx",
    READ,
    folder,
    how,
  ]);
  return { found: JSON.parse(stdout), rssMb: Number(/peak: (\d+) bytes/.exec(stderr)?.[1]) / MEGABYTE };
}

describe(`a process with a heap of ${HEAP_MB} MB`, { timeout: 240_000 }, () => {
  for (const [name, [ways, make]] of Object.entries(HOSTILE))
    it(`survives ${name}`, async () => {
      const folder = await write(name, repository(make()));
      for (const how of ways) expect(await read(folder, how), how).toBeDefined();
    });

  for (const [name, make] of Object.entries(LARGE))
    it(`reads or refuses ${name} within ${RSS_MB_MAX} MB of memory`, async () => {
      const folder = await write(name, repository(make()));
      const { found, rssMb } = await readWithin(folder, "verify");
      expect([["whole"], ["damaged"]]).toContainEqual(found);
      expect(rssMb).toBeLessThan(RSS_MB_MAX);
    });

  for (const [name, [root, message]] of Object.entries(REFUSED))
    it(`refuses a root with ${name}, and names the limit`, async () => {
      const folder = await write(name, new Map([["index-0", root()]]));
      expect(await read(folder, "verify")).toEqual({ code: "invalid", message: expect.stringContaining(message) });
    });
});
