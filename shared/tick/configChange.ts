import type { JobKind } from "../jobs/kind.ts";
import type { Job } from "../jobs/record.ts";
import type { World } from "../jobs/world.ts";
import type { Config, Place } from "../model/config.ts";
import { type Reason, reason } from "../model/reason.ts";
import { raiseNotice, resolveNotice } from "../notices/notices.ts";
import { isSamePlace } from "../repository/place.ts";
import { noteAgain } from "../verbs/arrival/again.ts";
import type { ArrivalInput } from "../verbs/arrival/step.ts";
import type { BackupInput } from "../verbs/backup/step.ts";
import type { CopyInput } from "../verbs/copy/types.ts";
import type { RestoreInput } from "../verbs/restore/types.ts";

/** An entry of ossnap.yaml that a job was asked for with, and the fields of it that are different now; none if the entry is gone. */
interface Change {
  section: "backups" | "copies" | "watches" | "repositories";
  name: string;
  fields: readonly string[] | "gone";
}

type Compared = Record<string, boolean>;

/**
 * A job carries ossnap.yaml as it was when it was asked for, and may have waited since. Returns why it must do nothing more, or `undefined` if
 * nothing that matters to it is different. A prune compares its policy itself, and a kept index follows its watch.
 */
export function configChange(config: Config, job: Job): Reason | undefined {
  const change = changeOf(config, job);
  if (!change || change.fields.length === 0) return undefined;
  const { section, name, fields } = change;
  return fields === "gone" ? reason("config.gone", { section, name }) : reason("config.changed", { section, name, fields });
}

function changeOf(config: Config, job: Job): Change | undefined {
  // What the alias serves or the root lists by now is only noted.
  const isPast = ["published", "settled"].includes(job.head.state);
  if (isPast) return undefined;
  if (job.kind === "backup") return backupChange(config, job as Job<BackupInput>);
  if (job.kind === "copy") return copyChange(config, job as Job<CopyInput>);
  if (job.kind === "arrival") return arrivalChange(config, job as Job<ArrivalInput, { restore?: string }>);
  if (job.kind === "restore") return restoreChange(config, job as Job<RestoreInput>);
  return undefined;
}

/** The present indices apply to each attempt, so these may change; the name of a slot's snapshot is bound to its repository. */
function backupChange(config: Config, { intent }: Job<BackupInput>): Change | undefined {
  const { policyName, policy } = intent.input;
  const now = entry(config.backups, policyName);
  return change("backups", policyName, now, (policyNow) => ({
    repository: policyNow.repository === policy.repository,
    cluster: entry(config.repositories, policyNow.repository)?.cluster === intent.cluster,
  }));
}

function copyChange(config: Config, { intent }: Job<CopyInput>): Change | undefined {
  const { copyName, rule, from } = intent.input;
  return change("copies", copyName, entry(config.copies, copyName), (now) => ({
    from: isStillPlace(entry(config.repositories, now.from)?.blobs, from),
    to: isStillPlace(now.to, rule.to),
    snapshots: isSame(now.snapshots, rule.snapshots),
  }));
}

function arrivalChange(config: Config, { intent, head }: Job<ArrivalInput, { restore?: string }>): Change | undefined {
  // The restore that it asked for compares for itself.
  if (head.data.restore !== undefined) return undefined;
  const { watchName, watch } = intent.input;
  return change("watches", watchName, entry(config.watches, watchName), (now) => ({
    blobs: isStillPlace(now.blobs, watch.blobs),
    cluster: now.cluster === watch.cluster,
    "register.name": now.register.name === watch.register.name,
    "restore.indices": isSame(now.restore.indices, watch.restore.indices),
    "restore.alias": now.restore.alias === watch.restore.alias,
    "restore.aliases": isSame(now.restore.aliases, watch.restore.aliases),
    "restore.which": (now.restore.which === "by-hand") === (watch.restore.which === "by-hand"),
  }));
}

