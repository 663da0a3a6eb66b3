import { describe, expect, it } from "vitest";
import type { SnapshotProof } from "../../../shared/model/repository.ts";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { listSizes, openRepository } from "../../../shared/reader/readRepository.ts";
import { type FixtureRepository, fixtureRepositories, storeOf } from "../../format/fixtureRepositories.ts";
import { fc, test } from "../../format/propertyTest.ts";

type Blobs = ReadonlyMap<string, Uint8Array>;

async function uuidsOf(blobs: Blobs): Promise<string[]> {
  return (await openRepository(storeOf(blobs))).root?.snapshots.map(({ uuid }) => uuid) ?? [];
}

/** Everything in a proof except its request counts. */
function said({ requests: _, ...proof }: SnapshotProof): Omit<SnapshotProof, "requests"> {
  return proof;
}

/** One proof joins the listing as it streams, the other looks up keys in a listing held in memory. */
async function bothWays(blobs: Blobs, uuid: string, indices?: string[]): Promise<[streamed: unknown, held: unknown]> {
  const store = storeOf(blobs);
  const streamed = await proveSnapshot(store, { uuid, level: "names", indices });
  const held = await proveSnapshot(store, { uuid, level: "names", indices, listing: await listSizes(store) });
  return [said(streamed), said(held)];
}

const repositories = fixtureRepositories();

describe("a closure joined with a streamed listing", () => {
  it.each(repositories.map((repository) => [repository.name, repository] as const))(
    "%s: gives the same proof of every snapshot as a listing held in memory",
    async (_, { blobs }) => {
      const uuids = await uuidsOf(blobs);
      expect(uuids.length).toBeGreaterThan(0);
      for (const uuid of uuids) {
        const [streamed, held] = await bothWays(blobs, uuid);
        expect(streamed).toEqual(held);
      }
    },
  );

  const mutations = fc.array(fc.record({ pick: fc.nat(), what: fc.constantFrom("removed", "cut", "grown", "flipped") }), {
    minLength: 1,
    maxLength: 6,
  });
  test(
    "gives the same proof of repositories with any blobs removed, truncated, grown or flipped",
    [fc.constantFrom(...repositories), fc.nat(), mutations],
    async (repository, pick, spoils) => {
      const uuids = await uuidsOf(repository.blobs);
      const uuid = uuids[pick % uuids.length] ?? "";
      const [streamed, held] = await bothWays(spoilt(repository, spoils), uuid);
      expect(streamed).toEqual(held);
    },
  );
});

function spoilt({ blobs }: FixtureRepository, spoils: readonly { pick: number; what: string }[]): Blobs {
  const keys = [...blobs.keys()].filter((key) => !/^index(-\d+)?$/.test(key));
  const changed = new Map(blobs);
  for (const { pick, what } of spoils) {
    const key = keys[pick % keys.length] ?? "";
    const bytes = Buffer.from(changed.get(key) ?? []);
    if (what === "removed") changed.delete(key);
    else if (what === "cut") changed.set(key, bytes.subarray(0, -1));
    else if (what === "grown") changed.set(key, Buffer.concat([bytes, Buffer.from([0])]));
    else
      changed.set(
        key,
        bytes.map((byte, at) => (at === pick % bytes.length ? byte ^ 1 : byte)),
      );
  }
  return changed;
}
