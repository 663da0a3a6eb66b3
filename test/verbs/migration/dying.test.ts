import { expect, it } from "vitest";
import { AppError } from "../../../shared/model/errors.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { cancelJob } from "../../../shared/verbs/jobs/ask.ts";
import { askMigration, syncedWorld } from "../../world/migrating.ts";
import { OPS } from "../../world/nightly.ts";
import { MINUTE_MS } from "../../world/world.ts";

const PUTS_MAX = 60;
const TICKS = 12;

/** The instance dies at its n-th write to the state, before or after it took effect; a person cancels three minutes later. */
async function cancelledAfter(put: number, isWritten: boolean) {
  const world = await syncedWorld();
  const created = await askMigration(await world.open(), { name: "movies", mode: "cutover", blockWrites: true });
  const id = created.outcome === "done" ? "" : created.job.id;
  const { put: write } = world.state;
  let puts = 0;
  let isDead = false;
  let isTicking = false;
  world.state.put = async (...args) => {
    if (!isTicking) return write.apply(world.state, args);
    puts += 1;
    if (!isDead && puts !== put) return write.apply(world.state, args);
    if (!isDead && isWritten) await write.apply(world.state, args);
    isDead = true;
    throw new AppError("transient", "the instance is gone");
  };
  for (let tick = 0; tick < TICKS; tick += 1) {
    world.advance(MINUTE_MS);
    if (tick === 3) await cancelJob(await world.open(), id, OPS);
    isTicking = true;
    await advanceJobs(await world.open()).catch(() => undefined);
    isTicking = isDead = false;
    world.source.finishSnapshots();
  }
  const open = (await world.stateKeys("live/jobs/")).map((key) => key.split("/")[2]);
  const blocked = (await world.source.listIndices()).filter(({ settings }) => settings["blocks.write"] === "true");
  return {
    isFired: puts >= put,
    state: (await (await world.open()).log.done(id))?.state,
    open: [...new Set(open)],
    blocked: blocked.length,
  };
}

it.each([
  ["before", false],
  ["after", true],
])(
  "a cut-over that is cancelled after its instance died %s a write leaves no block, and no part to itself",
  async (_when, isWritten) => {
    let fired = 0;
    for (let put = 1; put <= PUTS_MAX; put += 1) {
      const { isFired, ...end } = await cancelledAfter(put, isWritten);
      if (!isFired) break;
      fired += 1;
      expect(end, `write ${put}`).toEqual({ state: "cancelled", open: [], blocked: 0 });
    }
    expect(fired).toBeGreaterThan(8);
  },
  120_000,
);
