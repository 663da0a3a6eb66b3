import { beforeEach, describe, expect, it } from "vitest";
import { memoryBlobStore } from "../../../shared/adapters/memory/blobStore.ts";
import { decodeContainer } from "../../../shared/format/encoding/container.ts";
import { INCOMPATIBLE_KEY } from "../../../shared/format/incompatibleSnapshots.ts";
import { classifyKey } from "../../../shared/format/keys.ts";
import type { Place } from "../../../shared/model/config.ts";
import { isBroken, type ProofLevel, type RootCatalogue } from "../../../shared/model/repository.ts";
import { withoutMended } from "../../../shared/proof/evidence/evidenceRules.ts";
import type { WideDamage } from "../../../shared/proof/marks.ts";
import { newestEvidence, storeEvidence } from "../../../shared/reader/evidence.ts";
import { partLedger } from "../../../shared/reader/partLedger.ts";
import { endGoneDamage } from "../../../shared/reader/prove/goneDamage.ts";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { endWide, marksAt, noteWide } from "../../../shared/reader/prove/storedDamage.ts";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { mayShareDamage, NO_SUSPECTS, suspectHolders } from "../../../shared/reader/suspectHolders.ts";
import type { StateClock } from "../../../shared/state/identity.ts";
import { encodeContainer, withFooter } from "../../format/encoding/encodeContainer.ts";
import { fixtureRepository, storeOf } from "../../format/fixtureRepositories.ts";

const PLACE: Place = { store: "oss", bucket: "b", basePath: "x", region: "cn-hangzhou" };
type Bucket = Map<string, Uint8Array>;

let state = memoryBlobStore();
let time = 0;
beforeEach(() => {
  time = Date.UTC(2026, 10, 28);
  state = memoryBlobStore({ now });
});

function now(): Date {
  time += 1000;
  return new Date(time);
}

/** Proves and stores the verdict as `verify` does; `reads`: after so many looks at the clock its time is up. */
async function verify(blobs: Bucket, uuid: string, level: ProofLevel, reads = Number.POSITIVE_INFINITY) {
  const since = now();
  let left = reads;
  const deadline = () => {
    left -= 1;
    return left < 0;
  };
  const proof = await proveSnapshot(storeOf(blobs), { uuid, level, ledger: partLedger(state, PLACE), deadline });
  const at = now();
  await storeEvidence({ state, clock: { now: () => at } as StateClock, version: "1" }, PLACE, proof, since);
  return proof;
}

/** What counts against each snapshot of the root. */
async function counted(blobs: Bucket): Promise<Map<string, string>> {
  const { root } = await openRepository(storeOf(blobs));
  const marks = await marksAt(state, PLACE);
  const uuids = new Set(root?.snapshots.map(({ uuid }) => uuid));
  const evidence = withoutMended(await newestEvidence({ state }, uuids, PLACE), marks);
  const question = { marks, evidence, holds: () => true };
  const { held, unclear } = mayShareDamage(question) ? await suspectHolders(storeOf(blobs), root as RootCatalogue, question) : NO_SUSPECTS;
  const all = [...uuids].map((uuid): [string, string | undefined] => {
    const own = evidence.get(uuid);
    return [uuid, own && isBroken(own) ? `${own.verdict} ${own.level}` : (held.get(uuid) ?? unclear.get(uuid)?.code)];
  });
  return new Map(all.flatMap(([uuid, why]) => (why === undefined ? [] : [[uuid, why] as const])));
}

function flipped(bytes: Uint8Array | undefined, at: number): Uint8Array {
  const wrong = Uint8Array.from(bytes ?? []);
  wrong[at] = (wrong[at] ?? 0) ^ 1;
  return wrong;
}

const { blobs: SMALL, snapshots } = fixtureRepository("es-7.10.2/repo");
const UUIDS = new Map(snapshots.map(({ snapshot, uuid }) => [snapshot, uuid ?? ""]));
const UUID = UUIDS.get("snap-1") ?? "";
const LIST = [...SMALL.keys()].find((key) => classifyKey(key).kind === "shardSnapshot" && key.includes(UUID)) ?? "";

