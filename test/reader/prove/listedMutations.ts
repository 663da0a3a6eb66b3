import { beforeAll, expect, it } from "vitest";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { type FixtureRepository, storeOf } from "../../format/fixtureRepositories.ts";
import {
  cut,
  grown,
  type Mutation,
  mutatedStore,
  removed,
  type Subject,
  sampler,
  seed,
  subjectOf,
  surprises,
} from "./mutatedRepository.ts";

/** Mutations that a listing shows. */
const MUTATIONS: [string, Mutation][] = [
  ["removed", removed],
  ["cut by a byte", cut],
  ["grown by a byte", grown],
];

/**
 * What a listing shows of a mutated fixture. In a short run each blob gets one of the mutations, drawn anew in every run; `npm run test:long`
 * gives all of them to each.
 */
export function listedMutations(repository: FixtureRepository, { isLong }: { isLong: boolean }): void {
  let subject: Subject;
  beforeAll(async () => {
    subject = await subjectOf(repository);
  });

  const names = MUTATIONS.map(([what]) => what).join(", ");
  it(`any blob ${names} spoils exactly the snapshots that need it, at level names (${isLong ? "each of these" : `one of these drawn for each, seed ${seed}`})`, async () => {
    const random = sampler();
    const found: string[] = [];
    for (const key of subject.keys.filter((each) => each !== subject.rootKey)) {
      const drawn = Math.floor(random() * MUTATIONS.length);
      for (const [what, mutate] of isLong ? MUTATIONS : MUTATIONS.slice(drawn, drawn + 1))
        found.push(...(await surprises(subject, key, mutate, "names")).map((text) => `${what}: ${text}`));
    }
    expect(found).toEqual([]);
  });

  it("has whole snapshots, each of which needs several blobs", () => {
    const whole = subject.snapshots.filter(({ verdict }) => verdict === "whole");
    expect(whole.length).toBeGreaterThan(0);
    for (const { needs } of whole) expect(needs.size).toBeGreaterThan(2);
  });

  it("is never proven by a root that is truncated, grown by a byte or removed", async () => {
    const { generation } = await proveSnapshot(storeOf(repository.blobs), { uuid: uuidOf(subject), level: "names" });
    for (const mutate of [cut, grown]) {
      const store = mutatedStore(subject, subject.rootKey, mutate);
      await expect(proveSnapshot(store, { uuid: uuidOf(subject), level: "names" })).rejects.toMatchObject({ code: "invalid" });
    }
    const store = mutatedStore(subject, subject.rootKey, removed);
    const outcome = await proveSnapshot(store, { uuid: uuidOf(subject), level: "names" }).then(
      (proof) => proof.generation,
      ({ code }: { code: string }) => code,
    );
    expect(["absent", "invalid", ...subject.keys.flatMap(rootNumber)].filter((each) => each !== generation)).toContain(outcome);
  });

  it("is whole at level contents without any blob that it does not need", async () => {
    for (const { snapshot, needs } of subject.snapshots.filter(({ verdict }) => verdict === "whole")) {
      const kept = [subject.rootKey, ...needs.keys()].map((key) => [key, repository.blobs.get(key) as Uint8Array] as const);
      const proof = await proveSnapshot(storeOf(new Map(kept)), { uuid: snapshot.uuid, level: "contents" });
      expect([snapshot.name, proof.verdict]).toEqual([snapshot.name, "whole"]);
    }
  });
}

function uuidOf(subject: Subject): string {
  return subject.snapshots.find(({ verdict }) => verdict === "whole")?.snapshot.uuid ?? "";
}

/** -1 for the `index` of 2.x, as elsewhere. */
function rootNumber(key: string): number[] {
  if (key === "index") return [-1];
  return /^index-\d+$/.test(key) ? [Number(key.slice("index-".length))] : [];
}
