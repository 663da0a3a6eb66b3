import { subsetRoot } from "../../shared/format/rootSubset.ts";
import type { CopyRule } from "../../shared/model/config.ts";
import { fixtureRepository } from "../format/fixtureRepositories.ts";
import { SOURCE, world } from "./copying.ts";
import { MOVED } from "./world.ts";

const { blobs } = fixtureRepository("es-7.10.2/repo");

/** Of a repository of 7.10.2. */
export const UUIDS = { "snap-1": "rSceIFVJSDy4RDgSpq5HgQ", "snap-2": "3cmNKrptSZyJnIOTu-DIUw", "snap-3": "ONtBZq9iRTC4LNPFutN8nA" };
export type Name = keyof typeof UUIDS;
export const ALL: readonly Name[] = ["snap-1", "snap-2", "snap-3"];

/** Everything that its three snapshots need, without a root. */
export const ROOTLESS: ReadonlyMap<string, Uint8Array> = new Map([...blobs].filter(([key]) => !/^index[-.]/.test(key)));

/** From now on the source lists these. */
export async function sourceLists(generation: number, names: readonly Name[]): Promise<void> {
  const uuids = names.map((name) => UUIDS[name]);
  await world.fill(SOURCE, new Map([[`index-${generation}`, subsetRoot(blobs.get("index-5") as Uint8Array, uuids)]]));
}

/** Changes the copy `move` of the configuration. */
export function changeRule(change: Partial<CopyRule>): void {
  const { move } = world.config.copies;
  if (move) world.config.copies.move = { ...move, ...change };
}

/** What lies at the destination. */
export async function keysThere(): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of world.blobs(MOVED).list("")) found.push(key);
  return found;
}
