import type { JobKindName } from "../model/jobId.ts";
import { timeDigits } from "../model/restoredName.ts";

/** What is remembered of a slot once it is dealt with, all of it in the key: the tick's one listing tells it. */
export interface SlotHint {
  slot: string;
  /** How its job ended, `firstSeen`, or `skipped`. */
  state: string;
  /** How long it took. */
  seconds: number;
}

/** Every key of the state prefix, in one place; the shapes are those of the job protocol in docs/jobs.md. */
export const stateKey = {
  identity: "state.json",
  /** Says within the one listing that the identity is there, and which. */
  marker: (mark: string) => `live/state/${mark}`,
  paused: "live/paused",
  /** Where the first version put it. */
  pausedBefore: "paused",
  live: "live/",
  jobs: "live/jobs/",
  job: (id: string) => `live/jobs/${id}/`,
  record: (id: string, seq: number) => `live/jobs/${id}/${String(seq).padStart(6, "0")}.json`,
  /** The job's look was too long for a tick and went on in this task. */
  task: (id: string, number: number) => `live/tasks/${id}/${String(number).padStart(6, "0")}`,
  tasks: (id: string) => `live/tasks/${id}/`,
  /** Where the next tick begins, since the last one did not come to it. */
  next: (id: string) => `live/next/${id}`,
  slot: (policy: string, { slot, state, seconds }: SlotHint) => `live/slots/${policy}/${slot}.${state}.${seconds}`,
  watchRoots: (watch: string) => `live/watch/${watch}/root/`,
  /** What the root last looked at held: a root of another repository shares nothing with it. */
  watchUuids: (watch: string) => `live/watch/${watch}/uuids.json`,
  positions: (watch: string) => `live/watch/${watch}/position/`,
  position: (watch: string, digits: string, uuid: string) => `live/watch/${watch}/position/${digits}-${uuid}`,
  copyClaim: (owner: string) => `live/copies/${owner}/claim.json`,
  published: (owner: string) => `live/copies/${owner}/published/`,
  copySeen: (copy: string) => `live/copies/${copy}/seen/`,
  /** A remembered mark; the time in front makes listings come in the order of remembering. */
  mark: (prefix: string, time: Date, mark: string) => `${prefix}${timeDigits(time)}~${mark}`,
  notice: (key: string) => `live/notices/${encodeURIComponent(key)}.json`,
  noticeOver: (key: string, since: string) => `done/notice/${encodeURIComponent(key)}/${since}.json`,
  done: (kind: JobKindName, id: string) => `done/${kind}/${id}.json`,
  doneAll: (kind: JobKindName) => `done/${kind}/`,
  history: (id: string) => `history/${id}.json`,
  pins: (repository: string) => `pins/${repository}/`,
  evidence: (uuid: string, digest: string, place: string) => `evidence/${uuid}/${digest}-${place}.json`,
  evidenceOf: (uuid: string) => `evidence/${uuid}/`,
  evidenceAll: "evidence/",
  applied: (policy: string, fingerprint: string) => `applied/${policy}/${fingerprint}.json`,
  fingerprint: (cluster: string, repository: string) => `registered/${cluster}/${repository}.json`,
  batch: (id: string, batch: string) => `work/${id}/${batch}.json`,
  batchDone: (id: string, batch: string, attempt: number) => `work/${id}/${batch}.done-${attempt}.json`,
  /** By the root that is to be published: of two plans for one round neither overwrites what the other one wrote. */
  copyExpected: (id: string, sha256: string) => `work/${id}/expected-${sha256}.json`,
  copyRoot: (id: string, sha256: string) => `work/${id}/root-${sha256}`,
  /** As version 0.1.0 wrote them before. */
  copyExpectedBefore: (id: string, round: number) => `work/${id}/expected-${round}.json`,
  copyRootBefore: (id: string, round: number) => `work/${id}/root-${round}`,
  progress: (id: string) => `work/${id}/progress.json`,
  work: (id: string) => `work/${id}/`,
} as const;
