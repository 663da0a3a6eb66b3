import { describe, expect, it } from "vitest";
import { closingAlias } from "../../../../shared/model/overwriting/closingAlias.ts";
import type { OldIndex } from "../../../../shared/model/overwriting/oldIndex.ts";
import { reason } from "../../../../shared/model/reason.ts";
import type { Preflight } from "../../../../shared/plan/preflight.ts";
import {
  type RestoreData,
  type RestoreInput,
  type RestoreObservation,
  stepRestore,
  type TargetSeen,
} from "../../../../shared/verbs/restore/step.ts";
import { MOVED } from "../../../world/world.ts";
import { type Ground, type Move, must, PATIENCE_MINUTE, road, walk } from "../../walk.ts";
import { expectSound } from "../../walkSound.ts";

const CLOSED_MINUTES = 10;
const MINUTES = [0, 11, PATIENCE_MINUTE];
const ID = "restore-1";
const GUARD = closingAlias(ID, 3);
const UUID = "uuid-old";
const BUSY = reason("lane.busy", { job: "backup-1", cluster: "target" });

const targetOf = (old: OldIndex) => ({ index: "movies", as: "movies", shards: 2, documents: 3, bytes: 10, old });
const preflight = (old: OldIndex): Preflight => ({ refused: false, targets: [targetOf(old)], checks: [] });

const face = (change: Partial<TargetSeen>): TargetSeen => ({
  as: "movies",
  there: "old",
  uuid: UUID,
  state: "open",
  replicas: 0,
  primariesActive: 0,
  unassigned: 0,
  restoring: false,
  bytesTotal: 10,
  bytesRecovered: 4,
  green: false,
  documents: undefined,
  ...change,
});
const guards = { guards: [GUARD] };
const ours = (change: Partial<TargetSeen> = {}) => face({ there: "ours", restoring: true, ...change });
const WHOLE: Partial<TargetSeen> = { primariesActive: 2, restoring: false, bytesRecovered: 10, documents: 3, green: true };
const FACES = [
  face({}),
  face(guards),
  face({ state: "close" }),
  face({ state: "close", ...guards }),
  face({ there: "foreign" }),
  face({ there: "foreign", ...guards }),
  face({ there: "no", uuid: "" }),
  ours(),
  ours({ restoring: false, primariesActive: 1, unassigned: 1 }),
  ours(WHOLE),
  ours({ ...WHOLE, ...guards }),
  ours({ ...WHOLE, replicas: 1 }),
  ours({ ...WHOLE, documents: 2 }),
  // It was gone, and the job made it anew.
  ours({ ...WHOLE, uuid: "uuid-new", replicas: 1 }),
];

const base = {
  repository: undefined,
  preflight: undefined,
  digest: "d",
  aliases: [],
  dataNodes: 1,
  overtaken: undefined,
  blocked: undefined,
};

function ground(old: OldIndex): Ground<RestoreInput, RestoreData, RestoreObservation> {
  return {
    id: ID,
    input: {
      snapshot: { name: "snap-1", uuid: "u", startTime: "2026-11-21T01:00:06.531Z" },
      repository: "backups",
      place: MOVED,
      indices: ["movies"],
      over: true,
      replicas: 1,
      keepOldMs: 1,
      serves: false,
    },
    first: { state: "asked", data: { targets: [] } },
    minutes: MINUTES,
    step: stepRestore,
    sights: ({ head }) =>
      head.data.targets.length === 0
        ? [
            { ...base, targets: [], preflight: preflight(old) },
            { ...base, targets: [] },
          ]
        : FACES.flatMap((one) => [undefined, BUSY].map((blocked) => ({ ...base, targets: [one], blocked }))),
    looks({ head }, effect) {
      const states: Record<string, string> = { guardOld: "closing", closeOld: "closing", restoreIndex: "restoring", settle: "settled" };
      return [{ state: states[effect] ?? head.state, data: head.data }];
    },
  };
}

