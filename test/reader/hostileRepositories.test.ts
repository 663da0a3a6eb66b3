import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { directoryBlobStore } from "../../shared/adapters/directory/blobStore.ts";
import { decodeContainer } from "../../shared/format/encoding/container.ts";
import { decodeIndexMetadata } from "../../shared/format/indexMetadata.ts";
import { decodeShardSnapshot } from "../../shared/format/shardSnapshot.ts";
import { GET_BYTES_MAX } from "../../shared/model/blobStore.ts";
import { metadataReader } from "../../shared/reader/metadataReader.ts";
import { openRepository } from "../../shared/reader/readRepository.ts";
import { datedSnapshots } from "../../shared/reader/rootSnapshots.ts";
import { surveyRepository } from "../../shared/reader/survey/surveyRepository.ts";
import { encodeContainer, wrapPayload } from "../format/encoding/encodeContainer.ts";
import { encodeSmile } from "../format/encoding/encodeSmile.ts";
import { fixtureRepository, storeOf } from "../format/fixtureRepositories.ts";

const SMILE_HEADER = Buffer.from([0x3a, 0x29, 0x0a, 0x00]);
const MEGABYTE = 1024 * 1024;

const deflated = (document: Uint8Array) => wrapPayload("metadata", Buffer.concat([Buffer.from("DFL\0"), deflateRawSync(document)]));
const decoded = (bytes: Uint8Array) => () => decodeContainer(bytes, "metadata", "meta");

describe("a blob that is small and describes something huge", () => {
  it("is invalid as a file list whose files have too many parts together, whatever each has", () => {
    const file = (name: string) => ({
      name,
      physical_name: "segments_1",
      length: 400_000,
      part_size: 1,
      checksum: "a",
      written_by: "6.6.0",
    });
    const list = (...files: unknown[]) => decodeShardSnapshot(encodeContainer("snapshot", { name: "s", files }), "shard");
    expect(list(file("__0")).files).toHaveLength(1);
    expect(() => list(file("__0"), file("__1"))).toThrow("files[1]: more than 500000 parts in one shard");
  });

  it("is invalid when it inflates beyond any document", () => {
    expect(decoded(deflated(Buffer.concat([SMILE_HEADER, Buffer.alloc(49 * MEGABYTE, 0x21)])))).toThrow("cannot be inflated to at most");
  });

  it.each([
    ["objects", [0xfa, 0xfb], "{}"],
    ["lists", [0xf8, 0xf9], "[]"],
    ["texts", [0x40, 0x78], '"x"'],
  ])("is invalid as SMILE or JSON when its %s would take too much memory", (_, smile, json) => {
    const many = Buffer.concat([
      SMILE_HEADER,
      Buffer.from([0xf8]),
      Buffer.concat(Array(3_900_000).fill(Buffer.from(smile))),
      Buffer.from([0xf9]),
    ]);
    expect(decoded(deflated(many))).toThrow("its values would take more than 160 MB of memory");
    expect(decoded(wrapPayload("metadata", many))).toThrow("its values would take more than 160 MB of memory");
    const document = wrapPayload("metadata", Buffer.from(`{"a":[${`${json},`.repeat(3_900_000)}0]}`));
    expect(decoded(document)).toThrow("its values would take more than 160 MB of memory");
  });

  it("is invalid as SMILE when the names of its fields or its binary values would", () => {
    const field = Buffer.from([0x80, 0x78, 0x21]);
    const names = Buffer.concat([SMILE_HEADER, Buffer.from([0xfa]), Buffer.alloc(2_200_000 * 3, field), Buffer.from([0xfb])]);
    expect(decoded(wrapPayload("metadata", names))).toThrow("would take more than 160 MB of memory");
    const raw = Buffer.from([0xfd, 0x81, 0x78]);
    const header = Buffer.from([0x3a, 0x29, 0x0a, 0x04]);
    const binaries = Buffer.concat([header, Buffer.from([0xf8]), Buffer.concat(Array(800_000).fill(raw)), Buffer.from([0xf9])]);
    expect(decoded(wrapPayload("metadata", binaries))).toThrow("would take more than 160 MB of memory");
  });

  it("costs nothing in fields that nobody reads, and is invalid as a file list that inflates like no other", async () => {
    const nulls = (count: number) =>
      Buffer.concat([
        encodeSmile({ name: "s", files: [] }).subarray(0, -1),
        Buffer.from([0x80, 0x78, 0xf8]),
        Buffer.alloc(count, 0x21),
        Buffer.from([0xf9, 0xfb]),
      ]);
    const list = (count: number) => wrapPayload("snapshot", Buffer.concat([Buffer.from("DFL\0"), deflateRawSync(nulls(count))]));
    expect(decodeShardSnapshot(list(30_000), "shard")).toEqual({ name: "s", files: [] });
    expect(() => decodeShardSnapshot(list(1_000_000), "shard")).toThrow("cannot be inflated to at most 32768 bytes");
    const plain = wrapPayload("snapshot", nulls(20_000_000));
    expect(decodeShardSnapshot(plain, "shard")).toEqual({ name: "s", files: [] });
  });

  it("ends the reading, and is not called damaged, when those before it decode to far more than a server stores", async () => {
    const mapping = Buffer.from(JSON.stringify({ i: { settings: {}, mappings: Array(1_500_000).fill({}) } }));
    const metadata = wrapPayload("index-metadata", Buffer.concat([Buffer.from("DFL\0"), deflateRawSync(mapping)]));
    const reader = metadataReader({ ...storeOf(new Map()), get: async () => metadata });
    const readAll = async () => {
      for (let index = 0; index < 60; index += 1) await reader.read(`meta-${index}.dat`, decodeIndexMetadata);
    };
    await expect(readAll()).rejects.toMatchObject({ code: "permanent", reason: { code: "closure.outOfProportion" } });
    expect(reader.damaged.every(({ found }) => !String(found).includes("proportion"))).toBe(true);
  });

  it("ends the list of snapshots, when their own blobs decode to hundreds of times what is stored", async () => {
    const uuids = Array.from({ length: 30 }, (_, number) => `uuid-${number}`);
    const blobs = new Map<string, Uint8Array>([
      ["index-1", Buffer.from(JSON.stringify({ snapshots: uuids.map((uuid) => ({ name: uuid, uuid })), indices: {} }))],
    ]);
    const padding = randomBytes(27_000).toString("base64");
    for (const uuid of uuids) {
      const times = { start_time: 1, end_time: 2, total_shards: 0, successful_shards: 0 };
      const snapshot = {
        name: uuid,
        uuid,
        version_id: 7_100_299,
        indices: [],
        state: "SUCCESS",
        ...times,
        padding,
        x: Array(1e6).fill({}),
      };
      const document = deflateRawSync(Buffer.from(JSON.stringify({ snapshot })));
      blobs.set(`snap-${uuid}.dat`, wrapPayload("snapshot", Buffer.concat([Buffer.from("DFL\0"), document])));
    }
    const outOfProportion = { code: "permanent", reason: { code: "closure.outOfProportion", params: { times: 300 } } };
    await expect(surveyRepository(storeOf(blobs))).rejects.toMatchObject(outOfProportion);
    await expect(datedSnapshots(storeOf(blobs), await openRepository(storeOf(blobs)))).rejects.toMatchObject(outOfProportion);
  });

  it("is read when it is merely large", () => {
    const nulls = Buffer.concat([SMILE_HEADER, Buffer.from([0xf8]), Buffer.alloc(2_000_000, 0x21), Buffer.from([0xf9])]);
    expect(decoded(wrapPayload("metadata", nulls))()).toHaveLength(2_000_000);
    const text = JSON.stringify({ a: "x".repeat(5_000_000), b: "[{,:".repeat(2_000_000) });
    expect(decodeContainer(wrapPayload("metadata", Buffer.from(text)), "metadata", "meta")).toEqual(JSON.parse(text));
  });

  it("is not read as a root when its listing says that it is too large", async () => {
    const store = storeOf(new Map([["index-0", Buffer.from("{}")]]));
    let reads = 0;
    const large = {
      ...store,
      async *list() {
        yield { key: "index-0", sizeBytes: GET_BYTES_MAX + 1 };
      },
      get: async () => {
        reads += 1;
        return undefined;
      },
    };
    await expect(openRepository(large)).rejects.toMatchObject({ code: "invalid", message: expect.stringContaining("index-0: has 300 MB") });
    expect(reads).toBe(0);
  });
});

