import { readFileSync } from "node:fs";
import { dryPrune } from "../../shared/verbs/prune/ask.ts";
import { dryDeletion } from "../../shared/verbs/prune/askDeletion.ts";
import { VIEWER } from "../runtime/http/door.ts";
import { EMPTY_ROOT, STEP1 } from "../world/moved.ts";
import { MOVED, type TestWorld } from "../world/world.ts";
import { OVER_ROUTES } from "./overCases.ts";
import { after, asViewer, failed, type RouteCases } from "./routeCases.ts";
import { contentsWorld, copyWorld, movedWorld, newWorld, nights, registeredWorld } from "./stages.ts";

const key = { headers: { "Idempotency-Key": "once" } };
const viewer = { token: VIEWER };
const takesTheName = ({ source }: TestWorld) =>
  source.putRepository({ name: "backups", type: "fs", settings: { location: "/srv/others" } }, { verify: false });

const twoPolicies = () =>
  newWorld((config) => {
    if (config.backups.nightly) config.backups.weekly = config.backups.nightly;
  });

const BACKUP: RouteCases = {
  method: "POST",
  path: "/backups/{policy}",
  cases: [
    { outcome: "ok", title: "the snapshot is begun", path: "/backups/nightly", world: newWorld },
    {
      outcome: "ok",
      title: "the same key is replayed",
      path: "/backups/nightly",
      options: key,
      before: [["POST", "/backups/nightly", key]],
      world: newWorld,
    },
    { outcome: "ok", title: "asked for while ossnap is paused", path: "/backups/nightly", before: [["POST", "/pause"]], world: newWorld },
    asViewer("/backups/nightly"),
    { outcome: "ok", title: "the preview", path: "/backups/nightly", options: { ...viewer, body: { dryRun: true } }, world: contentsWorld },
    failed("an empty reason", "/backups/nightly", { body: { because: " " } }),
    {
      outcome: "refused",
      title: "the key came with another policy before",
      path: "/backups/weekly",
      options: key,
      before: [["POST", "/backups/nightly", key]],
      world: twoPolicies,
    },
    failed("no such policy", "/backups/weekly"),
    { outcome: "failed", title: "the job failed at once", path: "/backups/nightly", world: after(newWorld, takesTheName) },
    {
      outcome: "empty",
      title: "no index of the policy is there",
      path: "/backups/nightly",
      world: () =>
        newWorld((config) => {
          if (config.backups.nightly) config.backups.nightly.indices = ["series*"];
        }),
    },
  ],
  without: {},
};

const PRUNE: RouteCases = {
  method: "POST",
  path: "/prunes/{policy}",
  cases: [
    { outcome: "ok", title: "the plan", path: "/prunes/nightly", options: viewer, world: () => nights(4) },
    {
      outcome: "ok",
      title: "exactly the plan with this hash",
      path: "/prunes/nightly",
      options: async (world) => ({ body: { apply: (await dryPrune(await world.open(), "nightly")).hash } }),
      world: () => nights(4),
    },
    asViewer("/prunes/nightly", { apply: "00000000" }),
    {
      outcome: "refused",
      title: "a plan that no longer holds",
      path: "/prunes/nightly",
      options: { body: { apply: "00000000" } },
      world: () => nights(4),
    },
    failed("no such policy", "/prunes/weekly"),
    failed("an empty hash", "/prunes/nightly", { body: { apply: "" } }),
    failed("the repository is not registered", "/prunes/nightly"),
    { outcome: "empty", title: "nothing would be removed", path: "/prunes/nightly", world: () => nights(1) },
    { outcome: "empty", title: "a repository without snapshots", path: "/prunes/nightly", world: registeredWorld },
  ],
  without: {},
};

const DELETED = { repository: "backups", snapshot: "nightly-20261122t013000z-1-88f81" };
const DELETION: RouteCases = {
  method: "POST",
  path: "/deletions",
  cases: [
    { outcome: "ok", title: "what would be deleted", path: "/deletions", options: { ...viewer, body: DELETED }, world: () => nights(4) },
    {
      outcome: "ok",
      title: "exactly what has this hash",
      path: "/deletions",
      options: async (world) => ({ body: { ...DELETED, apply: (await dryDeletion(await world.open(), DELETED)).hash } }),
      world: () => nights(4),
    },
    asViewer("/deletions", { ...DELETED, apply: "00000000" }),
    {
      outcome: "refused",
      title: "a hash that no longer holds",
      path: "/deletions",
      options: { body: { ...DELETED, apply: "00000000" } },
      world: () => nights(4),
    },
    failed("neither a snapshot nor broken", "/deletions", { body: { repository: "backups" } }),
    failed("a snapshot and broken", "/deletions", { body: { repository: "backups", snapshot: "a", uuid: "b", broken: true } }),
    failed("no such repository", "/deletions", { body: { repository: "others", snapshot: "a" } }),
  ],
  without: { empty: "it names one snapshot, or refuses" },
};

const IMPORT: RouteCases = {
  method: "POST",
  path: "/imports/curator",
  cases: [
    {
      outcome: "ok",
      title: "a policy, and what has no equivalent",
      path: "/imports/curator",
      options: { ...viewer, body: { file: readFileSync("test/fixtures/config/curator.yml", "utf8") } },
      world: newWorld,
    },
    failed("no action file", "/imports/curator", { body: { file: "a: 1" } }),
    failed("no text", "/imports/curator", { body: {} }),
  ],
  without: { refused: "it changes nothing", empty: "a file without usable actions is answered with a note" },
};

