import { reason } from "../../../shared/model/reason.ts";
import { stepMigration } from "../../../shared/verbs/migration/step.ts";
import type {
  CutOver,
  MigrationData,
  MigrationInput,
  MigrationJob,
  MigrationObservation,
  PartSeen,
} from "../../../shared/verbs/migration/types.ts";
import { type Decided, decide } from "../decisions.ts";

const NOW = new Date("2026-11-30T07:00:00.000Z");
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000).toISOString();
const INPUT: MigrationInput = { name: "movies", mode: "sync", slot: "20261130t065500z", source: "source", target: "target" };
const CUT: CutOver = {
  ...{ job: "migration-movies-cutover-20261130t060000z", at: ago(3600), by: "ops", restore: "restore-1" },
  ...{ snapshot: { name: "movies-1", uuid: "uuid-1" }, blocked: ["movies"], documents: 5 },
};
const LOOK = { movies: { uuid: "uuid-movies", operations: 5 } };
const looked = (seconds: number, operations: number | null = 5) => ({
  looked: { at: ago(seconds), indices: { movies: { uuid: "uuid-movies", operations } } },
});

interface Change {
  input?: Partial<MigrationInput>;
  data?: Partial<MigrationData>;
  state?: string;
  cancelling?: true;
}

function job({ input = {}, data = {}, state = "asked", cancelling }: Change = {}): MigrationJob {
  const why = reason("migration.requested", { by: "ops", mode: "sync", migration: "movies" });
  return {
    id: "migration-movies-sync-20261130t065500z",
    kind: "migration",
    createdAt: new Date(ago(300)),
    intent: {
      ...{ about: "sync movies: source → target", asked: { by: "person", who: "ops" }, patienceUntil: ago(-86_400) },
      input: { ...INPUT, ...input },
    },
    head: {
      ...{ schema: 1, seq: 3, at: ago(10), by: { function: "test", requestId: "r", nonce: "n" }, state, reason: why },
      data: { parts: {}, times: {}, ...data },
      ...(cancelling ? { cancelling: { who: "ops", at: ago(5) } } : {}),
    },
  };
}

const open = (cancelling = false): PartSeen => ({
  isOpen: true,
  reason: reason("lane.busy", { job: "prune-nightly-1", cluster: "source" }),
  cancelling,
});
const ended = (state: string, result: Record<string, unknown> = {}): PartSeen => ({
  ...{ isOpen: false, state, result },
  reason: state === "done" ? reason("copy.done", { copy: "movies" }) : reason("job.cancelled"),
});
const at = (...parts: ("backup" | "copy" | "restore")[]) => ({
  parts: Object.fromEntries(parts.map((part) => [part, `${part}-1`])),
  times: Object.fromEntries(parts.slice(0, -1).map((part) => [part, ago(60)])),
});
const all = {
  parts: { backup: "backup-1", copy: "copy-1", restore: "restore-1" },
  times: { backup: ago(60), copy: ago(40), restore: ago(20) },
  snapshot: { name: "movies-1", uuid: "uuid-1" },
  restored: { indices: 1, documents: 5 },
};
const cutover = { mode: "cutover" as const };
const rollback = { mode: "rollback" as const, cut: CUT };

const FOREIGN = reason("alias.foreign", { alias: "movies", index: "movies-by-hand" });
const refusing = job({ input: cutover, data: { blocked: ["movies", "stars"], failing: reason("job.cancelled") } });

type Row = [string, MigrationJob, MigrationObservation];