/** The fixture, and in one shard of its first snapshot so many further files. */
function withFiles(count: number): { right: Bucket; extra: string[] } {
  const list = decodeContainer(SMALL.get(LIST) as Uint8Array, "snapshot", LIST) as { files: Record<string, unknown>[] };
  const right: Bucket = new Map(SMALL);
  const added = Array.from({ length: count }, (_, number) => {
    const bytes = withFooter(Buffer.from(`contents of file ${number} `.repeat(5)));
    const name = `__x${String(number).padStart(4, "0")}`;
    right.set(LIST.slice(0, LIST.lastIndexOf("/") + 1) + name, bytes);
    const checksum = bytes.readBigUInt64BE(bytes.length - 8).toString(36);
    return { name, physical_name: `_zz${number.toString(36)}.dvd`, length: bytes.length, checksum, written_by: "8.7.0" };
  });
  right.set(LIST, encodeContainer("snapshot", { ...list, files: [...list.files, ...added] }));
  return { right, extra: [...right.keys()].filter((key) => !SMALL.has(key)) };
}

describe("damage of more blobs than are marked", () => {
  const { right, extra } = withFiles(1100);
  const marked = async () => {
    const { suspects, lost } = await marksAt(state, PLACE);
    return new Set([...suspects, ...lost].map((mark) => mark.slice(0, mark.lastIndexOf(" "))));
  };

  it.each([
    ["and nothing else", []],
    ["and one is missing as well", extra.slice(0, 1)],
  ])("stays at its level, %s, whatever proofs of lower levels find again and find right", async (_, absent) => {
    const blobs = new Map(right);
    for (const key of extra) blobs.set(key, flipped(blobs.get(key), 3));
    for (const key of absent) blobs.delete(key);
    expect((await verify(blobs, UUID, "contents")).damaged).toHaveLength(1100 - absent.length);
    expect(isBroken(await verify(blobs, UUID, "names"))).toBe(true);
    const copied = await marked();
    for (const key of copied) blobs.set(key, right.get(key) as Uint8Array);
    expect((await verify(blobs, UUID, "names")).verdict).toBe("whole");
    expect((await verify(blobs, UUID, "footers")).verdict).toBe("whole");
    expect(extra.filter((key) => blobs.get(key) !== right.get(key)).length).toBeGreaterThan(0);
    expect((await counted(blobs)).get(UUID)).toMatch(/ contents$/);
    expect((await marksAt(state, PLACE)).wide).toMatchObject([{ uuid: UUID, level: "contents" }]);
    for (const key of extra) blobs.set(key, right.get(key) as Uint8Array);
    expect((await verify(blobs, UUID, "contents")).verdict).toBe("whole");
    expect((await counted(blobs)).size).toBe(0);
  });

  it("is not forgotten for a proof of contents that was cut after it had found one of them", async () => {
    const blobs = new Map(right);
    for (const key of extra) blobs.set(key, flipped(blobs.get(key), 3));
    await verify(blobs, UUID, "contents");
    for (const key of await marked()) blobs.set(key, right.get(key) as Uint8Array);
    expect((await verify(blobs, UUID, "names")).verdict).toBe("whole");
    const cut = await cutAfterFinding(blobs, 100);
    expect(cut).toMatchObject({ traced: true });
    for (const { key } of cut.damaged) blobs.set(key, right.get(key) as Uint8Array);
    expect((await verify(blobs, UUID, "names")).verdict).toBe("whole");
    expect((await counted(blobs)).get(UUID)).toBe("damaged contents");
  });

  /** A proof whose time is up when it found some, and not all, of what is wrong. */
  async function cutAfterFinding(blobs: Bucket, all: number) {
    for (let reads = 1; reads < 5000; reads *= 2) {
      const proof = await verify(blobs, UUID, "contents", reads);
      if (proof.verdict === "damaged" && proof.damaged.length < all) return proof;
    }
    throw new Error("every proof found nothing or everything");
  }
});

