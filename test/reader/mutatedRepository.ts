import { isReadableIncompatible } from "../../shared/format/incompatibleSnapshots.ts";
import { compareKeys } from "../../shared/format/keys.ts";
import type { BlobStore } from "../../shared/model/blobStore.ts";
import type { ClosureBlob, ProofLevel, RootSnapshot, Verdict } from "../../shared/model/repository.ts";
import { proveSnapshot } from "../../shared/reader/prove/proveSnapshot.ts";
import { openRepository, readClosure } from "../../shared/reader/readRepository.ts";
import { type FixtureRepository, storeOf } from "../format/fixtureRepositories.ts";
import { fc } from "../format/propertyTest.ts";

/** What becomes of one blob; undefined removes it. */
export type Mutation = (bytes: Uint8Array) => Uint8Array | undefined;

export const removed: Mutation = () => undefined;
export const cut: Mutation = (bytes) => bytes.subarray(0, -1);
export const grown: Mutation = (bytes) => Buffer.concat([bytes, Buffer.from([0])]);

/** `bit` counts from the first byte's lowest. */
export function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const at = Math.floor(bit / 8);
  copy[at] = (copy[at] ?? 0) ^ (1 << (bit % 8));
  return copy;
}

/** A fresh one every run, so that runs sample more than one run can; OSSNAP_TEST_SEED repeats a run that failed. */
export const seed = Number(process.env.OSSNAP_TEST_SEED ?? Date.now() % 1_000_000_007);

/** Numbers from 0 to 1, the same ones for the same seed. */
export function sampler(): () => number {
  const numbers = fc.sample(fc.nat({ max: 0x7ffffffe }), { seed, numRuns: 20_000 });
  let next = 0;
  return () => {
    next = (next + 1) % numbers.length;
    return (numbers[next] ?? 0) / 0x7fffffff;
  };
}

/** A fixture with what each of its snapshots needs and is. */
export interface Subject {
  repository: FixtureRepository;
  rootKey: string;
  keys: readonly string[];
  snapshots: { snapshot: RootSnapshot; verdict: Verdict; needs: ReadonlyMap<string, ClosureBlob>; version: string | undefined }[];
}

/** Every snapshot of the fixture, proven as it is; the root is left out of what they need: it has no checksum and is judged apart. */
export async function subjectOf(repository: FixtureRepository): Promise<Subject> {
  const store = storeOf(repository.blobs);
  const { root } = await openRepository(store);
  if (root === undefined) throw new Error(`${repository.name} has no root`);
  const snapshots = root.snapshots.map(async (snapshot) => {
    const { verdict } = await proveSnapshot(store, { uuid: snapshot.uuid, level: "contents" });
    const { blobs, record } = await readClosure(store, root, snapshot);
    const needed = verdict === "whole" ? blobs.filter(({ kind }) => kind !== "root") : [];
    return { snapshot, verdict, needs: new Map(needed.map((blob) => [blob.key, blob])), version: record?.version };
  });
  return {
    repository,
    rootKey: root.key,
    keys: [...repository.blobs.keys()].sort(compareKeys),
    snapshots: await Promise.all(snapshots),
  };
}

/** Verdicts of all snapshots, in the root's order, once one blob was mutated. */
export function verdictsOf(subject: Subject, key: string, mutate: Mutation, level: ProofLevel): Promise<Verdict[]> {
  const store = mutatedStore(subject, key, mutate);
  const proofs = subject.snapshots.map(async ({ snapshot: { uuid } }) => (await proveSnapshot(store, { uuid, level })).verdict);
  return Promise.all(proofs);
}

/** Where the verdicts are not what they must be: spoilt exactly where the blob is needed, and as before everywhere else. */
export async function surprises(subject: Subject, key: string, mutate: Mutation, level: ProofLevel): Promise<string[]> {
  const verdicts = await verdictsOf(subject, key, mutate, level);
  return subject.snapshots.flatMap(({ snapshot, verdict, needs, version }, index) => {
    const found = verdicts[index];
    const spoilt = found === "incomplete" || found === "damaged";
    const isWanted = needs.has(key) || isStumbledOver(subject, key, mutate, version);
    if (verdict === "whole" ? spoilt === isWanted && (spoilt || found === "whole") : found !== "whole") return [];
    return [`${key}: ${snapshot.name} is ${found}, and ${isWanted ? "needs" : "does not need"} it`];
  });
}

/** The one blob that no snapshot needs, and that 5.x and 6.x still fail over when it is there and cannot be read. */
function isStumbledOver({ repository }: Subject, key: string, mutate: Mutation, version: string | undefined): boolean {
  if (key !== "incompatible-snapshots" || version === undefined || Number.parseInt(version, 10) >= 7) return false;
  const left = mutate(repository.blobs.get(key) as Uint8Array);
  return left !== undefined && !isReadableIncompatible(left);
}

/** The fixture's bytes as they are, but for one blob; nothing is copied, since thousands of these are made. */
export function mutatedStore({ repository, keys }: Pick<Subject, "repository" | "keys">, key: string, mutate: Mutation): BlobStore {
  const changed = mutate(repository.blobs.get(key) as Uint8Array);
  const bytesOf = (wanted: string) => (wanted === key ? changed : repository.blobs.get(wanted));
  const unused = (): never => {
    throw new Error("a proof only lists and reads");
  };
  return {
    url: `memory://${repository.name}`,
    async *list(prefix, { startAfter } = {}) {
      for (const each of keys) {
        const bytes = each.startsWith(prefix) ? bytesOf(each) : undefined;
        if (bytes === undefined || (startAfter !== undefined && compareKeys(each, startAfter) <= 0)) continue;
        yield { key: each, sizeBytes: bytes.byteLength };
      }
    },
    async head(wanted) {
      const bytes = bytesOf(wanted);
      return bytes && { key: wanted, sizeBytes: bytes.byteLength };
    },
    async get(wanted, range) {
      const bytes = bytesOf(wanted);
      return range === undefined ? bytes : bytes?.subarray(range.start, range.end);
    },
    async open(wanted, range) {
      const bytes = bytesOf(wanted);
      return bytes && piecesOf(range === undefined ? bytes : bytes.subarray(range.start, range.end));
    },
    put: unused,
    putFrom: unused,
    delete: unused,
  };
}

/** Pieces smaller than a footer's sixteen bytes occur, so that it spans several. */
async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  const end = Math.max(0, bytes.byteLength - 5);
  if (end > 0) yield bytes.subarray(0, end);
  yield bytes.subarray(end);
}
