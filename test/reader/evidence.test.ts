import { describe, expect, it } from "vitest";
import { memoryBlobStore } from "../../shared/adapters/memory/blobStore.ts";
import type { BlobStore } from "../../shared/model/blobStore.ts";
import type { Place } from "../../shared/model/config.ts";
import type { ProofLevel, SnapshotProof, Verdict } from "../../shared/model/repository.ts";
import { newestEvidence, storeEvidence } from "../../shared/reader/evidence.ts";
import { proveSnapshot } from "../../shared/reader/prove/proveSnapshot.ts";
import { proveChosen } from "../../shared/reader/proveRepository.ts";
import type { StateClock } from "../../shared/state/identity.ts";
import { verdictKeys } from "../../shared/state/verdictKeys.ts";
import { fixtureRepository, storeOf } from "../format/fixtureRepositories.ts";

const PLACE: Place = { store: "directory", bucket: "/srv/blobs", basePath: "" };

/** Of a snapshot without indices, as far as evidence is made of it. */
const proofOf = (verdict: Verdict, level: ProofLevel) =>
  ({
    name: "s",
    uuid: "u",
    verdict,
    level,
    generation: 1,
    blobs: 1,
    bytes: 1,
    damaged: [],
    closure: { digest: "d", indices: [], snapshot: { indices: [] } },
  }) as unknown as SnapshotProof;

/** The verdict that holds after these proofs, a minute apart. */
async function held(...proofs: [Verdict, ProofLevel][]): Promise<string> {
  const state = memoryBlobStore();
  for (const [minute, [verdict, level]] of proofs.entries()) {
    const now = new Date(Date.UTC(2026, 10, 28, 12, minute));
    const clock = { now: () => now } as StateClock;
    await storeEvidence({ state, clock, version: "1" }, PLACE, proofOf(verdict, level), now);
  }
  const found = (await newestEvidence({ state }, new Set(["u"]), PLACE)).get("u");
  return `${found?.verdict} ${found?.level} ${found?.at.slice(14, 16)}`;
}

describe("the verdict that holds", () => {
  it.each<[string, [Verdict, ProofLevel][], string]>([
    [
      "the stronger of two that are whole",
      [
        ["whole", "contents"],
        ["whole", "names"],
      ],
      "whole contents 00",
    ],
    [
      "the newer of two at one level",
      [
        ["whole", "footers"],
        ["whole", "footers"],
      ],
      "whole footers 01",
    ],
    [
      "a stronger proof later",
      [
        ["whole", "names"],
        ["whole", "contents"],
      ],
      "whole contents 01",
    ],
    [
      "damage found later, at any level",
      [
        ["whole", "contents"],
        ["damaged", "footers"],
      ],
      "damaged footers 01",
    ],
    [
      "a blob that is missing later",
      [
        ["whole", "contents"],
        ["incomplete", "names"],
      ],
      "incomplete names 01",
    ],
    [
      "damage, until a proof of its level finds none",
      [
        ["damaged", "contents"],
        ["whole", "names"],
      ],
      "damaged contents 00",
    ],
    [
      "damage at the deepest level that found it, whatever is found again",
      [
        ["damaged", "contents"],
        ["damaged", "names"],
        ["incomplete", "names"],
        ["whole", "footers"],
      ],
      "incomplete contents 02",
    ],
    [
      "the proof that found no damage any more",
      [
        ["damaged", "footers"],
        ["whole", "contents"],
      ],
      "whole contents 01",
    ],
    [
      "a missing blob that is there again",
      [
        ["incomplete", "contents"],
        ["whole", "names"],
      ],
      "whole names 01",
    ],
    [
      "what is known, when a proof was not finished",
      [
        ["whole", "footers"],
        ["unproven", "contents"],
      ],
      "whole footers 00",
    ],
  ])("is %s", async (_, proofs, verdict) => {
    expect(await held(...proofs)).toBe(verdict);
  });
});

const { blobs } = fixtureRepository("es-7.10.2/repo");
const SNAP3 = "ONtBZq9iRTC4LNPFutN8nA";
const SHARD = "indices/DTdreM68Trm26--CYTDWvw/0/";
const DATA = [...blobs.keys()].find((key) => key.startsWith(`${SHARD}__`)) ?? "";
const INDEX_METADATA = [...blobs.keys()].filter((key) => key.startsWith("indices/DTdreM68Trm26--CYTDWvw/meta-"));

