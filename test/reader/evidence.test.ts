import { describe, expect, it } from "vitest";
import { memoryBlobStore } from "../../shared/adapters/memory/blobStore.ts";
import type { Place } from "../../shared/model/config.ts";
import type { ProofLevel, SnapshotProof, Verdict } from "../../shared/model/repository.ts";
import { newestEvidence, storeEvidence } from "../../shared/reader/evidence.ts";
import type { StateClock } from "../../shared/state/identity.ts";

const PLACE: Place = { store: "directory", bucket: "/srv/blobs", basePath: "" };

/** The verdict that holds after these proofs, a minute apart. */
async function held(...proofs: [Verdict, ProofLevel][]): Promise<string> {
  const state = memoryBlobStore();
  for (const [minute, [verdict, level]] of proofs.entries()) {
    const now = new Date(Date.UTC(2026, 10, 28, 12, minute));
    const clock = { now: () => now } as StateClock;
    const proof = { name: "s", uuid: "u", verdict, level, closure: { digest: "d", indices: [] } } as unknown as SnapshotProof;
    await storeEvidence({ state, clock, version: "1" }, PLACE, proof, now);
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
