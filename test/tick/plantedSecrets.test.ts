import { describe, expect, it } from "vitest";
import { givenSnapshot } from "../../shared/adapters/memory/clusterPlaces.ts";
import { AppError } from "../../shared/model/errors.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { createSnapshots } from "../../shared/tick/createSnapshots.ts";
import { onCopiedBlob } from "../../shared/tick/onCopiedBlob.ts";
import { documents, INDEX1, SNAP1, STEP1, TIMES } from "../world/moved.ts";
import { fire, TIMER, withMovies } from "../world/nightly.ts";
import { MINUTE_MS, MOVED, type TestWorld, testConfig } from "../world/world.ts";

const KEY = "a-planted/access+key";

/** A night with a backup, a look that fails, a prune, and a watch's restore with its alias; a repository's keys in two registrations. */
async function night(secrets: readonly string[], seen: Record<string, string>[] = []): Promise<TestWorld> {
  const config = testConfig(({ watches: { moved }, repositories: { backups } }) => {
    if (moved) moved.register.settings.secret_access_key = KEY;
    if (backups?.register) backups.register.settings.secret_access_key = KEY;
  });
  const world = await withMovies({ config, secrets });
  await fire(world);
  world.source.finishSnapshots();
  world.places.at({ location: "/srv/moved" }).push(
    givenSnapshot({
      name: "snap-1",
      uuid: SNAP1.uuid,
      version: "5.5.2",
      startTime: TIMES["snap-1"],
      indices: { "fx-orders": { documents: documents("snap-1"), shards: 2 } },
    }),
  );
  // The arrival waits for a blob, so that its record can be seen.
  const late = [...STEP1.blobs.keys()].filter((key) => /\/__\w+$/.test(key)).slice(0, 1);
  await world.fill(MOVED, STEP1.blobs, late);
  await onCopiedBlob(await world.open(), INDEX1);
  seen.push(await everything(world));
  await world.fill(MOVED, STEP1.blobs);
  for (let look = 0; look < 8; look += 1) {
    world.target.finishRestores();
    await advanceJobs(await world.open());
    world.advance(10 * MINUTE_MS);
  }
  return world;
}

/** Every object of the state by key, and what was reported. */
async function everything(world: TestWorld): Promise<Record<string, string>> {
  const objects: Record<string, string> = { notices: JSON.stringify([...world.notices, ...world.coverage]) };
  for (const key of await world.stateKeys()) objects[key] = Buffer.from((await world.state.get(key)) ?? []).toString();
  return objects;
}

describe("a secret that equals a name, a number or a word of ossnap's", () => {
  it.each([
    "nightly",
    "orders",
    "movies",
    "backups",
    "moved",
    "fx-orders",
    "123456",
    "2026",
    "snapshot",
    "state",
    "registerRepository",
    "running",
    "false",
    "ossnap",
    "source",
  ])("changes nothing that is stored, done or reported: %s", async (secret) => {
    const [plain, world] = [await night([]), await night([secret])];
    expect(await everything(world)).toEqual(await everything(plain));
    expect([world.source.writes, world.target.writes]).toEqual([plain.source.writes, plain.target.writes]);
    expect((await world.target.listIndices()).flatMap(({ aliases }) => aliases)).toEqual(["orders"]);
    expect(await world.source.listSnapshots("backups")).toHaveLength(1);
  });

  it("is hidden in a message of another system, whose record keeps its names", async () => {
    const secret = "nightly";
    const world = await withMovies({ secrets: [secret] });
    const opened = await world.open();
    const refused = async () => {
      throw new AppError("refused", `put: signed with ${secret}`);
    };
    const cluster = (name: string) => ({ ...opened.cluster(name), createSnapshot: refused, listSnapshots: refused });
    await createSnapshots({ ...opened, cluster }, TIMER);
    const stored = Object.entries(await everything(world)).filter(([key]) => key.startsWith("live/jobs/"));
    const text = JSON.stringify(stored);
    expect(text).toContain("signed with [secret]");
    expect(text).not.toContain(`signed with ${secret}`);
    expect(text).toContain('policyName\\":\\"nightly');
  });
});

it("no key of a registration is stored or reported, even where nothing is redacted", async () => {
  const seen: Record<string, string>[] = [];
  const world = await night([], seen);
  expect(Object.keys(seen[0] ?? {}).filter((key) => key.startsWith("live/jobs/arrival-"))).not.toEqual([]);
  const registered = [...world.source.writes, ...world.target.writes].filter(({ method }) => method === "putRepository");
  expect(JSON.stringify(registered)).toContain(KEY);
  const found = [...seen, await everything(world)].flatMap(Object.entries).filter(([, text]) => text.includes(KEY));
  expect([found, JSON.stringify(world.lines).includes(KEY)]).toEqual([[], false]);
});