describe("a proof that does not find what an earlier one found", () => {
  it("because it is of another state of the bucket forgets no fault when the blobs that it found are right again", async () => {
    const blobs = new Map(SMALL);
    const global = `meta-${UUID}.dat`;
    const data = [...SMALL.keys()].filter((key) => key.startsWith(LIST.slice(0, LIST.lastIndexOf("/"))) && /\/__[^/]+$/.test(key));
    blobs.set(global, flipped(blobs.get(global), 40));
    expect((await verify(blobs, UUID, "contents")).damaged.map(({ key }) => key)).toEqual([global]);
    const wrong = new Map(blobs);
    for (const key of data) wrong.set(key, flipped(blobs.get(key), 60));
    wrong.set(global, SMALL.get(global) as Uint8Array);
    expect((await verify(wrong, UUID, "contents")).verdict).toBe("damaged");
    await markRight(data);
    expect((await counted(blobs)).get(UUID)).toBe("damaged contents");
  });

  it.each<ProofLevel>(["names", "footers", "contents"])("because its time was up at level %s ends no damage", async (level) => {
    const blobs = new Map(SMALL);
    blobs.set(LIST, flipped(blobs.get(LIST), 40));
    await verify(blobs, UUID, "footers");
    const before = await counted(blobs);
    expect(before.size).toBeGreaterThan(0);
    for (let reads = 0; reads < 40; reads += 1) {
      const { verdict } = await verify(SMALL as Bucket, UUID, level, reads);
      if (verdict === "whole") return;
      expect(await counted(blobs)).toEqual(before);
    }
    throw new Error("no proof was finished");
  });

  async function markRight(keys: readonly string[]): Promise<void> {
    const ledger = partLedger(state, PLACE);
    for (const mark of (await ledger.marks()).suspects)
      if (keys.some((key) => mark.startsWith(key))) ledger.setMark("suspects", mark, false);
    await ledger.save();
  }
});

