import { beforeEach, describe, expect, it } from "vitest";
import { givenSnapshot } from "../../../shared/adapters/memory/clusterPlaces.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { preflightRestore, startRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { documents, SNAP1, STEP1, TIMES } from "../../world/moved.ts";
import { type TestWorld, testConfig, testWorld } from "../../world/world.ts";

const OPS = { by: "person" as const, who: "ops" };
const REQUEST = { snapshot: "snap-1", repository: "archive", to: "target", indices: ["fx-orders"], alias: "beside", replicas: 0 };
const ARCHIVE = { store: "oss" as const, bucket: "archive", basePath: "", region: "cn-hangzhou" };
const OTHER_UUID = "oooooooooooooooooooooo";

let world: TestWorld;
const given = (uuid: string) =>
  givenSnapshot({
    ...{ name: "snap-1", uuid, version: "5.5.2", startTime: TIMES["snap-1"] },
    indices: { "fx-orders": { documents: documents("snap-1"), shards: 2 } },
  });
const register = (location: string) =>
  world.target.putRepository({ name: "archive", type: "fs", settings: { location } }, { verify: false });
const refusals = async () =>
  (await preflightRestore(await world.open(), REQUEST)).checks.flatMap(({ result, reason }) => (result === "refuse" ? [reason.code] : []));

async function open(isRegisteredHere: boolean): Promise<void> {
  const config = testConfig((changed) => {
    changed.backups = {};
    changed.watches = {};
    changed.repositories = {
      archive: {
        cluster: "target",
        ...(isRegisteredHere ? { register: { type: "fs", settings: { location: "/srv/archive" } } } : {}),
        blobs: ARCHIVE,
      },
    };
  });
  world = await testWorld({ config });
  await world.fill(ARCHIVE, STEP1.blobs);
  world.places.at({ location: "/srv/archive" }).push(given(SNAP1.uuid));
  world.places.at({ location: "/srv/elsewhere" }).push(given(OTHER_UUID));
}

/** The job's final state and reason. */
async function outcome(): Promise<[string, string]> {
  const [key = ""] = await world.stateKeys("done/restore/");
  const { state, reason } = JSON.parse(Buffer.from((await world.blobs(world.config.state).get(key)) ?? []).toString());
  return [state, reason.code];
}

describe("a restore by hand from a repository that a policy registers", () => {
  beforeEach(() => open(true));

  it("is refused when the name is registered at another place, as a watch's is", async () => {
    await register("/srv/elsewhere");
    expect(await refusals()).toEqual(["repository.taken"]);
    expect(await startRestore(await world.open(), REQUEST, OPS)).toHaveProperty("refused");
  });

  it("runs when it is registered as in ossnap.yaml", async () => {
    await register("/srv/archive");
    expect(await refusals()).toEqual([]);
  });
});

describe("a restore by hand from a repository that another tool registered", () => {
  beforeEach(() => open(false));

  it("is refused when the cluster reads another snapshot under the name", async () => {
    await register("/srv/elsewhere");
    expect(await refusals()).toEqual(["snapshot.otherOnCluster"]);
  });

  it("is refused when the cluster finds no such snapshot", async () => {
    await register("/srv/empty");
    expect(await refusals()).toEqual(["snapshot.notOnCluster"]);
  });

  it("sends no request when the registration changes after the preflight", async () => {
    await register("/srv/archive");
    const { getSnapshot } = world.target;
    let reads = 0;
    world.target.getSnapshot = async (...args) => {
      reads += 1;
      // The dry run of the request, then the job's own preflight.
      if (reads === 3) await register("/srv/elsewhere");
      return getSnapshot(...args);
    };
    expect(await startRestore(await world.open(), REQUEST, OPS)).toHaveProperty("created");
    world.target.finishRestores();
    await advance();
    expect([world.target.writes.filter(({ method }) => method === "restore"), await outcome()]).toEqual([
      [],
      ["failed", "snapshot.otherOnCluster"],
    ]);
  });

  it("takes the index back when the registration changed with the request", async () => {
    await register("/srv/archive");
    const { restore } = world.target;
    world.target.restore = async (request) => {
      await register("/srv/elsewhere");
      await restore(request);
    };
    await startRestore(await world.open(), REQUEST, OPS);
    await advance();
    expect([await world.target.listIndices(), await outcome()]).toEqual([[], ["failed", "snapshot.otherOnCluster"]]);
  });
});

async function advance(): Promise<void> {
  for (let look = 0; look < 6; look += 1) {
    world.target.finishRestores();
    await advanceJobs(await world.open());
    world.advance(60_000);
  }
}
