import { describe, expect, it } from "vitest";
import { reason } from "../../../shared/model/reason.ts";
import type { Preflight, PreflightTarget } from "../../../shared/plan/preflight.ts";
import {
  type RestoreData,
  type RestoreInput,
  type RestoreJob,
  type RestoreObservation,
  stepRestore,
  type TargetSeen,
} from "../../../shared/verbs/restore/step.ts";
import { MOVED } from "../../world/world.ts";
import { each, type Ground, type Move, must, PATIENCE_MINUTE, road, walk } from "../walk.ts";
import { expectSound } from "../walkSound.ts";

/** After ten minutes a restore counts as stuck, and replicas are no longer waited for. */
const PATIENT_MINUTES = 10;
const MINUTES = [0, 11, PATIENCE_MINUTE];

const target = (index: string): PreflightTarget => ({
  index,
  as: `${index}-20261121010006531-0123abcd`,
  shards: 2,
  documents: 3,
  bytes: 10,
});
const BUSY = reason("lane.busy", { job: "backup-1", cluster: "target" });
const OLD = { name: "movies-20261120010006531-0123abcd", uuid: "old" };

const preflight = (targets: readonly PreflightTarget[], refused: boolean): Preflight => ({
  refused,
  targets: [...targets],
  checks: refused ? [{ check: "alias", result: "refuse", reason: reason("alias.isIndex", { alias: "films" }) }] : [],
});

