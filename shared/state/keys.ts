import type { JobKindName } from "../model/jobId.ts";
import { timeDigits } from "../model/restoredName.ts";
import { segmentOf } from "./segment.ts";

/** What is stored of a handled slot. All of it is part of the key, so that the tick's single listing shows it. */
export interface SlotHint {
  slot: string;
  /** The final state of its job, `firstSeen`, or `skipped`. */
  state: string;
  /** Duration of the job in seconds. */
  seconds: number;
}

/** All keys below the state prefix; docs/jobs.md describes them. */
export const stateKey = {
  identity: "state.json",
  /** Shows in the single listing that the identity exists, and which one. */
  marker: (mark: string) => `live/state/${mark}`,
  paused: "live/paused",
  /** The key used by the first version. */
  pausedBefore: "paused",
  live: "live/",
  jobs: "live/jobs/",
  job: (id: string) => `live/jobs/${id}/`,
  record: (id: string, seq: number) => `live/jobs/${id}/${String(seq).padStart(6, "0")}.json`,
  /** Marks that the job's look was too long for a tick and continues in this task. */
  task: (id: string, number: number) => `live/tasks/${id}/${String(number).padStart(6, "0")}`,
  tasks: (id: string) => `live/tasks/${id}/`,
  /** Of a task that runs, or ran, in a process of the command tick; each process that takes it writes the next number. */
  taskHere: (task: string, epoch: number) => `ticks/${task}/${String(epoch).padStart(6, "0")}`,
  taskHereAll: (task: string) => `ticks/${task}/`,
  tasksHere: "ticks/",
  /** Names the job with which the next tick starts. */
  next: (id: string) => `live/next/${id}`,
  slot: (policy: string, { slot, state, seconds }: SlotHint) => `live/slots/${policy}/${slot}.${state}.${seconds}`,
  /** Since when an entry of ossnap.yaml has had a schedule. */
  schedule: (entry: string, since: Date, schedule: { cron: string; timeZone: string }) =>
    `live/schedules/${entry}/${timeDigits(since)}~${Buffer.from(`${schedule.timeZone} ${schedule.cron}`).toString("base64url")}`,
  watchRoots: (watch: string) => `live/watch/${watch}/root/`,
  /** Uuids of the last examined root, to detect a root of another repository. */
  watchUuids: (watch: string) => `live/watch/${watch}/uuids.json`,
  /** Snapshots that a person put behind a watch's alias by hand, which accepts the root that lists them. */
  acceptedRoot: (watch: string, uuid: string) => `live/watch/${watch}/accepted/${uuid}`,
  /** Marks of looks that are reading something new, by the look's entry of ossnap.yaml (`watches.moved`). */
  looking: (look: string) => `live/looking/${look}/`,
  lookingAll: "live/looking/",
  /** Snapshots of a watch that start in the future. */
  ahead: (watch: string) => `live/watch/${watch}/ahead/`,
  /** When a watch is checked again, although its root is known: something that it asked for was refused or failed. */
  again: (watch: string) => `live/watch/${watch}/again/`,
  /** The alias that the watch moves, and those that it moved before a change of ossnap.yaml. */
  watchAlias: (watch: string) => `live/watch/${watch}/alias.json`,
  positions: (watch: string) => `live/watch/${watch}/position/`,
  position: (watch: string, digits: string, uuid: string) => `live/watch/${watch}/position/${digits}-${uuid}`,
  copyClaim: (owner: string) => `live/copies/${owner}/claim.json`,
  published: (owner: string) => `live/copies/${owner}/published/`,
  /** Marks of tasks whose writes under reused names may still arrive. */
  copyWriting: (owner: string) => `live/copies/${owner}/writing/`,
  copySeen: (copy: string) => `live/copies/${copy}/seen/`,
  /** A mark; the leading time sorts listings by the time of recording. */
  mark: (prefix: string, time: Date, mark: string) => `${prefix}${timeDigits(time)}~${mark}`,
  /** A cut-over that nobody took back: what it did, and what its way back needs. */
  cutOver: (migration: string) => `live/migrations/${migration}/cut.json`,
  /** A migration's last pass. */
  lastPass: (migration: string) => `migrations/${migration}.json`,
  /** What the last look at a repository's other writers found. */
  writers: (repository: string) => `writers/${repository}.json`,
  /** Everything that is open under this key, and under those that begin with it. */
  notices: (key: string) => `live/notices/${segmentOf(key)}`,
  /** Generation 0 has the key of the first version. */
  notice: (key: string, generation: number) =>
    `live/notices/${segmentOf(key)}${generation === 0 ? "" : `/${String(generation).padStart(6, "0")}`}.json`,
  /** Begins with the time, so that a listing has the order of the reports. */
  unsentId: (at: Date, subject: string, status: string, decision: string) => `${timeDigits(at)}-${subject}-${status}-${decision}`,
  /** A notice that a channel has not accepted, and the number of a try. */
  unsentAll: "live/unsent/",
  unsent: (id: string, tries: number) => `live/unsent/${id}/${String(tries).padStart(6, "0")}.json`,
  /** By a hash of the channel's name. */
  channel: (hash: string) => `live/channels/${hash}`,
  noticeDone: (key: string) => `done/notice/${segmentOf(key)}/`,
  /** By its generation; the first version's by the time at which it began. */
  noticeOver: (key: string, begun: string) => `done/notice/${segmentOf(key)}/${begun}.json`,
  noticeAgain: (key: string, begun: string, change: number) => `done/notice/${segmentOf(key)}/${begun}-${change}.json`,
  done: (kind: JobKindName, id: string) => `done/${kind}/${id}.json`,
  doneAll: (kind: JobKindName) => `done/${kind}/`,
  /** The contents of a policy's last success. */
  taken: (policy: string) => `taken/${policy}.json`,
  history: (id: string) => `history/${id}.json`,
  pins: (repository: string) => `pins/${repository}/`,
  pin: (repository: string, id: string) => `pins/${repository}/${segmentOf(id)}.json`,
  evidence: (uuid: string, digest: string, place: string) => `evidence/${uuid}/${digest}-${place}.json`,
  evidenceOf: (uuid: string) => `evidence/${uuid}/`,
  evidenceAll: "evidence/",
  /** Verified files in several parts, per shard of one place. */
  partsOf: (place: string) => `parts/${place}/`,
  /** Which files each index of a place has in each snapshot; a cache. */
  indexStates: (place: string) => `index-states/${place}.json`,
  applied: (policy: string, fingerprint: string) => `applied/${policy}/${fingerprint}.json`,
  fingerprint: (cluster: string, repository: string) => `registered/${cluster}/${repository}.json`,
  /** A piece of a copy's plan, numbered from 0, and what came of it where a batch has several. */
  piece: (id: string, plan: string, number: number) => `work/${id}/${plan}/${number}.json`,
  pieceDone: (id: string, plan: string, number: number) => `work/${id}/${plan}/${number}.done.json`,
  batchDone: (id: string, batch: string, attempt: number) => `work/${id}/${batch}.done-${attempt}.json`,
  /** How far a plan of a copy's round came; `plan` is `<round>-<try>`. */
  copyPlan: (id: string, plan: string) => `work/${id}/plans/${plan}.json`,
  copyPlans: (id: string, round: number) => `work/${id}/plans/${round}-`,
  /** Blobs at a copy's destination that nothing listed there needed at these times, in pieces. */
  unneededAll: (owner: string) => `unneeded/${owner}/`,
  unneeded: (owner: string, digits: string) => `unneeded/${owner}/${digits}/`,
  /** Pieces of a list of blobs that a copy deletes at its destination. */
  copyDue: (id: string, list: string) => `work/${id}/due/${list}/`,
  /** Lists of keys that a copy read at its destination and found to be other bytes, by batch. */
  copyDifferent: (id: string) => `work/${id}/different/`,
  /** Keyed by its contents, so that two plans do not overwrite each other. */
  copyRoot: (id: string, sha256: string) => `work/${id}/root-${sha256}`,
  /** Keys written by earlier builds of version 0.1.0. */
  copyRootBefore: (id: string, round: number) => `work/${id}/root-${round}`,
  progress: (id: string) => `work/${id}/progress.json`,
  work: (id: string) => `work/${id}/`,
} as const;

/** The generation in what follows a notice's name in its key; `undefined` if it belongs to another notice. */
export function parseNoticeLeaf(leaf: string): number | undefined {
  const [found, generation = "0"] = /^(?:\/(\d{6}))?\.json$/.exec(leaf) ?? [];
  return found === undefined ? undefined : Number(generation);
}
