import { describe, expect, it } from "vitest";
import type { ClusterSnapshot } from "../../../shared/model/cluster.ts";
import { reason } from "../../../shared/model/reason.ts";
import { parseSnapshotName, snapshotName } from "../../../shared/model/snapshotName.ts";
import { type BackupData, type BackupInput, type BackupObservation, sameNames, stepBackup } from "../../../shared/verbs/backup/step.ts";
import { NIGHTLY } from "../../world/world.ts";
import { each, type Ground, type Move, must, PATIENCE_MINUTE, road, walk } from "../walk.ts";
import { expectSound } from "../walkSound.ts";

const SLOT = "20261121t013000z";
const MARK = "abcde";
const PLANNED = ["movies"];
const OTHER = ["movies", "shows"];
const ATTEMPTS = 2;
type Ending = "absent" | "running" | "good" | "other" | "bad";
const ENDINGS: readonly Ending[] = ["absent", "running", "good", "other", "bad"];
const STATES = { running: "IN_PROGRESS", good: "SUCCESS", other: "SUCCESS", bad: "PARTIAL" } as const;

const nameOf = (attempt: number) => snapshotName({ policy: "nightly", slot: SLOT, attempt, mark: MARK });

function snapshot(attempt: number, ending: Ending): ClusterSnapshot[] {
  if (ending === "absent") return [];
  const shards = { total: 1, failed: 0, successful: 1 };
  const base = { version: "7.10.2", startTime: new Date(0), shards, failures: [], metadata: { ossnap: { policy: "nightly", slot: SLOT } } };
  const endTime = ending === "running" ? undefined : new Date(1000);
  const indices = ending === "other" ? OTHER : PLANNED;
  return [{ ...base, name: nameOf(attempt), uuid: `uuid-${attempt}`, state: STATES[ending], indices, endTime }];
}

type Chosen = Pick<BackupObservation, "selection" | "blocked">;
const CHOSEN: readonly Chosen[] = [
  { selection: { indices: PLANNED }, blocked: undefined },
  { selection: { indices: OTHER }, blocked: undefined },
  { selection: { indices: PLANNED }, blocked: reason("lane.busy", { job: "restore-1", cluster: "source" }) },
  { selection: { fault: reason("selection.empty", { patterns: ["movies*"], indices: 0, why: "", also: "" }) }, blocked: undefined },
];
const NEEDS: BackupObservation["repository"][] = [
  { register: true },
  { fault: reason("repository.taken", { repository: "backups", cluster: "source", settings: [] }) },
];
const sight = (chosen: Chosen, change: Partial<BackupObservation> = {}): BackupObservation => ({
  ...chosen,
  mark: MARK,
  repository: undefined,
  slotSnapshots: [],
  progress: undefined,
  ...change,
});

const both = each({ first: ENDINGS, second: ENDINGS }).map(({ first, second }) => [...snapshot(1, first), ...snapshot(2, second)]);
/** Without the repository its snapshots cannot be requested. */
const unready = each({ chosen: CHOSEN, repository: NEEDS }).map(({ chosen, repository }) => sight(chosen, { repository }));
/** The slot's snapshots are requested by name, up to one attempt beyond those started. */
const sights = (slots: ClusterSnapshot[][]) => [
  ...each({ chosen: CHOSEN, slotSnapshots: slots }).map(({ chosen, slotSnapshots }) => sight(chosen, { slotSnapshots })),
  ...unready,
];
const EARLY = sights(ENDINGS.map((first) => snapshot(1, first)));
const LATER = sights(both);

const ground: Ground<BackupInput, BackupData, BackupObservation> = {
  id: `backup-nightly-${SLOT}`,
  input: { policyName: "nightly", policy: { ...NIGHTLY, attempts: ATTEMPTS }, slot: SLOT },
  first: { state: "asked", data: { attempt: 0, failures: [] } },
  minutes: [0, PATIENCE_MINUTE],
  step: stepBackup,
  sights: ({ head }) => (head.data.attempt === 0 ? EARLY : LATER),
  looks({ head }, effect) {
    return [{ state: effect === "startSnapshot" ? "running" : "asked", data: head.data }];
  },
};

/** `done` requires a good snapshot that holds what was planned, and nothing is started beside a running or good one. */
function visit(move: Move<BackupInput, BackupData, BackupObservation>): void {
  const { from, seen, decision } = move;
  const selected = "indices" in seen.selection ? seen.selection.indices : undefined;
  const planned = from.data.indices ?? selected;
  const isGood = ({ state, indices }: ClusterSnapshot) => state === "SUCCESS" && planned !== undefined && sameNames(indices, planned);
  if (decision.do === "record" && decision.state === "done") {
    const named = seen.slotSnapshots.filter(({ name }) => name === decision.data.name);
    must(named.length === 1 && named.every(isGood) && decision.data.indices === named[0]?.indices, "done only with a good snapshot", move);
  }
  if (decision.do !== "effect") return;
  must((decision.effect === "deleteRunning") === from.cancelling, "deletes the running snapshot when cancelled, and only then", move);
  const { name, indices } = decision.args as { name: string; indices: string[] };
  const running = seen.slotSnapshots.filter(({ state }) => state === "IN_PROGRESS");
  if (decision.effect === "deleteRunning") must(running[0]?.name === name, "deletes only the running snapshot", move);
  if (decision.effect !== "startSnapshot") return;
  must((parseSnapshotName(name)?.attempt ?? 9) <= ATTEMPTS, "makes no more attempts than the policy allows", move);
  must(
    !seen.slotSnapshots.some((one) => one.state === "IN_PROGRESS" || one.name === name || isGood(one)),
    "starts no snapshot beside a running or good one",
    move,
  );
  must(
    !seen.blocked && indices === selected && decision.data.name === name,
    "starts the selected indices, and only while the lane is free",
    move,
  );
  must(decision.data.indices === selected, "records what it planned", move);
}

describe("every path of a backup", { timeout: 120_000 }, () => {
  it("ends with a reason, starts nothing twice and is done only with what was planned", () => {
    const walked = walk(ground, visit);

    expectSound(walked, {
      states: ["asked", "running", "done", "failed", "cancelled"],
      ownWaits: ["snapshot.running"],
      changing: ["registerRepository", "deleteRunning"],
      spotsMin: 1_390,
      movesMin: 220_000,
    });
  });

  const [free] = CHOSEN as [Chosen];

  it("takes three moves when all goes well", () => {
    const see = (_job: unknown, made: readonly string[]) =>
      made.length === 0
        ? sight(free, { repository: { register: true } })
        : sight(free, { slotSnapshots: made.includes("startSnapshot") ? snapshot(1, "good") : [] });
    expect(road(ground, see)).toEqual(["registerRepository", "startSnapshot", "done"]);
  });

  it("takes two more moves for an attempt that ended PARTIAL", () => {
    const see = (_job: unknown, made: readonly string[]) =>
      sight(free, { slotSnapshots: [[], snapshot(1, "bad"), [...snapshot(1, "bad"), ...snapshot(2, "good")]][made.length] ?? [] });
    expect(road(ground, see)).toEqual(["startSnapshot", "asked", "startSnapshot", "done"]);
  });
});
