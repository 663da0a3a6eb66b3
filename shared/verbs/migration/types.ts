import type { Job } from "../../jobs/record.ts";
import type { Reason } from "../../model/reason.ts";
import type { SourceLook } from "../../plan/migration/sourceWrites.ts";

/** A pass; the last pass, after which the target serves; the way back from it. */
export const MIGRATION_MODES = ["sync", "cutover", "rollback"] as const;
export type MigrationMode = (typeof MIGRATION_MODES)[number];

export interface MigrationRequest {
  name: string;
  mode: MigrationMode;
  /** With a cut-over: writes are blocked on the source. */
  blockWrites?: boolean | undefined;
  /** With a rollback. */
  loseWrites?: boolean | undefined;
  /** With a rollback: the aliases of the target remain where they are. */
  keepAliases?: boolean | undefined;
}

export interface MigrationInput {
  name: string;
  mode: MigrationMode;
  /** Of the snapshot that it takes. */
  slot: string;
  /** The slot is the schedule's, whose snapshot was taken already. */
  ofSlot?: true;
  source: string;
  target: string;
  /** A pass moves `<alias>-next` alone, and the cut-over both. */
  warm?: true;
  /** A person lets the cut-over block writes on the source. */
  blockWrites?: true;
  /** A person accepts that a rollback loses what was written on the target. */
  loseWrites?: true;
  /** A person leaves the aliases of the target where they are. */
  keepAliases?: true;
  /** The policy that takes over on the target. */
  backups?: string;
  /** What a rollback takes back. */
  cut?: CutOver;
}

export interface MigrationCheck {
  check: "open" | "versions" | "indices" | "aliases" | "writes" | "pass" | "backups" | "wayBack" | "shards" | "placement";
  result: "ok" | "warn" | "refuse";
  reason: Reason;
  wayOut?: Reason;
}

/** The jobs of which a migration consists, in their order. */
export type Part = "backup" | "copy" | "restore" | "rollback";

export interface MigrationData {
  /** The first look at the writes of the source. */
  looked?: { at: string; indices: SourceLook };
  /** Indices of the source that this job blocked for writes. */
  blocked?: string[];
  /** Ids of the jobs that it asked for. */
  parts: Partial<Record<Part, string>>;
  snapshot?: { name: string; uuid: string };
  /** When the snapshot began, by the source's clock; absent if it was taken by an earlier version. */
  began?: string;
  /** What was restored, and its documents. */
  restored?: { indices: number; documents: number };
  failing?: Reason;
  /** When each part ended, ISO. */
  times: Partial<Record<"stopped" | Part | "cut", string>>;
}

/** An open or finished job that this one asked for. */
export type PartSeen =
  | { isOpen: true; reason: Reason; cancelling: boolean }
  | { isOpen: false; state: string; reason: Reason; result: Readonly<Record<string, unknown>> };

export interface MigrationObservation {
  /** The newest part that was asked for; `undefined` before the first. */
  part?: PartSeen | undefined;
  /** A part that was asked for and is not noted; then nothing else is seen. */
  unnoted?: { part: Part; id: string } | undefined;
  /** The indices that it moves; present while the writes of the source matter. */
  moved?: readonly string[] | undefined;
  /** Of these; absent while some are still to be blocked, whose writes say nothing. */
  look?: SourceLook | undefined;
  /** Indices of the source that take no writes now; at the end of a job those that it blocked. */
  blocked?: readonly string[] | undefined;
  /** The own repository of the target is not registered as its policy wants. */
  register?: { need: "register" } | { fault: Reason } | undefined;
  /** Why it must not begin, or take the snapshot; why a rollback must not go on. */
  refusal?: Reason | undefined;
  /** The aliases were on other indices before the cut-over, to which a rollback moves them back. */
  hasEarlier?: boolean | undefined;
  /** Another open job of the same migration that goes first. */
  rival?: string | undefined;
}

export type MigrationJob = Job<MigrationInput, MigrationData>;

/** What a cut-over leaves in the state until it is taken back. */
export interface CutOver {
  job: string;
  at: string;
  by: string;
  /** The restore that the target serves. */
  restore: string;
  snapshot: { name: string; uuid: string };
  /** Indices of the source that the cut-over blocked, and a rollback unblocks. */
  blocked: string[];
  documents: number;
  /** The pass before it, which is the last one again after a rollback. */
  before?: LastPass;
}

/** What the last pass found and took, for `status`. */
export interface LastPass {
  job: string;
  mode: MigrationMode;
  at: string;
  snapshot: { name: string; uuid: string };
  restore: string;
  documents: number;
  /** Of its parts, and from its request to its end. */
  seconds: Partial<Record<Part | "total", number>>;
  /** When its snapshot began; of a pass by an earlier version, when it was asked for. */
  since: string;
  /** What the source had seen then; absent after a snapshot of the schedule, which no look came before. */
  looked?: SourceLook;
}
