import { givenSnapshot } from "../../../../shared/adapters/memory/clusterPlaces.ts";
import { JOB_MARKER_KEY } from "../../../../shared/model/restoredName.ts";
import { proveSnapshot } from "../../../../shared/reader/prove/proveSnapshot.ts";
import { preflightRestore, type RestoreRequestByHand, startRestore } from "../../../../shared/verbs/restore/askByHand.ts";
import { fixtureRepository } from "../../../format/fixtureRepositories.ts";
import { countsAsSet } from "../../../world/countsOf.ts";
import { tick, world } from "../../../world/moved.ts";
import { OPS } from "../../../world/nightly.ts";
import { MINUTE_MS } from "../../../world/world.ts";

const FIXTURE = fixtureRepository("es-6.7.0/repo");
export const OWN = { store: "oss" as const, bucket: "own", basePath: "target", region: "cn-hangzhou" };
const LOCATION = { location: "/srv/own" };
export const NAME = "fx-orders";
const TIMES = { "snap-1": new Date("2026-11-21T00:59:30Z"), "snap-3": new Date("2026-11-21T00:59:32Z") };
export const documentsIn = (snapshot: "snap-1" | "snap-3") => FIXTURE.documents[snapshot]?.[NAME] ?? 0;

/** Writes to the index since its snapshot. */
export const extra = { writes: 0 };

/** The target has an index with an alias, and a repository of its own: snap-3 holds exactly what the index holds, snap-1 what it held before. */
export async function given({
  uuid,
  shards = 2,
  aliases = ["films"],
}: {
  uuid?: string;
  shards?: number;
  aliases?: string[];
} = {}): Promise<void> {
  world.config.watches = {};
  world.config.repositories.own = { cluster: "target", blobs: OWN, register: { type: "fs", settings: LOCATION } };
  await world.fill(OWN, FIXTURE.blobs);
  await world.target.putRepository({ name: "own", type: "fs", settings: LOCATION }, { verify: false });
  for (const { snapshot, uuid: id = "", version } of FIXTURE.snapshots)
    if (snapshot === "snap-1" || snapshot === "snap-3") {
      const indices = { [NAME]: { documents: documentsIn(snapshot), shards: 2 } };
      world.places.at(LOCATION).push(givenSnapshot({ name: snapshot, uuid: id, version, startTime: TIMES[snapshot], indices }));
    }
  const { closure } = await proveSnapshot(world.blobs(OWN), { name: "snap-3", indices: [NAME], level: "names" });
  const held = closure?.indices[0]?.settings["index.uuid"] ?? "";
  world.target.putIndex(NAME, { uuid: uuid ?? held, documents: documentsIn("snap-3"), shards, aliases });
  extra.writes = 0;
  const { operations } = world.target;
  // The commits of the fixture note one operation for each document.
  world.target.operations = async (index) => {
    const seen = await operations(index);
    return (await found(index))?.settings[JOB_MARKER_KEY] === undefined ? { ...seen, count: documentsIn("snap-3") + extra.writes } : seen;
  };
  countsAsSet(world.target);
}

export const found = async (name = NAME) => (await world.target.listIndices()).find((index) => index.name === name);

export const wanted = (change: Partial<RestoreRequestByHand> = {}): RestoreRequestByHand => ({
  ...{ snapshot: "snap-1", repository: "own", to: "target", indices: [NAME], replicas: 0, over: true },
  ...change,
});

/** Of the checks of the dry run, what an index that is overwritten adds. */
export async function overChecks(change: Partial<RestoreRequestByHand> = {}): Promise<string[]> {
  const { checks } = await preflightRestore(await world.open(), wanted(change));
  return checks.filter(({ check }) => check === "over" || check === "name").map(({ result, reason }) => `${result} ${reason.code}`);
}

/** The id of a restore that was started. */
export async function start(change: Partial<RestoreRequestByHand> = {}): Promise<string> {
  const outcome = await startRestore(await world.open(), wanted(change), OPS);
  if ("refused" in outcome) throw new Error(JSON.stringify(outcome.refused.checks));
  return outcome.created.outcome === "done" ? outcome.created.done.id : outcome.created.job.id;
}

/** Ticks until the job has ended. */
export async function ended(id: string, minutes = 60) {
  for (let minute = 0; minute < minutes; minute += 1) {
    world.target.finishRestores();
    await tick();
    const done = await (await world.open()).log.done(id);
    if (done) return done;
    world.advance(MINUTE_MS);
  }
  const job = await (await world.open()).log.read(id);
  throw new Error(`${id} has not ended: ${JSON.stringify(job?.head)}`);
}

export const OVER_METHODS = ["moveAliases", "closeBehind", "openIndex", "restore", "deleteIndex", "updateIndexSettings"];
/** What was asked of the cluster for the index, in order. */
export const asked = () => world.target.writes.map(({ method }) => method).filter((method) => OVER_METHODS.includes(method));

/** As a person sees the index. */
export async function look(name = NAME) {
  const index = await found(name);
  if (!index) return undefined;
  const documents = index.state === "open" ? await world.target.countDocuments(name) : "closed";
  return { state: index.state, documents, aliases: index.aliases, replicas: index.replicas };
}