const seenAs = (as: string, change: Partial<TargetSeen> = {}): TargetSeen => ({
  as,
  there: "ours",
  uuid: `uuid-${as}`,
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
const WHOLE: Partial<TargetSeen> = { primariesActive: 2, restoring: false, bytesRecovered: 10, documents: 3 };

/** The states of a restored index from not yet made to whole; `few` leaves out those that other cases tell apart. */
function faces(as: string, few: boolean): TargetSeen[] {
  const main = [
    seenAs(as, { there: "no", restoring: false }),
    seenAs(as, { there: "foreign" }),
    seenAs(as),
    seenAs(as, { restoring: false, primariesActive: 1, unassigned: 1 }),
    seenAs(as, { ...WHOLE, replicas: 1, green: true }),
    seenAs(as, { ...WHOLE, documents: 2 }),
  ];
  if (few) return main;
  return [
    ...main,
    seenAs(as, { there: "no" }),
    seenAs(as, { bytesTotal: 0, bytesRecovered: 0 }),
    seenAs(as, { bytesRecovered: 8 }),
    seenAs(as, { ...WHOLE, green: true }),
    seenAs(as, { ...WHOLE, unassigned: 2 }),
    seenAs(as, { ...WHOLE, replicas: 1, unassigned: 2 }),
    seenAs(as, { primariesActive: 1, restoring: false, unassigned: 1, replicas: 1, bytesTotal: 0, bytesRecovered: 0 }),
  ];
}

const CLUSTERS = [
  { dataNodes: 1, blocked: undefined },
  { dataNodes: 2, blocked: undefined },
  { dataNodes: 2, blocked: BUSY },
];

const HELD = reason("rate.held", { repository: "moved-movies", rate: "80mb", restore: "restore-2" });
/** Of a restore with a rate: another one reads at another rate, or another rate was registered since the plan. */
const RATES = [
  { dataNodes: 2, blocked: undefined, rateHeld: HELD },
  { dataNodes: 2, blocked: undefined, repository: { register: true as const } },
];

interface Order {
  indices: string[];
  alias?: string;
  watch?: string;
  replicas: number;
}

const behind = (holders: readonly { name: string; uuid: string }[]) => [{ alias: "films", holders }];
const holdersOf = ({ aliases }: RestoreObservation) => aliases.flatMap(({ holders }) => holders);

function ground({ indices, alias, watch, replicas }: Order): Ground<RestoreInput, RestoreData, RestoreObservation> {
  const targets = indices.map(target);
  const base = {
    repository: undefined,
    preflight: undefined,
    digest: undefined,
    aliases: behind([]),
    dataNodes: 1,
    overtaken: undefined,
    blocked: undefined,
  };
  // The watch already serves a newer snapshot.
  const overtaken = watch === undefined ? [] : [{ ...base, targets: [], overtaken: "newer" }];
  const asked: RestoreObservation[] = [
    ...[false, true].map((refused) => ({ ...base, targets: [], digest: "d", preflight: preflight(targets, refused) })),
    { ...base, targets: [] },
    ...overtaken,
    { ...base, targets: [], repository: { register: true } },
    ...(watch === undefined ? [] : [{ ...base, targets: [], rateHeld: HELD }]),
    {
      ...base,
      targets: [],
      repository: { fault: reason("repository.taken", { repository: "moved", cluster: "target", settings: [] }) },
    },
  ];
  const [first = []] = targets.map(({ as }) => faces(as, indices.length > 1 || replicas === 0).map((face) => [face]));
  const second = targets[1] ? faces(targets[1].as, true) : [];
  const together = second.length === 0 ? first : first.flatMap(([one]) => second.map((two) => [one as TargetSeen, two]));
  const holder = { name: targets[0]?.as ?? "", uuid: "" };
  const holders = alias === undefined ? [[]] : [[], [OLD], [holder], [OLD, holder]];
  const planned = each({
    targets: together,
    aliases: holders.map(behind),
    cluster: watch === undefined ? CLUSTERS : [...CLUSTERS, ...RATES],
  })
    // An absent index carries no alias.
    .filter((sight) => sight.targets[0]?.there !== "no" || !sight.aliases[0]?.holders.includes(holder))
    .map(({ cluster, ...sight }) => ({ ...base, ...sight, ...cluster }));
  return {
    id: "restore-1",
    input: {
      snapshot: { name: "snap-1", uuid: "u", startTime: "2026-11-21T01:00:06.531Z" },
      repository: "moved-movies",
      place: MOVED,
      indices,
      ...(alias === undefined ? {} : { alias }),
      ...(watch === undefined ? {} : { watch }),
      replicas,
      keepOldMs: 1,
      serves: watch !== undefined,
    },
    first: { state: "asked", data: { targets: [] } },
    minutes: MINUTES,
    step: stepRestore,
    sights: ({ head }) => (head.data.targets.length === 0 ? asked : planned),
    looks({ head }, effect) {
      const states: Record<string, string> = { restoreIndex: "restoring", swapAlias: "served", settle: "settled" };
      const shows = { state: states[effect] ?? head.state, data: head.data };
      // The root may have moved during the request.
      const failing = reason("root.moved", { snapshot: "snap-1", uuid: "u", root: "index-2" });
      return effect === "restoreIndex" ? [shows, { state: "freeing", data: { ...head.data, failing } }] : [shows];
    },
  };
}

const isServed = (seen: RestoreObservation, as: string | undefined) => holdersOf(seen).length === 1 && holdersOf(seen)[0]?.name === as;

const visit =
  ({ alias }: Order) =>
  (move: Move<RestoreInput, RestoreData, RestoreObservation>): void => {
    const { from, seen, minute, decision } = move;
    const { targets, failing } = from.data;
    const faceOf = (as: string) => seen.targets.find((face) => face.as === as);
    const isCounted = targets.length > 0 && targets.every(({ documents, restored }) => restored?.documents === documents);
    const isWhole = targets.every(({ as, shards }) => faceOf(as)?.there === "ours" && faceOf(as)?.primariesActive === shards);
    const served = alias === undefined || from.state === "served" || isServed(seen, targets[0]?.as);
    if (decision.do === "wait" && decision.reason.code === "restore.waitsGreen")
      must(minute - from.minute < PATIENT_MINUTES, "the wait for replicas is limited", move);
    if (decision.do === "wait" && decision.reason.code === "restore.progress" && decision.own && from.data.progress)
      must(minute * 60_000 - Date.parse(from.data.progress.at) < PATIENT_MINUTES * 60_000, "the wait during a stall is limited", move);
    if (decision.do === "record" && decision.reason.code === "restore.countsEqual")
      must(from.claim !== "restoreIndex", "counts only what was looked up after the request", move);
    if (decision.do === "record" && decision.state === "done")
      must(isCounted && from.state === "settled", "done only when counted and settled", move);
    if (decision.do !== "effect") return;
    const takesBack = decision.effect === "deleteIndex";
    must(takesBack || !failing, "a failing restore starts nothing", move);
    const isBehindAlias = alias !== undefined && holdersOf(seen).some(({ name }) => name === targets[0]?.as);
    const begunServing = from.data.before && !failing;
    const finishing = begunServing && (served || isBehindAlias) ? ["settle", "setReplicas"] : [];
    const ends = ["deleteIndex", ...finishing, ...(begunServing && isBehindAlias ? ["swapAlias"] : [])];
    must(!from.cancelling || ends.includes(decision.effect), "a cancelled restore starts nothing, but finishes once it serves", move);
    if (takesBack) {
      const { index, uuid } = decision.args as { index: string; uuid: string };
      const again = decision.reason.code === "restore.again" && from.data.progress?.brokenOff === true && (from.data.begunAgain ?? 0) < 2;
      must(from.cancelling || failing !== undefined || again, "deletes without a request only interrupted restores, at most twice", move);
      must(faceOf(index)?.there === "ours" && faceOf(index)?.uuid === uuid, "deletes only its own index", move);
      must(!holdersOf(seen).some(({ name }) => name === index), "does not delete a serving index", move);
    }
    if (decision.effect === "restoreIndex") must(!seen.blocked, "restores only while the lane is free", move);
    if (decision.effect === "restoreIndex" && from.claim !== "restoreIndex")
      must(!seen.rateHeld && !seen.repository, "begins only at the rate that was asked for", move);
    if (decision.effect === "swapAlias") must(isCounted && isWhole && !served, "swaps once, only to counted and whole indices", move);
    if (decision.effect === "settle") must(isCounted && served, "settles only once it serves", move);
  };

const WATCHED: Order = { indices: ["movies"], alias: "films", watch: "moved", replicas: 1 };
const BESIDE: Order = { indices: ["movies", "shows"], replicas: 1 };

describe("every path of a restore", { timeout: 120_000 }, () => {
  it.each<[string, Order, string[], string[]]>([
    ["for a watch", WATCHED, ["served", "skipped"], ["restore.starting", "restore.waitsGreen"]],
    ["for an alias, without replicas", { indices: ["movies"], alias: "films", replicas: 0 }, ["served"], ["restore.waitsGreen"]],
    ["beside existing indices, two indices", BESIDE, [], []],
  ])("ends with a reason and serves only what is whole and counted (%s)", (_, order, states, ownWaits) => {
    const walked = walk(ground(order), visit(order));

    expectSound(walked, {
      states: ["asked", "planned", "restoring", "restored", "freeing", "settled", "done", "failed", "refused", "cancelled", ...states],
      ownWaits: ["restore.progress", "restore.brokenOff", ...ownWaits],
      // An index that vanishes during its restore is restored again.
      changing: ["registerRepository", "restoreIndex", "setReplicas", "deleteIndex"],
      spotsMin: 380,
      movesMin: 40_000,
    });
  });

  /** Each index is whole as soon as it was requested and has its replicas; the alias moves as soon as the swap was requested. */
  const see =
    (order: Order, refused: boolean) =>
    ({ head }: RestoreJob, made: readonly string[]): RestoreObservation => {
      const { targets } = head.data;
      const begun = made.filter((effect) => effect === "restoreIndex").length;
      const raised = made.filter((effect) => effect === "setReplicas").length;
      return {
        repository: order.watch !== undefined && made.length === 0 ? { register: true } : undefined,
        preflight: preflight(order.indices.map(target), refused),
        digest: "d",
        targets: targets.map(({ as }, at) =>
          at < begun ? seenAs(as, { ...WHOLE, replicas: at < raised ? 1 : 0, green: true }) : seenAs(as, { there: "no", restoring: false }),
        ),
        aliases: behind(made.includes("swapAlias") ? [{ name: targets[0]?.as ?? "", uuid: "" }] : [OLD]),
        dataNodes: 2,
        overtaken: undefined,
        blocked: undefined,
      };
    };

  it("takes eight moves for a watch when all goes well", () => {
    const moves = ["registerRepository", "planned", "restoreIndex", "restored", "setReplicas", "swapAlias", "settle", "done"];
    expect(road(ground(WATCHED), see(WATCHED, false))).toEqual(moves);
  });

  it("takes three moves for each index, and three for the whole, when it restores beside existing indices", () => {
    const indices = ["restoreIndex", "restoring", "restoreIndex", "restored", "setReplicas", "setReplicas"];
    expect(road(ground(BESIDE), see(BESIDE, false))).toEqual(["planned", ...indices, "settle", "done"]);
  });

  it("takes one move to be refused", () => {
    expect(road(ground(BESIDE), see(BESIDE, true))).toEqual(["refused"]);
  });
});
