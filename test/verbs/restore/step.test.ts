import { describe, expect, it } from "vitest";
import { reason } from "../../../shared/model/reason.ts";
import type { Preflight } from "../../../shared/plan/preflight.ts";
import {
  type RestoreData,
  type RestoreInput,
  type RestoreJob,
  type RestoreObservation,
  stepRestore,
  type TargetSeen,
} from "../../../shared/verbs/restore/step.ts";
import { jobOf } from "../../jobs/jobs.ts";
import { MOVED } from "../../world/world.ts";

const AS = "movies-20261121010006531-0123abcd";
const TARGET = { index: "movies", as: AS, shards: 2, documents: 3, bytes: 10 };
const RESTORED = { ...TARGET, restored: { uuid: "new-uuid", documents: 3 } };
const NOW = new Date("2026-11-21T02:00:00Z");
const INPUT: RestoreInput = {
  snapshot: { name: "snap-1", uuid: "u", startTime: "2026-11-21T01:00:06.531Z" },
  repository: "moved-movies",
  place: MOVED,
  indices: ["movies"],
  alias: "films",
  replicas: 1,
  keepOldMs: 1,
  serves: true,
};

const job = (
  state: string,
  data: Partial<RestoreData> = {},
  change: {
    cancelling?: boolean;
    minutesAgo?: number;
    input?: Partial<RestoreInput>;
    claimed?: { effect: string; because: string };
  } = {},
): RestoreJob =>
  jobOf({
    id: "restore-1",
    state,
    input: { ...INPUT, ...change.input },
    data: { targets: [TARGET], ...data },
    cancelling: change.cancelling ?? false,
    ...(change.claimed ? { claimed: change.claimed } : {}),
    createdAt: new Date(NOW.getTime() - (change.minutesAgo ?? 0) * 60_000),
  });

const there = (change: Partial<TargetSeen> = {}): TargetSeen => ({
  as: AS,
  there: "ours",
  uuid: "new-uuid",
  replicas: 0,
  primariesActive: 0,
  unassigned: 0,
  restoring: true,
  bytesTotal: 10,
  bytesRecovered: 4,
  green: false,
  documents: undefined,
  ...change,
});
const whole = (change: Partial<TargetSeen> = {}) =>
  there({ primariesActive: 2, restoring: false, bytesRecovered: 10, green: true, documents: 3, ...change });
const behind = (holders: readonly { name: string; uuid: string }[]) => [{ alias: "films", holders }];

const seen = (targets: TargetSeen[], change: Partial<RestoreObservation> = {}): RestoreObservation => ({
  repository: undefined,
  preflight: undefined,
  digest: "d",
  targets,
  aliases: behind([]),
  dataNodes: 1,
  overtaken: undefined,
  blocked: undefined,
  ...change,
});

const preflight = (...codes: string[]): Preflight => ({
  refused: codes.length > 0,
  targets: [TARGET],
  checks: [
    { check: "closure", result: "ok", reason: reason("closure.whole") },
    ...codes.map((code) => ({ check: "alias" as const, result: "refuse" as const, reason: reason(code) })),
  ],
});
const progress = (bytes: number, minutesAgo: number) => ({
  progress: { bytes, at: new Date(NOW.getTime() - minutesAgo * 60_000).toISOString() },
});
const brokenOff = (change: Partial<TargetSeen> = {}) => there({ restoring: false, primariesActive: 1, unassigned: 1, ...change });
const brokenOffSince = (minutesAgo: number) => ({ progress: { ...progress(4, minutesAgo).progress, brokenOff: true as const } });
const failing = { failing: reason("restore.stuck") };
const settledHolder = [{ name: AS, uuid: "new-uuid" }];

