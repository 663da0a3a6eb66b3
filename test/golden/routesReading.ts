import { createSnapshots } from "../../shared/tick/createSnapshots.ts";
import { VIEWER } from "../runtime/http/door.ts";
import { fire, ID } from "../world/nightly.ts";
import type { TestWorld } from "../world/world.ts";
import type { RouteCases } from "./routeCases.ts";
import { DENIED, newWorld, nights, registeredWorld } from "./stages.ts";
import { STATUS_ROUTE } from "./statusCases.ts";

const READS = "it only reads";
const viewer = { token: VIEWER };

async function noRepositories(): Promise<TestWorld> {
  return newWorld((config) => {
    Object.assign(config, { repositories: {}, backups: {}, watches: {} });
  });
}

async function denying(): Promise<TestWorld> {
  const world = await registeredWorld();
  world.source.failNext("info", DENIED);
  return world;
}

async function running(): Promise<TestWorld> {
  const world = await newWorld();
  await fire(world);
  return world;
}

async function oneOpen(): Promise<TestWorld> {
  const world = await nights(2);
  await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
  return world;
}

const SNAPSHOTS: RouteCases = {
  method: "GET",
  path: "/snapshots",
  cases: [
    { outcome: "ok", title: "what the clusters list", path: "/snapshots", options: viewer, world: () => nights(3) },
    {
      outcome: "ok",
      title: "of one policy and repository",
      path: "/snapshots",
      options: { query: { policy: "nightly", repository: "backups" } },
      world: () => nights(1),
    },
    { outcome: "failed", title: "no such policy", path: "/snapshots", options: { query: { policy: "weekly" } }, world: newWorld },
    { outcome: "failed", title: "the repository is not registered", path: "/snapshots", world: newWorld },
    { outcome: "empty", title: "a repository without snapshots", path: "/snapshots", world: registeredWorld },
    { outcome: "empty", title: "no repositories", path: "/snapshots", world: noRepositories },
  ],
  without: { refused: READS },
};

const REPOSITORIES: RouteCases = {
  method: "GET",
  path: "/repositories",
  cases: [
    { outcome: "ok", title: "one as configured, one not registered", path: "/repositories", options: viewer, world: registeredWorld },
    { outcome: "failed", title: "a cluster that denies is a row", path: "/repositories", world: denying },
    { outcome: "empty", title: "none is configured", path: "/repositories", world: noRepositories },
  ],
  without: { refused: READS },
};

const JOBS: RouteCases = {
  method: "GET",
  path: "/jobs",
  cases: [
    { outcome: "ok", title: "an open one and finished ones", path: "/jobs", options: viewer, world: oneOpen },
    { outcome: "ok", title: "open ones only", path: "/jobs", options: { query: { open: "true" } }, world: oneOpen },
    { outcome: "ok", title: "one finished one a kind", path: "/jobs", options: { query: { kind: "backup", limit: "1" } }, world: oneOpen },
    { outcome: "failed", title: "no such kind", path: "/jobs", options: { query: { kind: "dance" } }, world: newWorld },
    { outcome: "failed", title: "an invalid limit", path: "/jobs", options: { query: { limit: "0" } }, world: newWorld },
    { outcome: "empty", title: "none at all", path: "/jobs", world: newWorld },
  ],
  without: { refused: READS },
};

const JOB: RouteCases = {
  method: "GET",
  path: "/jobs/{id}",
  cases: [
    { outcome: "ok", title: "an open one", path: `/jobs/${ID}`, options: viewer, world: running },
    { outcome: "ok", title: "an open one that is looked at", path: `/jobs/${ID}`, options: { query: { look: "true" } }, world: running },
    { outcome: "ok", title: "a finished one", path: `/jobs/${ID}`, world: () => nights(1) },
    { outcome: "failed", title: "one that never was", path: "/jobs/backup-nightly-20200101t000000z", world: newWorld },
    { outcome: "failed", title: "an id of no kind", path: "/jobs/dance-1", world: newWorld },
  ],
  without: { refused: READS, empty: "a job that is not there is a failure" },
};

export const READING_ROUTES = [STATUS_ROUTE, SNAPSHOTS, REPOSITORIES, JOBS, JOB];
