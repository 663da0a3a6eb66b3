import { expect, it } from "vitest";
import type { Session } from "../../../infra/cli/session.ts";
import { status } from "../../../infra/cli/verbs/status.ts";
import type { Place } from "../../../shared/model/config.ts";
import type { SnapshotProof } from "../../../shared/model/repository.ts";
import { storeEvidence } from "../../../shared/reader/evidence.ts";
import { fire, tick, withMovies } from "../../world/nightly.ts";

it("status says of a newest snapshot that was found incomplete and then deleted that it is deleted, and no more that it is not good", async () => {
  const world = await withMovies();
  await fire(world);
  world.source.finishSnapshots();
  await tick(world);
  const [{ name, uuid = "" } = { name: "" }] = await world.source.listSnapshots("backups");
  const place = (await world.open()).config.repositories.backups?.blobs as Place;
  const proof = { name, uuid, verdict: "incomplete", level: "contents", generation: 1, blobs: 1, bytes: 1, damaged: [] };
  await storeEvidence(await world.open(), place, proof as unknown as SnapshotProof, world.now());
  const shown = async (snapshots: unknown[]) => {
    await world.blobs(place).put("index-1", Buffer.from(JSON.stringify({ snapshots, indices: {} })));
    const answer = await status({ world: () => world.open() } as Session);
    const text = answer.text({ colour: false, unicode: true, now: world.now(), program: "ossnap" }).replace(/\s+/g, " ");
    return [text.includes(`${name} was found incomplete`), text.includes(`${name} is no longer in the repository`)];
  };
  expect(await shown([{ name, uuid, state: 1 }])).toEqual([true, false]);
  expect(await shown([])).toEqual([false, true]);
});

it("status says of a good newest snapshot that its cluster no longer lists that it is deleted", async () => {
  const world = await withMovies();
  await fire(world);
  world.source.finishSnapshots();
  await tick(world);
  const shown = async () => {
    const answer = await status({ world: () => world.open() } as Session);
    return answer.text({ colour: false, unicode: true, now: world.now(), program: "ossnap" }).replace(/\s+/g, " ");
  };
  expect(await shown()).not.toContain("no longer in the repository");
  const [{ name } = { name: "" }] = await world.source.listSnapshots("backups");
  await world.source.deleteSnapshots("backups", [name]);
  expect(await shown()).toContain(`newest snapshot ${name} is no longer in the repository`);
});