const passes = (): Row[] => [
  ["a pass notes the writes of the source first", job(), { look: LOOK }],
  ["the snapshot of a slot was taken before any look", job({ input: { ofSlot: true } }), {}],
  ["an alias cannot move on the target", job(), { look: LOOK, refusal: FOREIGN }],
  ["the snapshot is asked for", job({ data: looked(5) }), {}],
  ["the snapshot is under way", job({ data: at("backup") }), { part: open() }],
  ["the snapshot's job is not there yet", job({ data: at("backup") }), {}],
  ["the snapshot is done", job({ data: at("backup") }), { part: ended("done", { snapshot: "movies-1", uuid: "uuid-1" }) }],
  ["the snapshot failed", job({ data: at("backup") }), { part: ended("failed") }],
  ["the copy is asked for", job({ data: { ...at("backup"), times: { backup: ago(60) } } }), { part: ended("done") }],
  ["the restore was cancelled by a person", job({ data: at("backup", "copy", "restore") }), { part: ended("cancelled") }],
  [
    "the restore is done",
    job({ data: at("backup", "copy", "restore") }),
    { part: ended("done", { indices: [{ documents: 3 }, { documents: 2 }, { documents: null }] }) },
  ],
  ["a newer snapshot serves already", job({ data: at("backup", "copy", "restore") }), { part: ended("skipped") }],
  ["another job of the migration goes first", job(), { rival: "migration-movies-sync-20261130t065459z" }],
  ["a pass is done", job({ data: all }), { part: ended("done") }],
  ["a pass that failed ends", job({ data: { ...at("backup"), failing: reason("job.cancelled") } }), { part: ended("failed") }],
];

const cutovers = (): Row[] => [
  [
    "a cut-over registers the target's own repository",
    job({ input: { ...cutover, backups: "own" } }),
    { look: LOOK, register: { need: "register" } },
  ],
  [
    "the repository's name is taken",
    job({ input: { ...cutover, backups: "own" } }),
    { look: LOOK, register: { fault: reason("repository.absent", { repository: "own", cluster: "target" }) } },
  ],
  ["a cut-over looks at the writes", job({ input: cutover }), { look: LOOK, blocked: [] }],
  ["it waits a minute", job({ input: cutover, data: looked(20) }), { look: LOOK, blocked: [] }],
  ["it is written to", job({ input: cutover, data: looked(20, 4) }), { look: LOOK, blocked: [] }],
  ["the counter was reset", job({ input: cutover, data: looked(60, 9) }), { look: LOOK, blocked: [] }],
  ["the counter is unknown", job({ input: cutover, data: looked(60, null) }), { look: LOOK, blocked: [] }],
  [
    "the index was made anew",
    job({ input: cutover, data: looked(60) }),
    { look: { movies: { uuid: "other", operations: 5 } }, blocked: [] },
  ],
  [
    "an index is new",
    job({ input: cutover, data: looked(60) }),
    { look: { ...LOOK, logs: { uuid: "uuid-logs", operations: 0 } }, blocked: [] },
  ],
  ["the writes have stopped", job({ input: cutover, data: looked(61) }), { look: LOOK, blocked: [] }],
  ["writes are blocked, with consent", job({ input: { ...cutover, blockWrites: true } }), { moved: ["movies"], blocked: [] }],
  [
    "an index was blocked before",
    job({ input: { ...cutover, blockWrites: true } }),
    { moved: ["movies"], look: LOOK, blocked: ["movies"] },
  ],
  [
    "what was under way when the block was set",
    job({ input: { ...cutover, blockWrites: true }, data: { ...looked(30, 4), blocked: ["movies"] } }),
    { moved: ["movies"], look: LOOK, blocked: ["movies"] },
  ],
  [
    "a node started again behind the block",
    job({ input: { ...cutover, blockWrites: true }, data: { ...looked(30, 9), blocked: ["movies"] } }),
    { moved: ["movies"], look: LOOK, blocked: ["movies"] },
  ],
  [
    "a primary is down, although writes are blocked",
    job({ input: { ...cutover, blockWrites: true }, data: { ...looked(30, null), blocked: ["movies"] } }),
    { moved: ["movies"], look: LOOK, blocked: ["movies"] },
  ],
  [
    "an alias cannot move on the target, before anything began",
    job({ input: cutover }),
    { refusal: FOREIGN, moved: ["movies"], blocked: [] },
  ],
  [
    "an alias cannot move on the target, right before the snapshot",
    job({
      input: { ...cutover, blockWrites: true },
      data: { ...looked(61), blocked: ["movies"], times: { stopped: ago(1) } },
    }),
    { refusal: FOREIGN, moved: ["movies"], look: LOOK, blocked: ["movies"] },
  ],
  ["the cut-over is noted", job({ input: cutover, data: all }), { part: ended("done") }],
  ["the cut-over is done", job({ input: cutover, data: { ...all, times: { ...all.times, cut: ago(1) } } }), { part: ended("done") }],
  [
    "a cut-over that failed lifts its own block",
    job({ input: cutover, data: { ...at("backup"), blocked: ["movies"], failing: reason("job.cancelled") } }),
    { part: ended("failed"), blocked: ["movies", "logs"] },
  ],
  [
    "one block cannot be lifted, and the others are",
    {
      ...refusing,
      head: {
        ...refusing.head,
        claim: { effect: "setBlock", args: { index: "movies", isBlocked: false }, attempt: 1, until: ago(-60), refused: true },
      },
    },
    { part: ended("failed"), blocked: ["movies", "stars"] },
  ],
  [
    "a cut-over that failed ends",
    job({ input: cutover, data: { ...at("backup"), blocked: ["movies"], failing: reason("job.cancelled") } }),
    { part: ended("failed"), blocked: ["logs"] },
  ],
];