const COPY: RouteCases = {
  method: "POST",
  path: "/copies/{name}",
  cases: [
    { outcome: "ok", title: "the tasks are started", path: "/copies/move", world: () => copyWorld(STEP1.blobs) },
    {
      outcome: "ok",
      title: "the same root is the same job",
      path: "/copies/move",
      before: [["POST", "/copies/move"]],
      world: () => copyWorld(STEP1.blobs),
    },
    asViewer("/copies/move"),
    {
      outcome: "ok",
      title: "the dry run",
      path: "/copies/move",
      options: { ...viewer, body: { dryRun: true } },
      world: () => copyWorld(STEP1.blobs),
    },
    {
      outcome: "failed",
      title: "a dry run cannot check",
      path: "/copies/move",
      options: { body: { dryRun: true, check: true } },
      world: () => copyWorld(STEP1.blobs),
    },
    {
      outcome: "refused",
      title: "the destination holds another's root",
      path: "/copies/move",
      world: after(
        () => copyWorld(STEP1.blobs),
        (world) => world.fill(MOVED, STEP1.blobs),
      ),
    },
    failed("no such copy", "/copies/move"),
    { outcome: "failed", title: "the source has no root", path: "/copies/move", world: () => copyWorld(new Map()) },
    {
      outcome: "empty",
      title: "the source's root lists no snapshot",
      path: "/copies/move",
      world: () => copyWorld(new Map([["index-0", EMPTY_ROOT]])),
    },
  ],
  without: {},
};

const proofs = { repository: "moved-movies" };
const VERIFY: RouteCases = {
  method: "POST",
  path: "/verifications",
  cases: [
    { outcome: "ok", title: "asked for, the next tick proves", path: "/verifications", options: { body: proofs }, world: movedWorld },
    {
      outcome: "ok",
      title: "all snapshots at another level",
      path: "/verifications",
      options: { body: { ...proofs, snapshot: "all", level: "metadata" } },
      world: movedWorld,
    },
    {
      outcome: "ok",
      title: "the same key is replayed",
      path: "/verifications",
      options: { ...key, body: proofs },
      before: [["POST", "/verifications", { ...key, body: proofs }]],
      world: movedWorld,
    },
    asViewer("/verifications", proofs),
    {
      outcome: "refused",
      title: "the key came with another request before",
      path: "/verifications",
      options: { ...key, body: { ...proofs, level: "names" } },
      before: [["POST", "/verifications", { ...key, body: proofs }]],
      world: movedWorld,
    },
    failed("no such repository", "/verifications", { body: { repository: "nothing" } }),
    failed("no body", "/verifications"),
    failed("an unknown level", "/verifications", { body: { ...proofs, level: "guess" } }),
  ],
  without: { empty: "what the repository holds is found by the job" },
};

const order = { snapshot: "snap-1", repository: "moved-movies", to: "target", indices: ["fx-orders"] };
const start = { ...order, start: true };
const taken = after(movedWorld, (world) => world.target.putIndex("taken"));
const RESTORE: RouteCases = {
  method: "POST",
  path: "/restores",
  cases: [
    {
      outcome: "ok",
      title: "the preflight",
      path: "/restores",
      options: { ...viewer, body: { ...order, replicas: 0 } },
      world: movedWorld,
    },
    {
      outcome: "ok",
      title: "the preflight under other names",
      path: "/restores",
      options: { body: { ...start, start: false, as: { "fx-orders": "films" } } },
      world: movedWorld,
    },
    { outcome: "ok", title: "the restore is begun", path: "/restores", options: { body: start }, world: movedWorld },
    {
      outcome: "ok",
      title: "the same key is replayed",
      path: "/restores",
      options: { ...key, body: start },
      before: [["POST", "/restores", { ...key, body: start }]],
      world: movedWorld,
    },
    {
      outcome: "ok",
      title: "the preflight at a rate",
      path: "/restores",
      options: { body: { ...order, replicas: 0, maxBytesPerSec: "80mb" } },
      world: movedWorld,
    },
    asViewer("/restores", start),
    {
      outcome: "refused",
      title: "the alias is an index: the preflight",
      path: "/restores",
      options: { body: { ...order, alias: "taken" } },
      world: taken,
    },
    {
      outcome: "refused",
      title: "the alias is an index: nothing is begun",
      path: "/restores",
      options: { body: { ...start, alias: "taken" } },
      world: taken,
    },
    {
      outcome: "refused",
      title: "the key came with another request before",
      path: "/restores",
      options: { ...key, body: { ...start, replicas: 2 } },
      before: [["POST", "/restores", { ...key, body: start }]],
      world: movedWorld,
    },
    ...OVER_ROUTES,
    failed("no snapshot of that name", "/restores", { body: { ...order, snapshot: "snap-9" } }, movedWorld),
    failed("a rate that is none", "/restores", { body: { ...order, maxBytesPerSec: "80" } }, movedWorld),
    failed("no such cluster", "/restores", { body: { ...order, to: "nowhere" } }),
    failed("no such repository", "/restores", { body: { ...order, repository: "nothing" } }),
    failed("a body of another shape", "/restores", { body: { snapshot: 1, repository: "", indices: [], extra: true } }),
    { outcome: "empty", title: "no root in the bucket", path: "/restores", options: { body: order }, world: newWorld },
    {
      outcome: "empty",
      title: "the snapshot holds none of the indices",
      path: "/restores",
      options: { body: { ...order, indices: ["series*"] } },
      world: movedWorld,
    },
  ],
  without: {},
};

export const ACTING_ROUTES = [BACKUP, PRUNE, DELETION, IMPORT, COPY, VERIFY, RESTORE];
