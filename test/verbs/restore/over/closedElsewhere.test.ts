import { expect, it } from "vitest";
import { reason } from "../../../../shared/model/reason.ts";
import { closedElsewhere } from "../../../../shared/verbs/restore/over/closedElsewhere.ts";
import type { RestoreData, RestoreInput, RestoreJob } from "../../../../shared/verbs/restore/step.ts";
import { jobOf } from "../../../jobs/jobs.ts";
import { OPS } from "../../../world/nightly.ts";
import { testWorld } from "../../../world/world.ts";

const OTHER = "restore-00000000000000aa";
const SEEN = {
  ...{ as: "movies", there: "old" as const, state: "close" as const, uuid: "u", replicas: 0, primariesActive: 0, unassigned: 0 },
  ...{ restoring: false, bytesTotal: 0, bytesRecovered: 0, green: false, documents: undefined },
};
const INPUT: RestoreInput = {
  snapshot: { name: "snap-1", uuid: "uuid", startTime: "2026-11-21T01:00:00Z" },
  ...{ repository: "own", indices: ["movies"], replicas: 0, keepOldMs: 0, over: true, serves: false },
};

function dataWith(closing: string | undefined): RestoreData {
  const old = { uuid: "u", state: "open" as const, replicas: 0, ...(closing === undefined ? {} : { closing }) };
  return { targets: [{ index: "movies", as: "movies", shards: 1, bytes: 1, old }] } as RestoreData;
}

const job = (id: string, closing?: string): RestoreJob => {
  const made = jobOf({ id, state: "closing", input: INPUT, data: dataWith(closing) });
  made.intent.cluster = "target";
  return made as RestoreJob;
};

async function worldWith(closing: string | undefined, cluster = "target") {
  const world = await (await testWorld()).open();
  const intent = { about: "movies", asked: OPS, cluster, patienceUntil: "2027-01-01T00:00:00.000Z", input: INPUT };
  await world.log.create(OTHER, intent, { state: "closing", reason: reason("over.close", { index: "movies" }), data: dataWith(closing) });
  return world;
}

it("an index that another open restore closed is waited for, also if that one began after this invocation did", async () => {
  const mine = job("restore-00000000000000bb");
  expect(await closedElsewhere(await worldWith("2026-11-21T01:00:00Z"), mine, [SEEN])).toEqual(
    reason("lane.busy", { job: OTHER, cluster: "target" }),
  );
});

it("an index that a person closed, that is open, that this restore closed, or that is on another cluster, is not", async () => {
  const mine = job("restore-00000000000000bb");
  expect(await closedElsewhere(await worldWith(undefined), mine, [SEEN])).toBeUndefined();
  const world = await worldWith("2026-11-21T01:00:00Z");
  expect(await closedElsewhere(world, mine, [{ ...SEEN, state: "open" }])).toBeUndefined();
  expect(await closedElsewhere(world, job("restore-00000000000000bb", "2026-11-21T00:59:00Z"), [SEEN])).toBeUndefined();
  expect(await closedElsewhere(await worldWith("2026-11-21T01:00:00Z", "source"), mine, [SEEN])).toBeUndefined();
});
