import { isReadableIncompatible } from "../../../shared/format/incompatibleSnapshots.ts";
import { compareKeys } from "../../../shared/format/keys.ts";
import type { BlobStore } from "../../../shared/model/blobStore.ts";
import type { ClosureBlob, ProofLevel, RootSnapshot, Verdict } from "../../../shared/model/repository.ts";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { type FixtureRepository, storeOf } from "../../format/fixtureRepositories.ts";
import { fc } from "../../format/propertyTest.ts";
import { readClosure } from "../closures.ts";

/** Changes the bytes of one blob; undefined removes it. */
export type Mutation = (bytes: Uint8Array) => Uint8Array | undefined;

export const removed: Mutation = () => undefined;
export const cut: Mutation = (bytes) => bytes.subarray(0, -1);
export const grown: Mutation = (bytes) => Buffer.concat([bytes, Buffer.from([0])]);

/** `bit` counts from the lowest bit of the first byte. */
export function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const at = Math.floor(bit / 8);
  copy[at] = (copy[at] ?? 0) ^ (1 << (bit % 8));
  return copy;
}

/** A new seed for every run, so that repeated runs cover more samples; OSSNAP_TEST_SEED reproduces a failed run. */
export const seed = Number(process.env.OSSNAP_TEST_SEED ?? Date.now() % 1_000_000_007);

/** Pseudo-random numbers from 0 to 1, reproducible by seed. */
export function sampler(): () => number {
  const numbers = fc.sample(fc.nat({ max: 0x7ffffffe }), { seed, numRuns: 20_000 });
  let next = 0;
  return () => {
    next = (next + 1) % numbers.length;
    return (numbers[next] ?? 0) / 0x7fffffff;
  };
}

/** A fixture with the needed blobs, verdict and version of each of its snapshots. */
export interface Subject {
  repository: FixtureRepository;
  rootKey: string;
  keys: readonly string[];
  snapshots: { snapshot: RootSnapshot; verdict: Verdict; needs: ReadonlyMap<string, ClosureBlob>; version: string | undefined }[];
}

/** Proves every snapshot of the unmodified fixture. The root is left out of `needs`: it has no checksum and is tested separately. */
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

/** Verdicts of all snapshots, in the root's order, after one blob was mutated. */
export function verdictsOf(subject: Subject, key: string, mutate: Mutation, level: ProofLevel): Promise<Verdict[]> {
  const store = mutatedStore(subject, key, mutate);
  const proofs = subject.snapshots.map(async ({ snapshot: { uuid } }) => (await proveSnapshot(store, { uuid, level })).verdict);
  return Promise.all(proofs);
}

/** Lists unexpected verdicts: a mutation must spoil exactly the snapshots that need the blob and leave the others unchanged. */
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

/** The one blob that no snapshot needs, but whose presence in unreadable form makes 5.x and 6.x fail. */
function isStumbledOver({ repository }: Subject, key: string, mutate: Mutation, version: string | undefined): boolean {
  if (key !== "incompatible-snapshots" || version === undefined || Number.parseInt(version, 10) >= 7) return false;
  const left = mutate(repository.blobs.get(key) as Uint8Array);
  return left !== undefined && !isReadableIncompatible(left);
}

/** The fixture's bytes with one blob changed; nothing is copied, because thousands of these stores are made. */
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

/** Yields pieces smaller than the sixteen bytes of a footer, so that a footer spans several. */
async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  const end = Math.max(0, bytes.byteLength - 5);
  if (end > 0) yield bytes.subarray(0, end);
  yield bytes.subarray(end);
}