const cancels = (): Row[] => [
  ["cancelled before anything", job({ cancelling: true }), { look: LOOK }],
  ["cancelled while a part is under way", job({ cancelling: true, data: at("backup", "copy") }), { part: open() }],
  ["cancelled, and the part stops", job({ cancelling: true, data: at("backup", "copy") }), { part: open(true) }],
  ["cancelled, and the part stopped", job({ cancelling: true, data: at("backup", "copy") }), { part: ended("cancelled") }],
  [
    "a cut-over is cancelled: its block is lifted",
    job({ cancelling: true, input: cutover, data: { ...looked(20), blocked: ["movies"] } }),
    { blocked: ["movies"] },
  ],
  [
    "a cut-over is cancelled too late: the target serves",
    job({ cancelling: true, input: cutover, data: at("backup", "copy", "restore") }),
    { part: ended("done", { indices: [{ documents: 5 }] }) },
  ],
];

const rollbacks = (): Row[] => [
  ["the aliases go back first", job({ input: rollback }), { hasEarlier: true, blocked: ["movies"] }],
  [
    "what was written since refuses it",
    job({ input: rollback }),
    { hasEarlier: true, refusal: reason("rollback.writes", { index: "m", writes: 2 }) },
  ],
  ["the block is lifted", job({ input: rollback, data: { times: { rollback: ago(9) } } }), { hasEarlier: true, blocked: ["movies"] }],
  ["nothing was behind the aliases before", job({ input: rollback }), { hasEarlier: false, blocked: ["movies"] }],
  ["cancelled before it lifts anything", job({ input: rollback, cancelling: true }), { hasEarlier: false, blocked: ["movies"] }],
  ["cancelled once it lifts", job({ input: rollback, cancelling: true, state: "lifting" }), { hasEarlier: false, blocked: ["movies"] }],
  ["its part was asked for and not noted", job({ input: rollback, cancelling: true }), { unnoted: { part: "rollback", id: "rollback-1" } }],
  ["it is noted", job({ input: rollback }), { hasEarlier: false, blocked: [] }],
  ["it is done", job({ input: rollback, data: { times: { rollback: ago(9), cut: ago(1) } } }), { hasEarlier: true, blocked: [] }],
  ["it is done, and the aliases stayed", job({ input: rollback, data: { times: { cut: ago(1) } } }), { hasEarlier: false, blocked: [] }],
  ["there is no cut-over", job({ input: { mode: "rollback" } }), {}],
];

/** Every kind of decision of a migration. */
export function migrationDecisions(): Decided[] {
  return decide(stepMigration, NOW, [...passes(), ...cutovers(), ...cancels(), ...rollbacks()]);
}
