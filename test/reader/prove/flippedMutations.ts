import { beforeAll, expect, it } from "vitest";
import { FOOTER_BYTES } from "../../../shared/format/encoding/luceneFooter.ts";
import type { ClosureBlob } from "../../../shared/model/repository.ts";
import type { FixtureRepository } from "../../format/fixtureRepositories.ts";
import { flip, type Subject, sampler, seed, subjectOf, surprises } from "./mutatedRepository.ts";

/** One blob in so many is drawn for a short run. */
const DRAWN_OF = 3;

/**
 * What the checksums show of a fixture with a bit flipped. A short run draws one blob in three and one bit of each, anew in every run;
 * `npm run test:long` looks at every blob, with two bits of each.
 */
export function flippedMutations(repository: FixtureRepository, { isLong }: { isLong: boolean }): void {
  const sampled = isLong ? `seed ${seed}` : `one blob in ${DRAWN_OF} drawn, seed ${seed}`;
  const bits = isLong ? "2 bits sampled in each, one of them the first or last" : "1 bit sampled in each, half of them the first or last";
  const random = sampler();
  let subject: Subject;
  let needed: Map<string, ClosureBlob>;
  beforeAll(async () => {
    subject = await subjectOf(repository);
    needed = new Map(subject.snapshots.flatMap(({ needs }) => [...needs]));
  });

  const sizeOf = (key: string): number => repository.blobs.get(key)?.byteLength ?? 0;

  /** The first or the last bit, and one random bit; in a short run one of the two. */
  function bitsOf(key: string): number[] {
    const bits = sizeOf(key) * 8;
    const both = [random() < 0.5 ? 0 : bits - 1, Math.floor(random() * bits)];
    const drawn = random() < 0.5 ? 0 : 1;
    return isLong ? both : both.slice(drawn, drawn + 1);
  }

  /** All, or some of them in a short run, and at least one. */
  function drawnOf<T>(all: readonly T[]): T[] {
    const first = Math.floor(random() * all.length);
    return all.filter((_, at) => isLong || at === first || random() * DRAWN_OF < 1);
  }

  const blobsOf = (isWanted: (blob: ClosureBlob) => boolean): ClosureBlob[] => drawnOf([...needed.values()].filter(isWanted));

  it(`any metadata blob with a bit flipped spoils exactly the snapshots that need it, at level metadata (${bits}, ${sampled})`, async () => {
    const found: string[] = [];
    const blobs = blobsOf(({ kind }) => kind !== "data");
    for (const { key } of blobs)
      for (const bit of bitsOf(key)) found.push(...(await surprises(subject, key, (bytes) => flip(bytes, bit), "metadata")));
    expect(found).toEqual([]);
    expect(blobs.length).toBeGreaterThan(isLong ? 2 : 0);
  });

  it(`any Lucene footer with a bit flipped spoils exactly the snapshots that need it, at level footers (1 bit sampled in each, ${sampled})`, async () => {
    const found: string[] = [];
    for (const { key, file } of blobsOf(({ file }) => file !== undefined && file.part === file.parts - 1)) {
      const footerBits = Math.min(FOOTER_BYTES, sizeOf(key)) * 8;
      const bit = sizeOf(key) * 8 - footerBits + Math.floor(random() * footerBits);
      const surprise = await surprises(subject, key, (bytes) => flip(bytes, bit), "footers");
      found.push(...surprise.map((text) => `${file?.physicalName} bit ${bit}: ${text}`));
    }
    expect(found).toEqual([]);
  });

  it(`any data blob with a bit flipped spoils exactly the snapshots that need it, at level contents (${bits}, ${sampled})`, async () => {
    const found: string[] = [];
    for (const { key } of blobsOf(({ kind }) => kind === "data"))
      for (const bit of bitsOf(key)) found.push(...(await surprises(subject, key, (bytes) => flip(bytes, bit), "contents")));
    expect(found).toEqual([]);
  });

  it(`any blob that no snapshot needs changes nothing with a bit flipped, at level contents (1 bit sampled in each, ${sampled})`, async () => {
    const found: string[] = [];
    const unneeded = drawnOf(subject.keys.filter((key) => key !== subject.rootKey && !needed.has(key) && sizeOf(key) > 0));
    for (const key of unneeded) {
      const bit = Math.floor(random() * sizeOf(key) * 8);
      found.push(...(await surprises(subject, key, (bytes) => flip(bytes, bit), "contents")));
    }
    expect(found).toEqual([]);
    expect(unneeded.length).toBeGreaterThan(0);
  });
}
