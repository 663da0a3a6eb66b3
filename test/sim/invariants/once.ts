import type { RestoreRequest } from "../../../shared/model/cluster.ts";
import type { Notice } from "../../../shared/model/notice.ts";
import { parseRestoredIndexName } from "../../../shared/model/restoredName.ts";
import type { Effect } from "../gates.ts";
import { BACKUPS_LOCATION } from "../names.ts";
import { isDone, isWriteOn, jobOf, type MakeCheck, openJobs, readBare, recordsOf } from "./check.ts";

/** Less than the shortest pause before a notice is sent again: clocks differ. */
const RESENT_MS = 30_000;

/** 7: whatever is repeated, each piece of work happens once. */
export const workHappensOnce: MakeCheck = ({ stage, violated }) => {
  const created = new Map<string, number>();
  const restored = new Map<string, number>();
  const said = new Map<string, number>();
  const histories = new Map<string, number>();
  const finals = new Map<string, string>();
  const count = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1).get(key) ?? 0;

  function forget(index: string): void {
    for (const key of restored.keys()) if (key.startsWith(`${index} `)) restored.delete(key);
  }

  /** Whether the valid claim of some open job belongs to this invocation; cancelling a job carries its claim along. */
  function hasClaim({ actor }: Effect): boolean {
    return openJobs(stage.state).some((id) => {
      const records = recordsOf(stage.state, id);
      const held = records.at(-1)?.claim;
      return records.some(({ by, claim }) => by.requestId === actor.name && claim !== undefined && claim.until === held?.until);
    });
  }

  async function afterCreate({ args }: Effect): Promise<void> {
    const name = String(args[1]);
    const running = (await stage.source.runningSnapshots()).some(({ snapshot }) => snapshot === name);
    const left = running || stage.places.at(BACKUPS_LOCATION).some((snapshot) => snapshot.name === name);
    if (left && count(created, name) > 1) violated(`snapshot ${name} was started twice`);
  }

  /** A second invocation that finishes a job may write its history again, but never a shorter one. */
  function seeHistory(key: string): void {
    const entries = readBare<unknown[]>(stage.state, key)?.length ?? 0;
    if (entries < (histories.get(key) ?? 0)) violated(`${key} had ${histories.get(key)} entries and now has ${entries}`);
    histories.set(key, entries);
  }

  function afterState({ args }: Effect): void {
    const key = String(args[0]);
    if (key.startsWith("history/")) seeHistory(key);
    if (!key.startsWith("done/") || key.startsWith("done/notice/")) return;
    const text = Buffer.from(stage.state.get(key)?.bytes ?? []).toString();
    if ((finals.get(key) ?? text) !== text) violated(`${key} was overwritten`);
    finals.set(key, text);
  }

  /**
   * What no channel accepted, or no invocation recorded as accepted, is sent again after a pause; another change is another notice. A request
   * that lands late was made before its sender gave it up, and an instance that was frozen knows nothing of what others sent since.
   */
  function judgeNotice({ key, since, status, at }: Notice, { askedMs, actor }: Effect): void {
    if (actor.wasFrozen) return;
    const once = `${key} ${since.toISOString()} ${status} ${at.toISOString()}`;
    const before = said.get(once) ?? Number.NEGATIVE_INFINITY;
    if (Math.abs(askedMs - before) < RESENT_MS) violated(`notice ${once} is sent twice`);
    said.set(once, askedMs);
  }

  /** Final records are kept: they prevent repeats even months later. */
  function seeFinals(): void {
    for (const key of finals.keys()) if (!stage.state.has(key)) violated(`${key} was deleted`);
  }

  return {
    number: 7,
    name: "each piece of work happens once",
    asked(effect) {
      if (effect.port.startsWith("cluster:") && !effect.actor.wasFrozen && !hasClaim(effect))
        violated(`${effect.actor.name} requests ${effect.call} without its own claim`);
      const job = jobOf(effect);
      // An instance that was frozen since it looked is stopped by the natural key, not by the record.
      if (job !== undefined && isDone(stage.state, job) && !effect.actor.wasFrozen)
        violated(`${job} is done, but ${effect.call} is requested again`);
    },
    before(effect) {
      if (effect.port.startsWith("cluster:") && !effect.actor.wasFrozen && !hasClaim(effect))
        violated(`${effect.actor.name}: ${effect.call} is performed while another invocation holds the claim`);
      // What a person deleted or closed may be restored again.
      const { as } = isWriteOn(effect, "cluster:target", "restore") ? (effect.args[0] as RestoreRequest) : {};
      if (as !== undefined && stage.people.touched.has(as)) forget(as);
      if (!isWriteOn(effect, "notifier", "send")) return;
      judgeNotice(effect.args[0] as Notice, effect);
    },
    step: seeFinals,
    after(effect) {
      if (isWriteOn(effect, "state", "put")) return afterState(effect);
      if (effect.error !== undefined) return;
      if (isWriteOn(effect, "cluster:source", "createSnapshot")) return afterCreate(effect);
      if (isWriteOn(effect, "cluster:target", "restore")) {
        const { as } = effect.args[0] as RestoreRequest;
        // A request that arrives late is carried out where another job has closed the index meanwhile: a known limit, see docs/jobs.md.
        const isLate = effect.actor.wasFrozen && parseRestoredIndexName(as) === undefined;
        // Restores over one index are several jobs.
        if (!isLate && count(restored, `${as} ${jobOf(effect)}`) > 1) violated(`${as} was restored twice by ${jobOf(effect)}`);
      }
      // What was deleted may be restored again.
      if (isWriteOn(effect, "cluster:target", "deleteIndex")) forget(String(effect.args[0]));
    },
  };
};
