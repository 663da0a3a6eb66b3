import { deflateRawSync } from "node:zlib";
import { decodeContainer } from "../../shared/format/encoding/container.ts";
import { encodeContainer, wrapPayload } from "../format/encoding/encodeContainer.ts";
import { STEP1, TIMES } from "../world/moved.ts";

const MEGABYTE = 1024 * 1024;
const SMILE_HEADER = Buffer.from([0x3a, 0x29, 0x0a, 0x00]);

const [SHARD_LIST = ""] = [...STEP1.blobs.keys()].filter((key) => /\/0\/snap-/.test(key));
const [INDEX_METADATA = ""] = [...STEP1.blobs.keys()].filter((key) => /^indices\/[^/]+\/meta-/.test(key));
const root = () => JSON.parse(Buffer.from(STEP1.blobs.get("index-0") as Uint8Array).toString());

const withEntries = (...entries: unknown[]) => {
  const { snapshots, ...rest } = root();
  return { "index-1": Buffer.from(JSON.stringify({ ...rest, snapshots: [...snapshots, ...entries] })) };
};
const MANY = 4_000;

/** The blobs that make a repository hostile, beside those of a good one. */
export const HOSTILE: Record<string, () => Record<string, Uint8Array>> = {
  "shard-list-bomb": () => {
    const file = (name: string) => ({
      name,
      physical_name: "segments_1",
      length: 400_000,
      part_size: 1,
      checksum: "a",
      written_by: "6.6.0",
    });
    return { [SHARD_LIST]: encodeContainer("snapshot", { name: "snap-1", files: ["__0", "__1", "__2", "__3", "__4"].map(file) }) };
  },
  "smile-bomb": () => {
    const nulls = Buffer.concat([SMILE_HEADER, Buffer.from([0xf8]), Buffer.alloc(40 * MEGABYTE, 0x21), Buffer.from([0xf9])]);
    return { [INDEX_METADATA]: wrapPayload("index-metadata", Buffer.concat([Buffer.from("DFL\0"), deflateRawSync(nulls)])) };
  },
  "giant-generation": () => ({ "index-9007199254740991": Buffer.from("{}") }),
  "long-uuid": () => {
    const { snapshots, ...rest } = root();
    const long = { name: "long", uuid: "u".repeat(2_000), state: 1, start_time_millis: TIMES["snap-1"].getTime() + 1 };
    return { "index-1": Buffer.from(JSON.stringify({ ...rest, snapshots: [...snapshots, long] })) };
  },
  "smile-objects": () => {
    const objects = Buffer.concat([
      SMILE_HEADER,
      Buffer.from([0xf8]),
      Buffer.alloc(7_800_000, Buffer.from([0xfa, 0xfb])),
      Buffer.from([0xf9]),
    ]);
    return { [INDEX_METADATA]: wrapPayload("index-metadata", Buffer.concat([Buffer.from("DFL\0"), deflateRawSync(objects)])) };
  },
  "root-objects": () => {
    const unknown = `[${"{},".repeat(7_000_000)}{}]`;
    return { "index-1": Buffer.from(`{"x":${unknown},"snapshots":[],"indices":{"i":{"id":"i","snapshots":${unknown}}}}`) };
  },
  "faulty-entries": () => {
    const { snapshots, ...rest } = root();
    const entries = [null, { name: "a", uuid: "../a", state: 1 }, { name: "b\nc", uuid: "b", state: 9 }];
    return { "index-1": Buffer.from(JSON.stringify({ ...rest, snapshots: [...snapshots, ...entries] })) };
  },
  "impossible-time": () => withEntries({ name: "x", uuid: "x", state: 1, start_time_millis: Number.MAX_SAFE_INTEGER }),
  "impossible-record": () => {
    const [key = ""] = [...STEP1.blobs.keys()].filter((name) => name.startsWith("snap-"));
    const { snapshot } = decodeContainer(STEP1.blobs.get(key) as Uint8Array, "snapshot", key) as { snapshot: object };
    const time = { start_time: Number.MAX_SAFE_INTEGER, end_time: Number.MAX_SAFE_INTEGER };
    return {
      ...withEntries({ name: "y", uuid: "y", state: 1 }),
      "snap-y.dat": encodeContainer("snapshot", { snapshot: { ...snapshot, name: "y", uuid: "y", ...time } }),
    };
  },
  "long-name": () => withEntries({ name: "n".repeat(5_000_000), uuid: "X1", state: 1, start_time_millis: TIMES["snap-1"].getTime() }),
  "many-future": () => {
    const farMs = TIMES["snap-1"].getTime() + 1e10;
    return withEntries(
      ...Array.from({ length: MANY }, (_, at) => ({ name: `f${at}`, uuid: `X${at}`, state: 1, start_time_millis: farMs + at })),
    );
  },
  "many-undated": () => withEntries(...Array.from({ length: MANY / 2 }, (_, at) => ({ name: `u${at}`, uuid: `U${at}`, state: 1 }))),
  "cut-root": () => ({ "index-1": Buffer.from('{"snapshots":[') }),
};