describe("restore step", () => {
  it.each<[string, RestoreJob, RestoreObservation, string]>([
    [
      "registers the repository read-only first",
      job("asked"),
      seen([], { repository: { register: true } }),
      "registerRepository repository.register",
    ],
    [
      "fails when the repository's name is taken",
      job("asked"),
      seen([], { repository: { fault: reason("repository.taken") } }),
      "failed repository.taken",
    ],
    ["plans when every check passes", job("asked"), seen([], { preflight: preflight() }), "planned restore.planned"],
    [
      "refuses with every failed check",
      job("asked"),
      seen([], { preflight: preflight("alias.isIndex", "name.open") }),
      "refused restore.refused",
    ],
    ["starts the restore", job("planned"), seen([]), "restoreIndex restore.start"],
    ["waits until its lane is free before it starts", job("planned"), seen([], { blocked: reason("lane.busy") }), "wait lane.busy"],
    [
      "looks the requested restore up again before following it if no lookup followed the request",
      job("planned", {}, { claimed: { effect: "restoreIndex", because: "restore.start" } }),
      seen([whole()]),
      "restoreIndex restore.start",
    ],
    ["waits while the cluster has not created the index yet", job("restoring"), seen([there({ there: "no" })]), "wait restore.starting"],
    ["fails when a foreign index has the name", job("planned"), seen([there({ there: "foreign" })]), "failed name.taken"],
    ["records where progress started", job("restoring"), seen([there()]), "restoring restore.progress"],
    ["follows progress without writing a record", job("restoring", progress(4, 5)), seen([there()]), "wait restore.progress"],
    ["records progress at intervals", job("restoring", progress(1, 11)), seen([there()]), "restoring restore.progress"],
    ["gives up after ten minutes without progress", job("restoring", progress(4, 11)), seen([there()]), "freeing restore.stuck"],
    [
      "records that no restore fills the missing shards any more, even if no bytes were recovered",
      job("restoring", progress(4, 5)),
      seen([brokenOff({ bytesTotal: 0, bytesRecovered: 0 })]),
      "restoring restore.brokenOff",
    ],
    ["gives a restarting cluster time to recover", job("restoring", brokenOffSince(0.5)), seen([brokenOff()]), "wait restore.brokenOff"],
    ["follows again when the restore resumes", job("restoring", brokenOffSince(2)), seen([there()]), "wait restore.progress"],
    [
      "deletes an index whose restore stays interrupted, in order to restore it again",
      job("restoring", brokenOffSince(2)),
      seen([brokenOff()]),
      "deleteIndex restore.again",
    ],
    [
      "restores again once the index is deleted",
      job("restoring", { begunAgain: 1 }),
      seen([there({ there: "no", restoring: false })]),
      "restoreIndex restore.start",
    ],
    [
      "gives up when the restore is interrupted repeatedly",
      job("restoring", { ...brokenOffSince(2), begunAgain: 2 }),
      seen([brokenOff()]),
      "freeing restore.shardsFailed",
    ],
    ["deletes the index it started before it fails", job("freeing", failing), seen([there()]), "deleteIndex cancel.takeBackIndex"],
    ["fails when the index it started is deleted", job("freeing", failing), seen([there({ there: "no" })]), "failed restore.stuck"],
    ["compares counts when all primaries are started", job("restoring"), seen([whole()]), "restored restore.countsEqual"],
    ["fails without a swap when the counts differ", job("restoring"), seen([whole({ documents: 2 })]), "failed restore.countsDiffer"],
    [
      "fails without a swap when there are more documents",
      job("restoring"),
      seen([whole({ documents: 4 })]),
      "failed restore.countsDiffer",
    ],
    [
      "raises the replicas after the counts were compared",
      job("restoring", { targets: [RESTORED] }),
      seen([whole()]),
      "setReplicas restore.replicas",
    ],
    [
      "waits for green when there are enough nodes",
      job("restoring", { targets: [RESTORED] }),
      seen([whole({ replicas: 1, green: false, unassigned: 2 })], { dataNodes: 2 }),
      "wait restore.waitsGreen",
    ],
    [
      "does not wait for replicas that no node can hold",
      job("restoring", { targets: [RESTORED] }),
      seen([whole({ replicas: 1, green: false, unassigned: 2 })]),
      "swapAlias restore.swap",
    ],
    [
      "swaps while two indices carry the alias",
      job("restoring", { targets: [RESTORED] }),
      seen([whole({ replicas: 1 })], { aliases: behind([...settledHolder, { name: "old", uuid: "o" }]) }),
      "swapAlias restore.swap",
    ],
    [
      "settles when only the new index carries the alias",
      job("served", { targets: [RESTORED] }),
      seen([whole({ replicas: 1 })], { aliases: behind(settledHolder) }),
      "settle restore.settle",
    ],
    [
      "is done once settled",
      job("settled", { targets: [RESTORED] }),
      seen([whole({ replicas: 1 })], { aliases: behind(settledHolder) }),
      "done restore.done",
    ],
    [
      "does not swap back when a newer index has taken over the alias",
      job("served", { targets: [RESTORED], before: [] }),
      seen([whole({ replicas: 1 })], { aliases: behind([{ name: "newer", uuid: "n" }]) }),
      "settle restore.settle",
    ],
    [
      "is done once settled, whichever index carries the alias",
      job("settled", { targets: [RESTORED], before: [] }),
      seen([whole({ replicas: 1 })], { aliases: behind([{ name: "newer", uuid: "n" }]) }),
      "done restore.done",
    ],
    [
      "does not swap to an index that lost a primary after it was counted",
      job("restored", { targets: [RESTORED] }, { minutesAgo: 11 }),
      seen([whole({ replicas: 1, primariesActive: 1, green: false })]),
      "wait restore.shardsDown",
    ],
    [
      "fails when a restored index vanished",
      job("restoring", { targets: [RESTORED] }),
      seen([there({ there: "no" })]),
      "failed restore.gone",
    ],
    [
      "deletes the index it started when cancelled",
      job("restoring", {}, { cancelling: true }),
      seen([there()]),
      "deleteIndex cancel.takeBackIndex",
    ],
    [
      "finishes when it is cancelled after the swap",
      job("served", { targets: [RESTORED], before: [] }, { cancelling: true }),
      seen([whole({ replicas: 1 })], { aliases: behind(settledHolder) }),
      "settle restore.settle",
    ],
    [
      "swaps without replicas that are not assigned within ten minutes",
      job("restored", { targets: [RESTORED] }, { minutesAgo: 11 }),
      seen([whole({ replicas: 1, green: false, unassigned: 2 })], { dataNodes: 2 }),
      "swapAlias restore.swap",
    ],
    [
      "leaves a foreign index unchanged when cancelled",
      job("planned", {}, { cancelling: true }),
      seen([there({ there: "foreign" })]),
      "cancelled job.cancelled",
    ],
  ])("%s", (_, made, observation, expected) => {
    const decision = stepRestore(made, observation, NOW);
    const what = decision.do === "record" ? decision.state : decision.do === "effect" ? decision.effect : "wait";
    expect(`${what} ${decision.reason.code}`).toBe(expected);
  });

  it("records the previous holders of the alias, so that the swap can be reverted", () => {
    const decision = stepRestore(
      job("restoring", { targets: [RESTORED] }),
      seen([whole({ replicas: 1 })], { aliases: behind([{ name: "old", uuid: "o" }]) }),
      NOW,
    );
    expect(decision).toMatchObject({
      args: { moves: [{ alias: "films", to: [AS] }] },
      data: { before: [{ name: "old", uuid: "o", alias: "films" }] },
    });
  });

  it("needs no alias", () => {
    const { alias: _alias, ...plain } = INPUT;
    const made: RestoreJob = jobOf({ id: "restore-1", state: "restoring", input: plain, data: { targets: [RESTORED] } });
    expect(stepRestore(made, seen([whole({ replicas: 1 })]), NOW)).toMatchObject({ effect: "settle" });
  });
});
