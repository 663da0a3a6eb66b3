import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { memoryBlobStore } from "../../../shared/adapters/memory/blobStore.ts";
import type { Place } from "../../../shared/model/config.ts";
import type { ProofLevel } from "../../../shared/model/repository.ts";
import { markedBlob } from "../../../shared/proof/marks.ts";
import { newestEvidence, storeEvidence } from "../../../shared/reader/evidence.ts";
import { partLedger } from "../../../shared/reader/partLedger.ts";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import type { StateClock } from "../../../shared/state/identity.ts";
import { preflightRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { fixtureRepository, storeOf } from "../../format/fixtureRepositories.ts";
import { arrive, doneKeys, freshWorld, INDEX2, LATE_BLOB, offer, restores, SNAP2, STEP2, tick, world } from "../../world/moved.ts";
import { MINUTE_MS, MOVED } from "../../world/world.ts";

const PLACE: Place = { store: "oss", bucket: "b", basePath: "x", region: "cn-hangzhou" };
const { blobs: RIGHT, snapshots } = fixtureRepository("es-7.10.2/repo");
const { snapshot: NAME = "", uuid: UUID = "" } = snapshots[0] ?? {};
let KEY = "";
let WRONG: Map<string, Uint8Array>;

/** Other bytes of the same size, with the right footer. */
function flipped(bytes: Uint8Array): Uint8Array {
  const wrong = new Uint8Array(bytes);
  wrong[60] = (wrong[60] as number) ^ 1;
  return wrong;
}

beforeAll(async () => {
  // One that this snapshot needs.
  for (const [key, bytes] of [...RIGHT].filter(([one, content]) => /\/__[^/]+$/.test(one) && content.length > 200)) {
    WRONG = new Map([...RIGHT, [key, flipped(bytes)]]);
    const { damaged } = await proveSnapshot(storeOf(WRONG), { name: NAME, level: "contents" });
    KEY = damaged[0]?.key ?? "";
    if (KEY !== "") return;
  }
});

let state = memoryBlobStore();
let minute = 0;
beforeEach(() => {
  state = memoryBlobStore();
});

/** Proves and stores the verdict as `verify` does; each proof opens the state anew. */
async function verify(blobs: ReadonlyMap<string, Uint8Array>, level: ProofLevel): Promise<string> {
  const proof = await proveSnapshot(storeOf(blobs), { name: NAME, level, ledger: partLedger(state, PLACE) });
  minute += 1;
  const now = new Date(Date.UTC(2026, 10, 28, 12, minute));
  await storeEvidence({ state, clock: { now: () => now } as StateClock, version: "1" }, PLACE, proof, now);
  return `${proof.verdict} ${proof.damaged[0]?.key ?? ""}`.trim();
}

const held = async () => (await newestEvidence({ state }, new Set([UUID]), PLACE)).get(UUID)?.verdict;

describe("damage that neither size nor footer shows", () => {
  it.each<ProofLevel>(["names", "metadata", "footers"])("is seen at level %s once a proof of contents found it", async (level) => {
    expect(await verify(WRONG, level)).toBe("whole");
    expect(await verify(WRONG, "contents")).toBe(`damaged ${KEY}`);
    expect(await verify(WRONG, level)).toBe(`damaged ${KEY}`);
    expect(await held()).toBe("damaged");
  });

  it("is over when the blob is right again, at any level, and is not looked for after that", async () => {
    await verify(WRONG, "contents");
    expect(await verify(RIGHT, "footers")).toBe("whole");
    expect(await held()).toBe("whole");
    expect((await partLedger(state, PLACE).marks()).suspects).toEqual(new Set());
    expect(await verify(WRONG, "footers")).toBe("whole");
  });

  it("is not over for a proof that does not need the blob, or whose time was up", async () => {
    await verify(WRONG, "contents");
    const proof = await proveSnapshot(storeOf(RIGHT), {
      name: NAME,
      level: "footers",
      ledger: partLedger(state, PLACE),
      deadline: () => true,
    });
    expect(proof.verdict).toBe("unproven");
    expect([...(await partLedger(state, PLACE).marks()).suspects].map((mark) => markedBlob(mark).key)).toContain(KEY);
  });
});

describe("a restore of a snapshot in which damage was found", () => {
  freshWorld();
  const REQUEST = { snapshot: "snap-2", repository: "moved-movies", to: "target", indices: ["fx-orders"], alias: "by-hand", replicas: 0 };

  async function givenDamage(): Promise<void> {
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, new Map([...STEP2.blobs, [LATE_BLOB, flipped(STEP2.blobs.get(LATE_BLOB) as Uint8Array)]]));
    const opened = await world.open();
    const ledger = partLedger(opened.state, MOVED);
    expect((await proveSnapshot(world.blobs(MOVED), { uuid: SNAP2.uuid, level: "contents", ledger })).verdict).toBe("damaged");
  }

  it("is refused by hand until the blob is copied again", async () => {
    await givenDamage();
    expect(await preflightRestore(await world.open(), REQUEST, {})).toMatchObject({ refused: true, verdict: "damaged" });
    await world.fill(MOVED, STEP2.blobs);
    expect(await preflightRestore(await world.open(), REQUEST, {})).toMatchObject({ refused: false, verdict: "whole" });
  });

  it("is not started by a watch until the blob is copied again", async () => {
    await givenDamage();
    await arrive(INDEX2);
    for (let turn = 0; turn < 5; turn += 1) {
      await tick();
      world.advance(10 * MINUTE_MS);
    }
    expect(restores()).toEqual([]);
    await world.fill(MOVED, STEP2.blobs);
    for (let turn = 0; turn < 8; turn += 1) {
      world.advance(10 * MINUTE_MS);
      await tick();
    }
    expect(restores()).toHaveLength(1);
    expect(await doneKeys("arrival")).toHaveLength(1);
  });
});

