import { describe, expect, it } from "vitest";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { askCopy } from "../../../shared/verbs/copy/ask.ts";
import { seededRandom } from "../../sim/random.ts";
import { freshCopyWorld, SOURCE, world } from "../../world/copying.ts";
import { OPS, tick } from "../../world/nightly.ts";
import { MINUTE_MS, MOVED } from "../../world/world.ts";
import { modelRepository } from "./modelRepository.ts";

const SNAPSHOTS = 200;
const RECORD_BYTES_MAX = 4096;
/** Uuids of what must leave the list while blobs are replaced are in the records until then. */
const UNLISTED_BYTES_MAX = 2 * 36 * SNAPSHOTS;

freshCopyWorld({ blobs: new Map(), snapshots: "all" });

describe("a copy of 200 snapshots", () => {
  it("has records of at most 4 KB, and lists all of them again after a copy that takes them off the list", async () => {
    const model = modelRepository(seededRandom("many-snapshots"), { isCounting: false, isSplit: false });
    for (let count = 0; count < SNAPSHOTS; count += 1) model.take(world.now().getTime() + count * 1000 - 1e9);
    await world.fill(SOURCE, model.blobs);
    const copy = async (bytesMax: number): Promise<string> => {
      const created = await askCopy(await world.open(), "move", OPS, { check: true });
      const id = created.outcome === "done" ? created.done.id : created.job.id;
      for (let round = 0; round < 14; round += 1) {
        await tick(world);
        for (const key of await world.stateKeys(`live/jobs/${id}/`)) {
          // The first one holds what was asked for.
          if (key.endsWith("/000000.json")) continue;
          const bytes = (await world.state.get(key)) ?? new Uint8Array();
          expect(bytes.byteLength, Buffer.from(bytes).toString().slice(0, 500)).toBeLessThanOrEqual(bytesMax);
        }
        await world.runTasks();
        world.advance(MINUTE_MS);
      }
      return id;
    };
    const listed = async () => (await openRepository(world.blobs(MOVED))).root?.snapshots.length;
    const id = await copy(RECORD_BYTES_MAX);
    expect(await listed()).toBe(SNAPSHOTS);
    const [done] = await world.stateKeys(`done/copy/${id}`);
    expect((await world.state.get(done ?? ""))?.byteLength).toBeLessThanOrEqual(RECORD_BYTES_MAX);
    const [first] = [...(model.snapshots[0]?.needs.keys() ?? [])].filter((key) => /\/__/.test(key));
    await world.blobs(MOVED).delete([first ?? ""]);
    await copy(RECORD_BYTES_MAX + UNLISTED_BYTES_MAX);
    expect(await listed()).toBe(SNAPSHOTS);
  });
});