function visit(move: Move<RestoreInput, RestoreData, RestoreObservation>): void {
  const { from, seen, minute, decision } = move;
  const [target] = from.data.targets;
  const [there] = seen.targets;
  const isEnding = from.cancelling || from.data.failing !== undefined;
  if (decision.do === "record" && decision.state === "done") must(target?.restored !== undefined, "done only when counted", move);
  if (decision.do === "record" && ["cancelled", "failed"].includes(decision.state) && (from.cancelling || from.data.failing)) {
    const isOver = there?.there === "ours" && there.uuid === UUID;
    must(
      !isOver || decision.reason.code === "over.replaced" || !isEnding || decision.reason.code.startsWith("restore."),
      "says what was overwritten",
      move,
    );
  }
  if (decision.do === "wait" && there?.state === "close" && target?.old?.closing !== undefined)
    must(minute * 60_000 - Date.parse(target.old.closing) < CLOSED_MINUTES * 60_000, "an index is not kept closed for long", move);
  if (decision.do !== "effect") return;
  if (decision.effect === "deleteIndex")
    must((decision.args as { uuid: string }).uuid !== UUID, "never deletes what was there before", move);
  if (decision.effect === "guardOld" || decision.effect === "closeOld") {
    must(!isEnding, "closes nothing when it ends", move);
    must(there?.there === "old" && there.state === "open", "closes only the planned index, with the contents that it had", move);
    must(!seen.blocked, "closes nothing while it could not restore", move);
  }
  if (decision.effect === "closeOld") {
    must(there?.guards?.includes((decision.args as { guard: string }).guard) === true, "closes only through an alias that is there", move);
    must((decision.data as RestoreData).targets[0]?.old?.closing !== undefined, "notes the close before it is asked for", move);
  }
  if (decision.effect === "restoreIndex" && there?.there === "old") {
    must(
      there.state === "close" && there.guards === undefined,
      "restores over a closed index, when no late request can close it again",
      move,
    );
    must(!isEnding, "restores nothing when it ends", move);
  }
  if (decision.effect === "openOld") {
    must(isEnding && there?.state === "close", "opens again only when it ends", move);
    must(target?.old?.closing !== undefined && target.old.state === "open", "opens only what it closed", move);
    must(there?.guards === undefined, "opens when no late request can close it again", move);
  }
}

const OPEN: OldIndex = { uuid: UUID, state: "open", replicas: 1 };

describe("every path of a restore over an index", { timeout: 120_000 }, () => {
  it.each([
    ["open", OPEN],
    ["closed", { ...OPEN, state: "close" as const }],
  ])("ends, deletes nothing that was there, and opens what it closed (%s)", (state, old) => {
    const walked = walk(ground(old), visit);
    expectSound(walked, {
      states: ["asked", "planned", "closing", "restoring", "restored", "freeing", "settled", "done", "failed", "cancelled"],
      ownWaits: ["restore.progress", "restore.brokenOff"],
      changing: ["guardOld", "closeOld", "unguardOld", "openOld", "restoreIndex", "setReplicas", "deleteIndex"],
      spotsMin: state === "open" ? 200 : 100,
      movesMin: 4_000,
    });
  });

  it("takes nine moves when all goes well", () => {
    const see = (_job: unknown, made: readonly string[]): RestoreObservation => {
      const has = (effect: string) => made.includes(effect);
      const there = has("restoreIndex")
        ? ours({ ...WHOLE, replicas: has("setReplicas") ? 1 : 0 })
        : face({ state: has("closeOld") ? "close" : "open", ...(has("guardOld") && !has("unguardOld") ? guards : {}) });
      return { ...base, targets: [there], preflight: preflight(OPEN) };
    };
    const moves = ["planned", "guardOld", "closeOld", "unguardOld", "restoreIndex", "restored", "setReplicas", "settle", "done"];
    expect(road(ground(OPEN), see)).toEqual(moves);
  });
});
