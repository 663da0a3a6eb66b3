import { beforeEach, describe, expect, it } from "vitest";
import { memoryBlobStore } from "../../../shared/adapters/memory/blobStore.ts";
import type { BlobStore } from "../../../shared/model/blobStore.ts";
import type { ProofLevel } from "../../../shared/model/repository.ts";
import { memoryLedger, type PartLedger, partLedger } from "../../../shared/reader/partLedger.ts";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { fixtureRepository, storeOf } from "../../format/fixtureRepositories.ts";

const HERE = { store: "oss" as const, bucket: "b", basePath: "x", region: "cn-hangzhou" };

const OLD = fixtureRepository("es-5.5.3-reused-parts/step1-before").blobs;
const NEW = fixtureRepository("es-5.5.3-reused-parts/step2-after").blobs;
/** Parts that exist in both, under the same name and of the same size, with other bytes. */
const REUSED = [...NEW].flatMap(([key, bytes]) => {
  const before = OLD.get(key);
  return before && /\.part\d+$/.test(key) && before.length === bytes.length && Buffer.compare(before, bytes) !== 0 ? [key] : [];
});
const NAME = "snap-3";

let opened: string[];

function store(blobs: ReadonlyMap<string, Uint8Array>): BlobStore {
  const inner = storeOf(blobs);
  return {
    ...inner,
    open(key, range) {
      opened.push(key);
      return inner.open(key, range);
    },
  };
}

const prove = (
  blobs: BlobStore,
  more: { level?: ProofLevel; ledger?: PartLedger; deadline?: () => boolean; sample?: { share: number } } = {},
) => proveSnapshot(blobs, { name: NAME, level: "footers", footersFor: "counter-named", ...more });

beforeEach(() => {
  opened = [];
});

describe("a file in several parts whose names were reused", () => {
  it("has parts of the same size with other bytes in the fixture", () => {
    expect(REUSED.length).toBe(15);
  });

  it("is damaged when all but its last part are those of the former file, although sizes and footer agree", async () => {
    const mixed = new Map(NEW);
    for (const key of REUSED) mixed.set(key, OLD.get(key) as Uint8Array);
    expect(await prove(store(mixed), { level: "metadata" })).toMatchObject({ verdict: "whole" });
    const proof = await prove(store(mixed));
    expect(proof.verdict).toBe("damaged");
    expect(proof.damaged.map(({ key }) => key)).toEqual(expect.arrayContaining(REUSED));
  });

  it.each(REUSED)("is damaged when only %s is the former one", async (key) => {
    expect((await prove(store(new Map(NEW).set(key, OLD.get(key) as Uint8Array)))).verdict).toBe("damaged");
  });

  it("is read even if a sample does not contain it", async () => {
    const mixed = new Map(NEW).set(REUSED[0] as string, OLD.get(REUSED[0] as string) as Uint8Array);
    const proof = await prove(store(mixed), { level: "contents", sample: { share: 0.0001 } });
    expect(proof.verdict).toBe("damaged");
  });
});

describe("the ledger of verified parts", () => {
  it("spares the second reading, whatever the snapshot", async () => {
    const ledger = memoryLedger();
    expect((await prove(store(NEW), { ledger })).verdict).toBe("whole");
    expect(opened.length).toBeGreaterThan(15);
    opened = [];
    expect((await prove(store(NEW), { ledger })).verdict).toBe("whole");
    expect(opened).toEqual([]);
  });

  it("is not believed for a part that was written since", async () => {
    const ledger = memoryLedger();
    await prove(store(NEW), { ledger });
    const key = REUSED[3] as string;
    expect((await prove(store(new Map(NEW).set(key, OLD.get(key) as Uint8Array)), { ledger })).verdict).toBe("damaged");
  });

  it("is not believed for another file under the same name", async () => {
    const ledger = memoryLedger();
    await proveSnapshot(store(OLD), { name: "snap-2", level: "footers", ledger });
    opened = [];
    await prove(store(NEW), { ledger });
    expect(opened).toEqual(expect.arrayContaining(REUSED));
  });

  it("is not believed when it names another checksum for the same ETags", async () => {
    const ledger = memoryLedger();
    await prove(store(NEW), { ledger });
    const prefix = (REUSED[0] as string).replace(/[^/]*$/, "");
    for (const [fileKey, file] of await ledger.of(prefix)) ledger.add(prefix, fileKey, { ...file, checksum: "other" });
    opened = [];
    await prove(store(NEW), { ledger });
    expect(opened).toEqual(expect.arrayContaining(REUSED));
  });

  it("remembers nothing of a store without ETags", async () => {
    const ledger = memoryLedger();
    const blobs = store(NEW);
    const bare: BlobStore = {
      ...blobs,
      async *list(prefix, options) {
        for await (const { etag: _etag, ...info } of blobs.list(prefix, options)) yield info;
      },
    };
    await prove(bare, { ledger });
    opened = [];
    await prove(bare, { ledger });
    expect(opened.length).toBeGreaterThan(15);
  });

  it("lets a proof go on where time ran out, and says how far it is", async () => {
    const state = memoryBlobStore({});
    const blobs = store(NEW);
    let left = 0;
    const look = (budget: number) => {
      left = budget;
      return prove(blobs, {
        ledger: partLedger(state, HERE),
        deadline: () => {
          left -= 1;
          return left < 0;
        },
      });
    };
    const proofs = [];
    for (let looks = 0; looks < 20; looks += 1) {
      const proof = await look(40);
      proofs.push(proof);
      if (proof.verdict === "whole") break;
      expect(proof).toMatchObject({ verdict: "unproven", missing: [], damaged: [] });
    }
    expect(proofs.at(-1)?.verdict).toBe("whole");
    const steps = proofs.flatMap(({ reason }) => (reason?.code === "proof.parts" ? [reason.params.verifiedBytes as number] : []));
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
  });

  it("keeps what two writers add to one shard", async () => {
    const state = memoryBlobStore({});
    const entry = (checksum: string) => ({ checksum, lengthBytes: 3, etags: ["a", "b"] });
    const [first, second] = [partLedger(state, HERE), partLedger(state, HERE)];
    await Promise.all([first.of("indices/i/0/"), second.of("indices/i/0/")]);
    first.add("indices/i/0/", "indices/i/0/__1", entry("one"));
    second.add("indices/i/0/", "indices/i/0/__2", entry("two"));
    await first.save();
    await second.save();
    const read = await partLedger(state, HERE).of("indices/i/0/");
    expect([...read.keys()].sort()).toEqual(["indices/i/0/__1", "indices/i/0/__2"]);
    const elsewhere = { ...HERE, endpoint: "http://minio:9000" };
    expect((await partLedger(state, elsewhere).of("indices/i/0/")).size).toBe(0);
  });

  it("stores one object per shard, however often it is written", async () => {
    const state = memoryBlobStore({});
    for (const checksum of ["one", "two", "three"]) {
      const ledger = partLedger(state, HERE);
      ledger.add("indices/i/0/", `indices/i/0/__${checksum}`, { checksum, lengthBytes: 3, etags: ["a", "b"] });
      await ledger.save();
    }
    const keys = [];
    for await (const { key } of state.list("parts/")) keys.push(key);
    expect(keys.length).toBe(1);
    expect((await partLedger(state, HERE).of("indices/i/0/")).size).toBe(3);
  });
});
