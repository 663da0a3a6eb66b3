import { adopt } from "../../shared/verbs/adopt/apply.ts";
import { pinSnapshot } from "../../shared/verbs/pins/apply.ts";
import { VIEWER } from "../runtime/http/door.ts";
import { fire, ID, OPS } from "../world/nightly.ts";
import type { TestWorld } from "../world/world.ts";
import { RESUME_ROUTE, ROLLBACK_ROUTE } from "./rollbackCases.ts";
import { after, asViewer, failed, type RouteCases } from "./routeCases.ts";
import { DENIED, newWorld, nights, registeredWorld } from "./stages.ts";

const takesTheName = ({ source }: TestWorld) =>
  source.putRepository({ name: "backups", type: "fs", settings: { location: "/srv/others" } }, { verify: false });
const setsMore = ({ source }: TestWorld) =>
  source.putRepository({ name: "backups", type: "fs", settings: { location: "/srv/backups", chunk_size: "64mb" } }, { verify: false });

const REGISTER: RouteCases = {
  method: "POST",
  path: "/repositories/{name}",
  cases: [
    { outcome: "ok", title: "it is registered", path: "/repositories/backups", world: newWorld },
    { outcome: "ok", title: "it is registered already", path: "/repositories/backups", world: registeredWorld },
    asViewer("/repositories/backups"),
    {
      outcome: "refused",
      title: "the name stands for another repository",
      path: "/repositories/backups",
      world: after(newWorld, takesTheName),
    },
    {
      outcome: "refused",
      title: "another client has set more",
      path: "/repositories/backups",
      world: after(newWorld, setsMore),
    },
    {
      outcome: "ok",
      title: "what another client set is overwritten on request",
      path: "/repositories/backups",
      options: { body: { overwrite: true } },
      world: after(newWorld, setsMore),
    },
    { outcome: "refused", title: "ossnap is paused", path: "/repositories/backups", before: [["POST", "/pause"]], world: newWorld },
    failed("no such repository", "/repositories/nothing"),
    {
      outcome: "failed",
      title: "the cluster denies",
      path: "/repositories/backups",
      world: after(newWorld, ({ source }) => source.failNext("putRepository", DENIED)),
    },
  ],
  without: { empty: "a repository that is configured is never empty" },
};

const CANCEL: RouteCases = {
  method: "DELETE",
  path: "/jobs/{id}",
  cases: [
    { outcome: "ok", title: "asked to stop", path: `/jobs/${ID}`, world: after(newWorld, fire) },
    {
      outcome: "ok",
      title: "asked to stop before",
      path: `/jobs/${ID}`,
      before: [["DELETE", `/jobs/${ID}`]],
      world: after(newWorld, fire),
    },
    { outcome: "refused", title: "one that is over", path: `/jobs/${ID}`, world: () => nights(1) },
    asViewer(`/jobs/${ID}`),
    failed("one that never was", "/jobs/backup-nightly-20200101t000000z"),
  ],
  without: { empty: "a job that is not there is a failure" },
};

const pauses = (path: string): RouteCases => ({
  method: "POST",
  path,
  cases: [
    { outcome: "ok", title: "while at work", path, world: newWorld },
    { outcome: "ok", title: "while paused", path, before: [["POST", "/pause"]], world: newWorld },
    asViewer(path),
    failed(
      "a state without identity",
      path,
      {},
      after(newWorld, (world) => world.state.delete(["state.json"])),
    ),
  ],
  without: { empty: "there is always a state" },
});

const forget = async (world: TestWorld) => {
  const keys = await world.stateKeys();
  await world.state.delete(keys.filter((one) => one !== "state.json" && !one.startsWith("live/state/")));
};

const ADOPT: RouteCases = {
  method: "POST",
  path: "/adopt",
  cases: [
    { outcome: "ok", title: "would write", path: "/adopt", options: { token: VIEWER }, world: after(() => nights(2), forget) },
    { outcome: "ok", title: "writes", path: "/adopt", options: { body: { apply: true } }, world: after(() => nights(2), forget) },
    {
      outcome: "ok",
      title: "opens a state that lost live/",
      path: "/adopt",
      world: after(
        () => nights(1),
        async (world) => world.state.delete(await world.stateKeys("live/")),
      ),
    },
    asViewer("/adopt", { apply: true }),
    failed("no copy of that name to take over", "/adopt", { body: { takeOver: ["no-such"] } }),
    failed("a body of another shape", "/adopt", { body: { apply: "yes" } }),
    {
      outcome: "empty",
      title: "nothing to write",
      path: "/adopt",
      world: after(
        () => nights(1),
        async (world) => adopt(await world.open(), OPS),
      ),
    },
  ],
  without: {},
};

const OLDEST = "nightly-20261121t013000z-1-88f81";
const pinned = async () => {
  const world = await nights(4);
  await pinSnapshot(await world.open(), { repository: "backups", snapshot: OLDEST, because: "audit" }, "ops");
  return world;
};
const pinBody = (change: object = {}) => ({ body: { repository: "backups", snapshot: OLDEST, because: "audit", ...change } });

const PIN: RouteCases = {
  method: "POST",
  path: "/pins",
  cases: [
    { outcome: "ok", title: "for ever", path: "/pins", options: pinBody(), world: () => nights(4) },
    { outcome: "ok", title: "for a time", path: "/pins", options: pinBody({ until: "2027-01-01T00:00:00Z" }), world: () => nights(4) },
    asViewer("/pins", { repository: "backups", snapshot: "x", because: "x" }),
    failed("no such snapshot", "/pins", { body: { repository: "backups", snapshot: "nosuch", because: "audit" } }, () => nights(4)),
    { outcome: "ok", title: "for a time from now", path: "/pins", options: pinBody({ until: "90d" }), world: () => nights(4) },
    failed("no time", "/pins", pinBody({ until: "soon" }), () => nights(4)),
    failed("a time that is over", "/pins", pinBody({ until: "2020-01-01T00:00:00Z" }), () => nights(4)),
    failed("no reason", "/pins", pinBody({ because: " " }), () => nights(4)),
  ],
  without: { empty: "a snapshot that is not there is a failure" },
};

const UNPIN: RouteCases = {
  method: "DELETE",
  path: "/pins/{repository}/{snapshot}",
  cases: [
    { outcome: "ok", title: "the pin is taken off", path: `/pins/backups/${OLDEST}`, world: pinned },
    asViewer("/pins/backups/nosuch"),
    failed("it is not pinned", "/pins/backups/nosuch"),
  ],
  without: { empty: "a pin that is not there is a failure" },
};

const PINS: RouteCases = {
  method: "GET",
  path: "/pins",
  cases: [
    { outcome: "ok", title: "one pin", path: "/pins", options: { token: VIEWER }, world: pinned },
    { outcome: "empty", title: "no pin", path: "/pins", world: newWorld },
    failed("a query that is not known", "/pins?repository=backups"),
  ],
  without: { refused: "it only reads" },
};

export const STATE_ROUTES = [PINS, PIN, UNPIN, REGISTER, CANCEL, RESUME_ROUTE, ROLLBACK_ROUTE, pauses("/pause"), pauses("/resume"), ADOPT];
