import { beforeEach, describe, expect, it } from "vitest";
import { givenSnapshot } from "../../../shared/adapters/memory/clusterPlaces.ts";
import { JOB_MARKER_KEY } from "../../../shared/model/restoredName.ts";
import { cancelJob } from "../../../shared/verbs/jobs/ask.ts";
import { openRow } from "../../../shared/verbs/jobs/show.ts";
import { startRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { fixtureRepository } from "../../format/fixtureRepositories.ts";
import { freshWorld, served, settle, tick, world } from "../../world/moved.ts";
import { HOUR_MS, MINUTE_MS, MOVED } from "../../world/world.ts";

const OPS = { by: "person" as const, who: "ops" };
const REPOSITORY = fixtureRepository("es-7.10.2/repo");
/** The index of an earlier restore, as ossnap names it. */
const OLD = "fx-orders-20261101010000000-0123abcd";
const NEW = expect.stringMatching(/^fx-orders-20261121/);

const names = async () => (await served()).map(({ name }) => name).sort();

async function openJob() {
  const opened = await world.open();
  const id = (await world.stateKeys("live/jobs/"))[0]?.split("/")[2] ?? "";
  return { opened, id, job: await opened.log.read(id) };
}

async function serve(): Promise<void> {
  const uuid = REPOSITORY.snapshots.find(({ snapshot }) => snapshot === "snap-2")?.uuid ?? "";
  const given = { name: "snap-2", uuid, version: "7.10.2", startTime: new Date("2026-11-21T00:59:37.151Z") };
  world.places.at({ location: "/srv/moved" }).push(givenSnapshot({ ...given, indices: { "fx-orders": { documents: 5, shards: 2 } } }));
  await world.fill(MOVED, REPOSITORY.blobs);
  const request = { snapshot: "snap-2", repository: "moved-movies", to: "target", indices: ["fx-orders"], alias: "orders", replicas: 0 };
  await startRestore(await world.open(), request, OPS, {});
}

describe("an alias whose former holder is hidden", () => {
  freshWorld({ targetVersion: "7.10.2" });
  beforeEach(() => world.target.putIndex(OLD, { documents: 3, aliases: ["orders"], settings: { hidden: "true" } }));

  it("ends on the new index alone", async () => {
    await serve();
    await settle();
    expect(await names()).toEqual([NEW]);
  });
});

describe("an alias with several former holders", () => {
  freshWorld({ targetVersion: "7.10.2" });
  const others = [OLD, "fx-orders-20261102010000000-4567cdef", "fx-orders-20261103010000000-89ab0123"];

  it("leaves all of them, and each is deleted in its time", async () => {
    const settings = { [JOB_MARKER_KEY]: "restore-before" };
    for (const name of others) world.target.putIndex(name, { documents: 3, aliases: ["orders"], settings });
    await serve();
    await settle();
    expect(await names()).toEqual([NEW]);
    const { log } = await world.open();
    const ids = new Set((await world.stateKeys("live/jobs/retire-")).map((key) => key.split("/")[2] ?? ""));
    const kept = await Promise.all([...ids].map(async (id) => (await log.read(id))?.intent.input as { index: string } | undefined));
    expect(kept.map((input) => input?.index).sort()).toEqual(others);
    world.advance(25 * HOUR_MS);
    await settle();
    expect((await world.target.listIndices()).map(({ name }) => name)).toEqual([NEW]);
  });
});

describe("an alias that stays on two indices", () => {
  freshWorld({ targetVersion: "7.10.2" });
  beforeEach(async () => {
    world.target.putIndex(OLD, { documents: 3, aliases: ["orders"] });
    await serve();
    // The server removes nothing from the former holder, and answers that all is well.
    const { moveAliases } = world.target;
    let kept = 2;
    world.target.moveAliases = async (moves) => {
      kept -= 1;
      return kept < 0 ? moveAliases(moves) : moveAliases(moves.map(({ alias, to }) => ({ alias, from: to, to })));
    };
    for (let look = 0; look < 4; look += 1) {
      world.target.finishRestores();
      await tick();
      world.advance(MINUTE_MS);
    }
    expect(await names()).toEqual([OLD, NEW]);
  });

  it("is what the job says, and not that the swap is being done", async () => {
    const { job } = await openJob();
    expect(job && openRow(job).reason).toMatchObject({
      code: "alias.onSeveral",
      params: { alias: "orders", indices: expect.arrayContaining([OLD]) },
    });
  });

  it("is put right although the restore is cancelled meanwhile", async () => {
    const { opened, id } = await openJob();
    await cancelJob(opened, id, OPS);
    for (let minute = 0; minute < 40; minute += 1) {
      await tick();
      world.advance(MINUTE_MS);
    }
    expect([await names(), (await (await world.open()).log.done(id))?.state]).toEqual([[NEW], "done"]);
  });
});