/** Stores proofs of one snapshot a minute apart, and shows what holds of it. */
function history() {
  const state = memoryBlobStore();
  let now = Date.UTC(2026, 10, 28, 12);
  const clock = { now: () => new Date(now) } as StateClock;
  const store = async (proof: SnapshotProof) => {
    now += 60_000;
    await storeEvidence({ state, clock, version: "1" }, PLACE, proof, clock.now());
    return proof.verdict;
  };
  return {
    state,
    store,
    async verify(bucket: ReadonlyMap<string, Uint8Array>, level: ProofLevel = "footers") {
      const { proofs } = await proveChosen(storeOf(bucket), { snapshot: SNAP3, level });
      return store(proofs[0] as SnapshotProof);
    },
    verifySome: async (bucket: ReadonlyMap<string, Uint8Array>, indices: string[]) =>
      store(await proveSnapshot(storeOf(bucket), { uuid: SNAP3, indices, level: "footers" })),
    async holds() {
      const found = (await newestEvidence({ state }, new Set([SNAP3]), PLACE)).get(SNAP3);
      return [found && `${found.verdict} ${found.level}`, found?.verdict === "whole"];
    },
  };
}

function without(...keys: string[]): Map<string, Uint8Array> {
  return new Map([...blobs].filter(([key]) => !keys.includes(key)));
}

function flipped(key: string): Map<string, Uint8Array> {
  const bytes = Uint8Array.from(blobs.get(key) as Uint8Array);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 0xff;
  return new Map([...blobs, [key, bytes]]);
}

describe("a snapshot that was proven whole and lost metadata", () => {
  it.each([
    ["its own blob is gone", "incomplete", without(`snap-${SNAP3}.dat`)],
    ["its own blob is flipped", "damaged", flipped(`snap-${SNAP3}.dat`)],
    ["the global metadata is gone", "incomplete", without(`meta-${SNAP3}.dat`)],
    ["a shard's file list is gone", "incomplete", without(`${SHARD}snap-${SNAP3}.dat`)],
    ["a shard's file list is flipped", "damaged", flipped(`${SHARD}snap-${SNAP3}.dat`)],
    ["an index's metadata are gone", "incomplete", without(...INDEX_METADATA)],
  ])("is no longer proven when %s, until it is whole again", async (_, verdict, damaged) => {
    const { verify, holds } = history();
    await verify(blobs, "contents");
    expect(await holds()).toEqual(["whole contents", true]);
    expect(await verify(damaged)).toBe(verdict);
    expect(await holds()).toEqual([`${verdict} footers`, false]);
    await verify(blobs);
    // Not at level contents: the blobs that were read then are not those that are there now.
    expect(await holds()).toEqual(["whole footers", true]);
    await verify(blobs, "names");
    expect(await holds()).toEqual(["whole footers", true]);
  });

  it("stays damaged while only a weaker proof finds it whole", async () => {
    const { verify, holds } = history();
    await verify(blobs);
    await verify(flipped(`${SHARD}snap-${SNAP3}.dat`), "contents");
    await verify(blobs, "footers");
    expect(await holds()).toEqual(["damaged contents", false]);
    await verify(blobs, "contents");
    expect(await holds()).toEqual(["whole contents", true]);
  });

  it("keeps nothing under a uuid that is no part of a key", async () => {
    const { state, store } = history();
    for (const uuid of ["../live", "a/b", "u".repeat(300)])
      await store({ name: "s", uuid, verdict: "damaged", level: "names", closure: undefined } as unknown as SnapshotProof);
    const stored: string[] = [];
    for await (const { key } of state.list("")) stored.push(key);
    expect(stored).toEqual([]);
  });
});