describe("wide damage of a snapshot", () => {
  const damage = (part: Partial<WideDamage> = {}): WideDamage => ({
    ...{ uuid: "gone", at: now().toISOString(), level: "contents", verdict: "damaged", indices: ["fx-logs"] },
    ...part,
  });
  const wide = async () => (await marksAt(state, PLACE)).wide;
  async function cutShort(): Promise<string> {
    for await (const { key } of state.list("parts/")) {
      await state.put(key, Buffer.from('{"uuid":"go'));
      return key;
    }
    throw new Error("nothing is stored");
  }

  it("is never lowered, and holds for the indices of each finding", async () => {
    await noteWide(state, PLACE, damage());
    const again = damage({ level: "names", verdict: "incomplete", indices: ["fx-orders"] });
    await noteWide(state, PLACE, again);
    expect(await wide()).toEqual([{ ...again, level: "contents", indices: ["fx-logs", "fx-orders"] }]);
    await noteWide(state, PLACE, damage({ indices: [] }));
    expect(await wide()).toMatchObject([{ indices: [] }]);
  });

  it("of which the record cannot be read counts as the worst that it may have said, for whom no later proof shows more", async () => {
    await noteWide(state, PLACE, damage({ level: "names" }));
    const key = await cutShort();
    const blobs = new Map(SMALL);
    expect(await wide()).toMatchObject([{ uuid: "gone", level: "contents", indices: [], unread: key }]);
    expect([...(await counted(blobs)).values()]).toEqual(["doubt.unread", "doubt.unread", "doubt.unread", "doubt.unread"]);
    await verify(blobs, UUID, "footers");
    expect((await counted(blobs)).get(UUID)).toBe("doubt.unread");
    await verify(blobs, UUID, "contents");
    expect((await counted(blobs)).has(UUID)).toBe(false);
    await noteWide(state, PLACE, damage({ level: "names" }));
    expect(await wide()).toMatchObject([{ level: "contents", indices: [] }]);
  });

  it("of a snapshot that is still listed does not end by the proofs of others", async () => {
    const blobs = new Map(SMALL);
    await noteWide(state, PLACE, damage({ uuid: UUIDS.get("snap-partial") ?? "" }));
    for (const uuid of UUIDS.values()) await verify(blobs, uuid, "contents");
    await endGoneDamage({ state }, PLACE, (await openRepository(storeOf(blobs))).root as RootCatalogue);
    expect(await wide()).toHaveLength(1);
  });

  it("of which the record cannot be read ends with the deepest proof of the snapshot", async () => {
    await noteWide(state, PLACE, damage());
    await cutShort();
    await endWide(state, PLACE, { uuid: "gone", level: "footers" }, () => true);
    expect(await wide()).toHaveLength(1);
    await endWide(state, PLACE, { uuid: "gone", level: "contents" }, () => true);
    expect(await wide()).toEqual([]);
  });

  it.each([
    ["", false],
    [" and cannot be read", true],
  ])("that is gone%s ends when each that may share its blobs was read since, at its level", async (_, isCut) => {
    const blobs = new Map(SMALL);
    const root = (await openRepository(storeOf(blobs))).root as RootCatalogue;
    const sharers = [...UUIDS].flatMap(([name, uuid]) => (name === "snap-partial" ? [] : [uuid]));
    for (const uuid of sharers) await verify(blobs, uuid, "contents");
    await noteWide(state, PLACE, damage());
    if (isCut) await cutShort();
    const isThere = async () => {
      await endGoneDamage({ state }, PLACE, root);
      return (await wide()).length === 1;
    };
    expect(await isThere()).toBe(true);
    for (const uuid of sharers) await verify(blobs, uuid, "footers");
    for (const uuid of sharers) {
      expect(await isThere()).toBe(true);
      await verify(blobs, uuid, "contents");
    }
    // Nobody knows which indices the record named, and the PARTIAL snapshot was not read: it has to go.
    expect(await isThere()).toBe(isCut);
    const partial = UUIDS.get("snap-partial");
    const without = (uuids: string[]) => uuids.filter((uuid) => uuid !== partial);
    const later = {
      ...root,
      snapshots: root.snapshots.filter(({ uuid }) => uuid !== partial),
      indices: root.indices.map((index) => ({ ...index, snapshots: without(index.snapshots) })),
    };
    await endGoneDamage({ state }, PLACE, later);
    expect(await wide()).toEqual([]);
  });
});

describe("the list that every restore to 5.x and 6.x reads", () => {
  it("counts against every snapshot while it is damaged, and against none when a proof of one finds it right", async () => {
    const { blobs: right, snapshots: all } = fixtureRepository("es-6.7.0/repo");
    const blobs = new Map(right);
    const uuids = (await openRepository(storeOf(blobs))).root?.snapshots.map(({ uuid }) => uuid) ?? [];
    const good = all.filter(({ state: how }) => how === "SUCCESS").map(({ uuid }) => uuid ?? "");
    blobs.set(INCOMPATIBLE_KEY, Buffer.from('{"incompat'));
    expect((await verify(blobs, good[0] ?? "", "names")).damaged.map(({ key }) => key)).toEqual([INCOMPATIBLE_KEY]);
    const others = uuids.filter((uuid) => uuid !== good[0]).map((uuid) => [uuid, INCOMPATIBLE_KEY]);
    expect(await counted(blobs)).toEqual(new Map([[good[0], "damaged names"], ...others] as [string, string][]));
    blobs.delete(INCOMPATIBLE_KEY);
    expect((await verify(blobs, good[1] ?? "", "names")).verdict).toBe("whole");
    expect(await counted(blobs)).toEqual(new Map());
  });
});
