import { describe, expect, it } from "vitest";
import { copyWorld } from "../../golden/stages.ts";
import { freshWorld, world as moved, STEP1, STEP2, serveFirst } from "../../world/moved.ts";
import { tick } from "../../world/nightly.ts";
import { MINUTE_MS, MOVED, type TestWorld } from "../../world/world.ts";
import { httpDoor } from "./door.ts";

const SOURCE = { store: "s3", bucket: "aws", basePath: "backups", region: "us-east-1" } as const;
const headers = { "Idempotency-Key": "once" };
const REUSED = { status: 422, body: { code: "idempotency-key-reused" } };

async function twoCopies(): Promise<TestWorld> {
  const world = await copyWorld(STEP1.blobs);
  world.config.copies.other = { ...(world.config.copies.move as NonNullable<typeof world.config.copies.move>) };
  return world;
}

async function settle(world: TestWorld, rounds = 8): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await tick(world);
    await world.runTasks();
    world.advance(MINUTE_MS);
  }
}

describe("a copy with an idempotency key", () => {
  it("is one job, also when it has ended, when the source's root moved, and when the source is gone", async () => {
    const world = await twoCopies();
    const http = httpDoor(world);
    const ask = () => http.ask("POST", "/copies/move", { headers });
    const first = await ask();
    expect([first.status, first.headers["idempotent-replayed"]]).toEqual([202, undefined]);
    await settle(world);
    const place = Object.values(world.config.repositories)[0]?.blobs ?? SOURCE;
    for (const blobs of [STEP1.blobs, STEP2.blobs]) {
      await world.fill(place, blobs);
      const again = await ask();
      expect([again.status, again.headers["idempotent-replayed"], again.body.id]).toEqual([202, "true", first.body.id]);
    }
    await world.blobs(place).delete([...STEP1.blobs.keys(), ...STEP2.blobs.keys()]);
    expect(await ask()).toMatchObject({ status: 202, body: { id: first.body.id, state: "done" } });
  });

  it("is one job when both requests come at once, and 422 when the key was used for another copy", async () => {
    const http = httpDoor(await twoCopies());
    const ask = (name: string) => http.ask("POST", `/copies/${name}`, { headers });
    const [one, two] = await Promise.all([ask("move"), ask("move")]);
    expect([one?.status, two?.body.id]).toEqual([202, one?.body.id]);
    expect(await ask("other")).toMatchObject(REUSED);
  });

  it("is another job with another key, and follows the root without one", async () => {
    const world = await twoCopies();
    const http = httpDoor(world);
    const ask = async (key?: string) =>
      (await http.ask("POST", "/copies/move", key ? { headers: { "Idempotency-Key": key } } : {})).body.id;
    const ids = [await ask("one"), await ask("two"), await ask(), await ask()];
    expect([new Set(ids).size, ids[2] === ids[3]]).toEqual([3, true]);
  });
});

describe("a restore with an idempotency key", () => {
  freshWorld();

  it("is the same job when its snapshot is gone, and 422 with another request", async () => {
    await serveFirst();
    const http = httpDoor(moved);
    const body = { snapshot: "snap-1", repository: "moved-movies", to: "target", indices: ["fx-orders"], alias: "again", start: true };
    const first = await http.ask("POST", "/restores", { headers, body });
    expect(first.status).toBe(202);
    await moved.blobs(MOVED).delete([...STEP1.blobs.keys()]);
    expect(await http.ask("POST", "/restores", { headers, body })).toMatchObject({ status: 202, body: { id: first.body.id } });
    expect(await http.ask("POST", "/restores", { headers, body: { ...body, alias: "other" } })).toMatchObject(REUSED);
  });
});
