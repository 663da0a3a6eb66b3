import { afterAll, beforeAll, describe } from "vitest";
import { listingCases } from "./blobStoreListing.ts";
import { readingCases } from "./blobStoreReading.ts";
import { refusalCases } from "./blobStoreRefusals.ts";
import type { BlobStoreCases, BlobStoreSubject, BlobStoreTraits } from "./blobStoreSubject.ts";
import { writingCases } from "./blobStoreWriting.ts";

/** The contract of the `BlobStore` port, run on every implementation. */
export function blobStoreContract(name: string, open: () => Promise<BlobStoreSubject>, traits: BlobStoreTraits = {}): void {
  describe(`${name} satisfies the blob store contract`, () => {
    let opened: BlobStoreSubject | undefined;
    let count = 0;
    beforeAll(async () => {
      opened = await open();
    }, 120_000);
    afterAll(async () => opened?.close());
    const subject = () => {
      if (opened === undefined) throw new Error(`${name} did not open`);
      return opened;
    };
    const freshPath = () => `case-${++count}/base`;
    const cases: BlobStoreCases = { subject, fresh: () => subject().at(freshPath()), freshPath, traits };
    readingCases(cases);
    writingCases(cases);
    listingCases(cases);
    refusalCases(cases);
  });
}