/** A person who asks for a restore names indices and alias; only where it reads from is the configuration's. */
function restoreChange(config: Config, { intent }: Job<RestoreInput>): Change | undefined {
  const { input, cluster, asked } = intent;
  const isByHand = asked.by === "person" || input.migration !== undefined;
  if (input.watch === undefined) {
    const now = entry(config.repositories, input.repository);
    return now && change("repositories", input.repository, now, ({ blobs }) => ({ blobs: isStillPlace(blobs, input.place) }));
  }
  return change("watches", input.watch, entry(config.watches, input.watch), (now) => ({
    blobs: isStillPlace(now.blobs, input.place),
    cluster: now.cluster === cluster,
    "register.name": now.register.name === input.repository,
    "restore.indices": isByHand || isSame(now.restore.indices, input.indices),
    "restore.alias": isByHand || now.restore.alias === input.alias,
    "restore.aliases": isByHand || isSame(now.restore.aliases, input.aliases),
    "restore.which": isByHand || now.restore.which !== "by-hand",
  }));
}

function change<E>(section: Change["section"], name: string, now: E | undefined, compare: (now: E) => Compared): Change {
  if (now === undefined) return { section, name, fields: "gone" };
  return { section, name, fields: Object.entries(compare(now)).flatMap(([field, isEqual]) => (isEqual ? [] : [field])) };
}

function entry<E>(entries: Record<string, E>, name: string): E | undefined {
  return Object.hasOwn(entries, name) ? entries[name] : undefined;
}

/** A restore of a repository that only its cluster reads has none. */
function isStillPlace(one: Place | undefined, other: Place | undefined): boolean {
  return one === undefined || other === undefined ? one === other : isSamePlace(one, other);
}

const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

/** Effects that begin something; a backup's running snapshot is followed to its end, because it is worth having. */
const BACKUP_BEGINS = ["registerRepository", "startSnapshot"];
/** The kinds whose end this file reports; a refused restore reports itself. */
const REPORTED = ["backup", "copy", "arrival"];

/**
 * The kind of a job, which compares the configuration right before each decision. After a change an arrival and a copy stop, as when they are
 * cancelled; a restore takes its indices back, or finishes if it already serves; a backup starts no further snapshot.
 */
export function comparingConfig(world: World, kind: JobKind): JobKind {
  const changed = (job: Job) => (job.head.cancelling ? undefined : configChange(world.config, job));
  return {
    ...kind,
    async gather(job) {
      const isStopped = changed(job) !== undefined && job.kind !== "backup";
      if (!isStopped) return kind.gather(job);
      return job.kind === "restore" ? kind.gather(stopped(job)) : undefined;
    },
    step(job, seen, now) {
      const why = changed(job);
      if (why === undefined) return kind.step(job, seen, now);
      const refused = { do: "record" as const, state: "refused", reason: why, data: job.head.data };
      if (job.kind === "backup") {
        const decision = kind.step(job, seen, now);
        return decision.do === "effect" && BACKUP_BEGINS.includes(decision.effect) ? refused : decision;
      }
      const decision = kind.step(stopped(job), seen, now);
      return decision.do === "record" && decision.state === "cancelled" ? { ...refused, data: decision.data } : decision;
    },
    async finished(job) {
      await kind.finished(job);
      await noteAgain(world, job);
      const [subject, code] = [subjectOf(job), "config.changed"];
      if (subject === undefined) return;
      const { state, reason: why } = job.head;
      const isRefused = state === "refused" && why.code.startsWith("config.");
      if (isRefused) {
        const { fields } = why.params;
        const about = Array.isArray(fields) ? fields.map(String) : [];
        await raiseNotice(world, { key: `${code}:${subject}`, code, severity: "warning", reason: why, job: job.id, about });
      }
      if (state === "done") await resolveNotice(world, `${code}:${subject}`, code, why);
    },
  };
}

function stopped(job: Job): Job {
  return { ...job, head: { ...job.head, cancelling: { who: "ossnap.yaml", at: job.head.at } } };
}

function subjectOf({ kind, intent }: Job): string | undefined {
  const { policyName, copyName, watchName } = intent.input as { policyName?: string; copyName?: string; watchName?: string };
  return REPORTED.includes(kind) ? `${kind}/${policyName ?? copyName ?? watchName ?? ""}` : undefined;
}
