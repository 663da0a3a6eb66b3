import { describe, expect, it } from "vitest";
import { storeEvidence } from "../../../shared/reader/evidence.ts";
import { partLedger } from "../../../shared/reader/partLedger.ts";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { fixtureRepository } from "../../format/fixtureRepositories.ts";
import { freshCopyWorld, runCopy, SOURCE, world } from "../../world/copying.ts";
import { STEP2 } from "../../world/moved.ts";
import { MOVED } from "../../world/world.ts";

/** Flips a bit in the middle of a blob at the destination, and returns its key. */
async function flip(pattern: RegExp): Promise<string> {
  const store = world.blobs(MOVED);
  const keys: string[] = [];
  for await (const { key } of store.list("")) if (pattern.test(key)) keys.push(key);
  const key = keys.sort()[0] as string;
  const bytes = Buffer.from((await store.get(key)) as Uint8Array);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
  await store.put(key, bytes);
  return key;
}

async function verdicts(): Promise<string[]> {
  const store = world.blobs(MOVED);
  const { root } = await openRepository(store);
  const proofs = (root?.snapshots ?? []).map(({ uuid }) =>
    proveSnapshot(store, { uuid, level: "contents", ledger: partLedger(world.state, MOVED) }),
  );
  return [...new Set((await Promise.all(proofs)).map(({ verdict }) => verdict))].sort();
}

/** What a verification by hand at level `contents` stores. */
async function verifyContents(): Promise<void> {
  const store = world.blobs(MOVED);
  const opened = await world.open();
  const { root } = await openRepository(store);
  for (const { uuid } of root?.snapshots ?? []) {
    const proof = await proveSnapshot(store, { uuid, level: "contents", ledger: partLedger(opened.state, MOVED) });
    await storeEvidence(opened, MOVED, proof, world.now());
  }
}

describe.each([
  ["5.5.3", "es-5.5.3-reused-names/step2"],
  ["7.10.2", "es-7.10.2/repo"],
])("a blob of %s that is damaged at the destination in equal size", (_version, fixture) => {
  const { blobs } = fixtureRepository(fixture);
  freshCopyWorld({ blobs });

  it.each([
    ["a shard's list of files", /^indices\/.*\/\d+\/snap-.*\.dat$/],
    ["an index's metadata", /^indices\/[^/]+\/meta-.*\.dat$/],
  ])("is copied again when a person asks, if it is %s", async (_what, pattern) => {
    expect((await runCopy(12)).done?.state).toBe("done");
    const key = await flip(pattern);
    expect((await runCopy(12)).done?.reason.code).toBe("copy.done");
    expect([Buffer.from((await world.blobs(MOVED).get(key)) ?? []).equals(blobs.get(key) as Uint8Array), await verdicts()]).toEqual([
      true,
      ["whole"],
    ]);
  });

  it("is copied again when a person asks, if a verdict calls the snapshot damaged", async () => {
    expect((await runCopy(12)).done?.state).toBe("done");
    const key = await flip(/^indices\/.*\/\d+\/__/);
    await verifyContents();
    expect((await runCopy(12)).done?.reason.code).toBe("copy.done");
    expect([Buffer.from((await world.blobs(MOVED).get(key)) ?? []).equals(blobs.get(key) as Uint8Array), await verdicts()]).toEqual([
      true,
      ["whole"],
    ]);
  });
});

describe("damage in equal size that a stored proof found, and a copy that nobody asked for", () => {
  freshCopyWorld();
  const byItself = { by: "ossnap" as const, who: "watch" };
  const isEqual = async (key: string) => Buffer.from((await world.blobs(MOVED).get(key)) ?? []).equals(STEP2.blobs.get(key) as Uint8Array);

  it.each([
    ["a data blob", /^indices\/.*\/\d+\/__/],
    ["an index's metadata", /^indices\/[^/]+\/meta-.*\.dat$/],
  ])("is mended with the next snapshot: %s", async (_what, pattern) => {
    expect((await runCopy(12)).done?.state).toBe("done");
    const key = await flip(pattern);
    await verifyContents();
    await world.fill(SOURCE, STEP2.blobs);
    expect((await runCopy(12, byItself)).done?.state).toBe("done");
    expect([await verdicts(), await isEqual(key)]).toEqual([["whole"], true]);
  });

  it("is mended although a stored verdict cannot be read", async () => {
    expect((await runCopy(12)).done?.state).toBe("done");
    const key = await flip(/^indices\/[^/]+\/meta-.*\.dat$/);
    await verifyContents();
    for (const evidence of await world.stateKeys("evidence/")) await world.state.put(evidence, Buffer.from("{"));
    await world.fill(SOURCE, STEP2.blobs);
    expect((await runCopy(12, byItself)).done?.state).toBe("done");
    expect([await verdicts(), await isEqual(key)]).toEqual([["whole"], true]);
  });

  it("is mended for a new snapshot that shares the blob, even if no verdict says so any more", async () => {
    expect((await runCopy(12)).done?.state).toBe("done");
    const key = await flip(/^indices\/.*\/\d+\/__/);
    await verifyContents();
    await world.state.delete(await world.stateKeys("evidence/"));
    await world.fill(SOURCE, STEP2.blobs);
    expect((await runCopy(12, byItself)).done?.state).toBe("done");
    expect([await verdicts(), await isEqual(key)]).toEqual([["whole"], true]);
  });
});

describe("an index.latest that names another root", () => {
  freshCopyWorld();

  it("is written again by the next copy", async () => {
    expect((await runCopy()).done?.state).toBe("done");
    const before = (await world.blobs(MOVED).get("index.latest")) as Uint8Array;
    await world.blobs(MOVED).put("index.latest", Buffer.alloc(8));
    expect((await runCopy()).done?.state).toBe("done");
    expect(await world.blobs(MOVED).get("index.latest")).toEqual(before);
  });
});

describe("an entry of the ledger that a reading disproves", () => {
  const { blobs } = fixtureRepository("es-5.5.3-reused-parts/step2-after");
  freshCopyWorld({ blobs });

  it("no longer makes the file whole for proofs that do not read it", async () => {
    expect((await runCopy(12)).done?.state).toBe("done");
    const store = world.blobs(MOVED);
    const key = await flip(/\.part0$/);
    const ledger = partLedger(world.state, MOVED);
    const [prefix, file] = [key.slice(0, key.lastIndexOf("/") + 1), key.replace(/\.part0$/, "")];
    // As if a late write had been taken for the verified one.
    const known = (await ledger.of(prefix)).get(file);
    const etags = await Promise.all((known?.etags ?? []).map(async (_, part) => (await store.head(`${file}.part${part}`))?.etag ?? ""));
    if (known === undefined) throw new Error(`the ledger does not know ${file}`);
    ledger.add(prefix, file, { ...known, etags });
    await ledger.save();
    const level = async (depth: "footers" | "contents") => {
      const { root } = await openRepository(store);
      const proofs = [];
      for (const { uuid } of root?.snapshots ?? [])
        proofs.push((await proveSnapshot(store, { uuid, level: depth, ledger: partLedger(world.state, MOVED) })).verdict);
      return proofs.includes("damaged");
    };
    expect([await level("footers"), await level("contents"), await level("footers")]).toEqual([false, true, true]);
  });
});