describe("a name of a blob that two snapshots mean different files by", () => {
  const [before, after] = ["step1", "step2"].map((step) => fixtureRepository(`es-5.5.3-reused-names/${step}`).blobs) as [
    ReadonlyMap<string, Uint8Array>,
    ReadonlyMap<string, Uint8Array>,
  ];
  const [LOST, NEW] = ["pHSoaVhBSGuTfRNaTGCRGg", "BijTfdmIS2iy2JgZWy2r-w"];
  /** The later repository, whose root lists the deleted snapshot again; its data blobs have been written over. */
  const blobs = new Map([...[...before].filter(([key]) => key.includes(LOST)), ...after]);
  const rootKey =
    [...after.keys()]
      .filter((key) => /^index-\d+$/.test(key))
      .sort()
      .at(-1) ?? "";
  const root = JSON.parse(Buffer.from(after.get(rootKey) as Uint8Array).toString());
  root.snapshots.push({ ...root.snapshots[0], name: "snap-2", uuid: LOST });
  for (const index of Object.values<{ snapshots: string[] }>(root.indices)) index.snapshots.push(LOST);
  blobs.set(rootKey, Buffer.from(JSON.stringify(root)));

  it("stays wrong for the one when a proof finds it right for the other, at every level", async () => {
    let at = Date.UTC(2026, 10, 28, 12);
    const verify = async (uuid: string, level: ProofLevel) => {
      const proof = await proveSnapshot(storeOf(blobs), { uuid, level, ledger: partLedger(state, PLACE) });
      at += 60_000;
      const now = new Date(at);
      await storeEvidence({ state, clock: { now: () => now } as StateClock, version: "1" }, PLACE, proof, now);
      return proof.verdict;
    };
    const wrong = await verify(LOST, "contents");
    expect(["damaged", "incomplete"]).toContain(wrong);
    expect(await verify(NEW, "contents")).toBe("whole");
    for (const level of ["names", "metadata", "footers"] as const) expect([level, await verify(LOST, level)]).toEqual([level, wrong]);
    expect((await newestEvidence({ state }, new Set([LOST]), PLACE)).get(LOST)?.verdict).toBe(wrong);
    expect((await newestEvidence({ state }, new Set([NEW]), PLACE)).get(NEW)?.verdict).toBe("whole");
  });
});

describe("a proof of a snapshot that is deleted meanwhile", () => {
  it("notes nothing of its blobs, whose names later snapshots may use again", async () => {
    const { blobs } = fixtureRepository("es-5.5.3-reused-names/step1");
    const store = memoryBlobStore();
    for (const [key, bytes] of blobs) await store.put(key, bytes);
    const root = JSON.parse(Buffer.from(blobs.get("index-1") as Uint8Array).toString());
    const [deleted, kept] = root.snapshots as { name: string; uuid: string }[];
    const left = { ...root, snapshots: [kept], indices: { movies: { ...root.indices.movies, snapshots: [kept?.uuid] } } };
    let isDeleted = false;
    const get: typeof store.get = async (key, range) => {
      if (key.includes("/__") && !isDeleted) {
        isDeleted = true;
        await store.put("index-2", Buffer.from(JSON.stringify(left)));
        await store.delete(["index-1", ...[...blobs.keys()].filter((one) => one.includes("/__"))]);
      }
      return store.get(key, range);
    };
    const ledger = partLedger(state, PLACE);
    const proof = await proveSnapshot({ ...store, get }, { uuid: deleted?.uuid ?? "", level: "footers", ledger });
    expect([isDeleted, proof.verdict]).toEqual([true, "unproven"]);
    const { suspects, lost } = await partLedger(state, PLACE).marks();
    expect([...suspects, ...lost]).toEqual([]);
  });
});