describe("a proof of some of a snapshot's indices", () => {
  it("does not hide the damage of another index", async () => {
    const { verify, verifySome, holds } = history();
    expect(await verify(flipped(DATA))).toBe("damaged");
    expect(await verifySome(flipped(DATA), ["fx-empty"])).toBe("whole");
    expect(await holds()).toEqual(["damaged footers", false]);
  });

  it("is none of the snapshot, unless it found damage", async () => {
    const { verify, verifySome, holds } = history();
    await verifySome(blobs, ["fx-empty"]);
    expect(await holds()).toEqual([undefined, false]);
    await verify(blobs);
    expect(await verifySome(flipped(DATA), ["fx-logs"])).toBe("damaged");
    expect(await holds()).toEqual(["damaged footers", false]);
    await verify(blobs);
    expect(await holds()).toEqual(["whole footers", true]);
  });
});

describe("a stored verdict that is damaged", () => {
  const clock = { now: () => new Date(Date.UTC(2026, 10, 28, 12)) } as StateClock;
  const held = async (state: BlobStore) => (await newestEvidence({ state }, new Set(["u"]), PLACE)).get("u");
  async function storedThenDamaged(text: string): Promise<BlobStore> {
    const state = memoryBlobStore();
    await storeEvidence({ state, clock, version: "1" }, PLACE, proofOf("damaged", "contents"), clock.now());
    for await (const { key } of state.list("evidence/")) await state.put(key, Buffer.from(text));
    return state;
  }

  it.each([
    "{",
    "",
    "null",
    "7",
    "[]",
    "{}",
    '{"verdict":"whole"}',
    '{"name":"s","uuid":"u","url":"","digest":"d","at":"yesterday","version":"1","verdict":"whole","level":"names","generation":1,"blobs":1,"bytes":1}',
  ])("%j is an error that names it and what helps", async (text) => {
    const state = await storedThenDamaged(text);
    await expect(held(state)).rejects.toMatchObject({
      code: "invalid",
      reason: { code: "evidence.damagedRecord" },
      message: expect.stringMatching(/evidence\/u\/d-.*verify the snapshot with uuid u at level contents/),
    });
  });

  it.each(["uuid", "digest", "place"])("of which the %s is another's is damaged too", async (member) => {
    const state = memoryBlobStore();
    const stored = await storeEvidence({ state, clock, version: "1" }, PLACE, proofOf("damaged", "contents"), clock.now());
    for await (const { key } of state.list("evidence/"))
      await state.put(key, Buffer.from(JSON.stringify({ ...Object(stored), [member]: undefined })));
    await expect(held(state)).rejects.toMatchObject({ reason: { code: "evidence.damagedRecord" } });
    for await (const { key } of state.list("evidence/"))
      await state.put(key, Buffer.from(JSON.stringify({ ...Object(stored), [member]: "x" })));
    await expect(held(state)).rejects.toMatchObject({ reason: { code: "evidence.damagedRecord" } });
  });

  it("is replaced by damage and by the deepest proof, by no other", async () => {
    const state = await storedThenDamaged("{");
    const world = { state, clock, version: "1" };
    expect(await storeEvidence(world, PLACE, proofOf("whole", "footers"), clock.now())).toBe("unread");
    await expect(held(state)).rejects.toMatchObject({ reason: { code: "evidence.damagedRecord" } });
    await storeEvidence(world, PLACE, proofOf("whole", "contents"), clock.now());
    expect(await held(state)).toMatchObject({ verdict: "whole", level: "contents" });
  });

  it("under another closure's key is removed by the deepest proof of the whole snapshot", async () => {
    const state = await storedThenDamaged("{");
    const other = { ...proofOf("whole", "contents"), closure: { digest: "e", indices: [], snapshot: { indices: [] } } };
    await storeEvidence({ state, clock, version: "1" }, PLACE, other as unknown as SnapshotProof, clock.now());
    expect(await held(state)).toMatchObject({ verdict: "whole", digest: "e" });
  });

  it("under any of the snapshot's keys makes room for damage that is found, which then ends with the deepest proof only", async () => {
    const state = await storedThenDamaged("{");
    const world = { state, clock, version: "1" };
    const found = { ...proofOf("incomplete", "names"), closure: undefined, damaged: [], traced: true, marks: [] };
    await storeEvidence(world, PLACE, found as unknown as SnapshotProof, clock.now());
    expect(await held(state)).toMatchObject({ verdict: "incomplete", digest: "" });
    await storeEvidence(world, PLACE, proofOf("whole", "footers"), clock.now());
    expect(await held(state)).toMatchObject({ verdict: "incomplete" });
    await storeEvidence(world, PLACE, proofOf("whole", "contents"), clock.now());
    expect(await held(state)).toMatchObject({ verdict: "whole" });
  });

  it("makes room for damage under its own key as well", async () => {
    const state = await storedThenDamaged("{");
    const found = { ...proofOf("incomplete", "names"), traced: true as const, marks: ["a *"] };
    const stored = await storeEvidence({ state, clock, version: "1" }, PLACE, found, clock.now());
    expect(stored).toMatchObject({ verdict: "incomplete", level: "contents", visibleAt: "contents" });
    expect(stored).not.toHaveProperty("marks");
  });

  it("does not hide behind damage that marks show to be over", async () => {
    const state = memoryBlobStore();
    const at = (minute: number) => ({ now: () => new Date(Date.UTC(2026, 10, 28, 12, minute)) }) as StateClock;
    await storeEvidence({ state, clock: at(1), version: "1" }, PLACE, proofOf("damaged", "contents"), at(0).now());
    const later = { ...proofOf("incomplete", "names"), closure: undefined, traced: true as const, marks: ["a *"] };
    await storeEvidence({ state, clock: at(3), version: "1" }, PLACE, later, at(2).now());
    expect(await held(state)).toMatchObject({ verdict: "damaged", level: "contents" });
  });

  it.each<[Verdict, ProofLevel, boolean]>([
    ["not-restorable", "contents", true],
    ["not-restorable", "footers", false],
    ["unproven", "contents", false],
  ])("ends with what nobody can restore, %s at level %s: %j", async (verdict, level, isOver) => {
    const state = await storedThenDamaged("{");
    const proof = { ...proofOf(verdict, level), closure: undefined } as unknown as SnapshotProof;
    expect(await storeEvidence({ state, clock, version: "1" }, PLACE, proof, clock.now())).toBeUndefined();
    if (isOver) expect(await held(state)).toBeUndefined();
    else await expect(held(state)).rejects.toMatchObject({ reason: { code: "evidence.damagedRecord" } });
  });

  it("at another place stays", async () => {
    const state = await storedThenDamaged("{");
    const elsewhere: Place = { store: "directory", bucket: "/srv/others", basePath: "" };
    await storeEvidence({ state, clock, version: "1" }, elsewhere, proofOf("damaged", "contents"), clock.now());
    await expect(held(state)).rejects.toMatchObject({ reason: { code: "evidence.damagedRecord" } });
  });
});

