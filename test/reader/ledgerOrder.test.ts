import { describe, expect, it } from "vitest";
import { memoryBlobStore } from "../../shared/adapters/memory/blobStore.ts";
import type { BlobStore } from "../../shared/model/blobStore.ts";
import type { Place } from "../../shared/model/config.ts";
import type { VerifiedFile } from "../../shared/reader/ledger/shardEntries.ts";
import { type PartLedger, partLedger } from "../../shared/reader/partLedger.ts";

const AT: Place = { store: "oss", bucket: "b", basePath: "x", region: "cn-hangzhou" };
const SHARD = "indices/movies/0/";
const FILE = `${SHARD}__4`;
const DISPROOF: VerifiedFile = { checksum: "", lengthBytes: -1, etags: [] };
/** With a copy of what is known for each of them, this took more than a minute. */
const FILES = 40_000;
const proof = (etag: string): VerifiedFile => ({ checksum: "c", lengthBytes: 9, etags: [etag] });

async function save(ledger: PartLedger, file: VerifiedFile, key = FILE): Promise<void> {
  ledger.add(SHARD, key, file);
  await ledger.save();
}

const entry = async (state: BlobStore, key = FILE) => (await partLedger(state, AT).of(SHARD)).get(key);

/** A ledger that has read the shard's entries as they are now. */
async function reader(state: BlobStore): Promise<PartLedger> {
  const ledger = partLedger(state, AT);
  await ledger.of(SHARD);
  return ledger;
}

// The order of the stored objects depends on their hashes, so each interleaving is tried with many contents.
const TRIES = Array.from({ length: 20 }, (_, number) => `e${number}`);

describe("verdicts of several writers on one file", () => {
  it.each(TRIES)("keep a disproof while another task, which had read the entry before, stores another file (%s)", async (other) => {
    const state = memoryBlobStore({});
    await save(partLedger(state, AT), proof("late"));
    const copier = await reader(state);
    await save(await reader(state), DISPROOF);
    await save(copier, proof(other), `${SHARD}__9`);
    expect([await entry(state), await entry(state, `${SHARD}__9`)]).toMatchObject([DISPROOF, proof(other)]);
  });

  it.each(TRIES)("keep a disproof if both writers store at the same moment (%s)", async (other) => {
    const state = memoryBlobStore({});
    await save(partLedger(state, AT), proof("late"));
    for (const file of [FILE, `${SHARD}__9`]) {
      const [one, two] = [await reader(state), await reader(state)];
      one.add(SHARD, FILE, DISPROOF);
      two.add(SHARD, file, proof(other));
      await Promise.all([one.save(), two.save()]);
      expect(await entry(state)).toMatchObject(DISPROOF);
    }
  });

  it.each(TRIES)("let a later proof replace the disproof, whoever stores other files meanwhile (%s)", async (etag) => {
    const state = memoryBlobStore({});
    await save(partLedger(state, AT), proof("late"));
    const stale = await reader(state);
    const copier = await reader(state);
    await save(await reader(state), DISPROOF);
    const disproved = await reader(state);
    // It read the entries before they were disproved, and copied the file afterwards.
    await save(copier, proof(etag));
    await save(stale, proof("other"), `${SHARD}__9`);
    await save(disproved, proof("third"), `${SHARD}__10`);
    expect(await entry(state)).toMatchObject(proof(etag));
  });

  it.each(TRIES)("let a disproof count after proofs that its writer had not read (%s)", async (etag) => {
    const state = memoryBlobStore({});
    await save(partLedger(state, AT), proof("first"));
    const disprover = await reader(state);
    await save(await reader(state), proof("second"));
    await save(await reader(state), proof(etag));
    await save(disprover, DISPROOF);
    expect(await entry(state)).toMatchObject(DISPROOF);
  });

  it("read entries of earlier versions, and replace them", async () => {
    const state = memoryBlobStore({});
    await save(partLedger(state, AT), proof("now"));
    const [stored] = await keysOf(state);
    const { order: _none, ...before } = (await entry(state)) as VerifiedFile;
    await state.put(stored as string, Buffer.from(JSON.stringify({ [FILE]: before })));
    expect(await entry(state)).toEqual(proof("now"));
    await save(partLedger(state, AT), DISPROOF);
    expect(await entry(state)).toMatchObject(DISPROOF);
    expect(await keysOf(state)).toHaveLength(1);
  });
});

describe("a shard of very many files", () => {
  it("is asked for between any two that are added", async () => {
    const state = memoryBlobStore({});
    const ledger = partLedger(state, AT);
    for (let number = 0; number < FILES; number += 1) {
      expect((await ledger.of(SHARD)).size).toBe(number);
      ledger.add(SHARD, `${SHARD}__${number}`, proof("etag"));
    }
    await ledger.save();
    expect((await ledger.of(SHARD)).size).toBe(FILES);
    expect((await partLedger(state, AT).of(SHARD)).size).toBe(FILES);
  });
});

async function keysOf(state: BlobStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of state.list("parts/")) keys.push(key);
  return keys;
}