describe("a directory that holds more than plain files", () => {
  let directory = "";
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "hostile-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it("does not wait for a pipe, and treats it as no blob", async () => {
    execFileSync("sh", ["-c", 'mkfifo "$0"', join(directory, "index-0")]);
    const store = directoryBlobStore({ directory });
    expect([await store.get("index-0"), await store.head("index-0")]).toEqual([undefined, undefined]);
    expect(await openRepository(store)).toMatchObject({ root: undefined, hiding: [] });
  });

  it("reads past a pipe that is named like a newer root, as Elasticsearch does, and not past a link", async () => {
    for (const [key, bytes] of fixtureRepository("es-5.5.2-migration/step1").blobs) {
      await mkdir(dirname(join(directory, key)), { recursive: true });
      await writeFile(join(directory, key), bytes);
    }
    execFileSync("sh", ["-c", 'mkfifo "$0"', join(directory, "index-9")]);
    const store = directoryBlobStore({ directory });
    expect(await openRepository(store)).toMatchObject({ root: { key: expect.stringMatching(/^index-[0-8]$/) }, hiding: [] });
    // 7.10.2 lists neither the pipe nor a link to one, or to a device, and reads the root (measured).
    await symlink(join(directory, "index-9"), join(directory, "index-11"));
    await symlink("/dev/zero", join(directory, "index-12"));
    expect(await openRepository(store)).toMatchObject({ hiding: [] });
    await symlink(join(directory, "index-0"), join(directory, "index-10"));
    expect((await openRepository(store)).hiding).toEqual(["index-10"]);
  });

  it("does not follow a link among the folders of a key", async () => {
    await mkdir(join(directory, "elsewhere"));
    await writeFile(join(directory, "elsewhere/blob"), "secret");
    await mkdir(join(directory, "repository"));
    await symlink(join(directory, "elsewhere"), join(directory, "repository/indices"));
    const store = directoryBlobStore({ directory: join(directory, "repository") });
    await expect(store.get("indices/blob")).rejects.toMatchObject({ code: "invalid", message: expect.stringContaining("symbolic link") });
    await expect(store.put("indices/new/blob", Buffer.from("x"))).rejects.toMatchObject({ code: "invalid" });
    await symlink(join(directory, "elsewhere"), join(directory, "linked"));
    const linked = directoryBlobStore({ directory: join(directory, "linked") });
    await mkdir(join(directory, "elsewhere/in"));
    await writeFile(join(directory, "elsewhere/in/blob"), "own");
    expect(Buffer.from((await linked.get("in/blob")) ?? []).toString()).toBe("own");
  });
});