describe("the stored verdicts of an old state", () => {
  /** A state with so many verdicts on snapshots that are gone, and one each on these. */
  async function stateWith(gone: number, kept: readonly string[]) {
    const state = memoryBlobStore();
    const key = (uuid: string) => `evidence/${uuid}/d-p.json`;
    for (const uuid of [...Array.from({ length: gone }, (_, at) => `g${String(at).padStart(6, "0")}`), ...kept])
      await state.put(key(uuid), new Uint8Array());
    const listed: string[] = [];
    const list: BlobStore["list"] = async function* (prefix, options) {
      for await (const info of state.list(prefix, options)) {
        listed.push(info.key);
        yield info;
      }
    };
    return { keys: kept.map(key), listed, store: { ...state, list } };
  }

  it.each([
    [1500, ["a", "z"], 1502],
    [5000, ["a", "z"], 2 * 1000 + 1 + 2],
    [5000, ["a"], 1],
  ])("%i on snapshots that are gone cost no more than a bounded part of a listing", async (gone, kept, most) => {
    const { keys, listed, store } = await stateWith(gone, kept);
    expect(await verdictKeys(store, new Set(kept))).toEqual(keys);
    expect(listed.length).toBe(most);
  });

  it("are not listed for no snapshot at all, and found under no uuid that is longer than a key", async () => {
    const { listed, store } = await stateWith(10, []);
    expect(await verdictKeys(store, new Set())).toEqual([]);
    expect(listed.length).toBeLessThanOrEqual(1);
    expect(await verdictKeys(store, new Set(["x".repeat(300)]))).toEqual([]);
  });
});
