import type { DoneRecord } from "../../../shared/jobs/record.ts";
import { parseSnapshotName } from "../../../shared/model/snapshotName.ts";
import type { Effect } from "../gates.ts";
import { BACKUPS_LOCATION, POLICY } from "../names.ts";
import { keepsMetadata } from "../world/history.ts";
import { isWriteOn, type MakeCheck, readBare } from "./check.ts";

const isWanted = (name: string) => name.startsWith("movies");

/** 1: a slot gets at most one SUCCESS with the policy's indices, and nothing else counts as one. */
export const oneSuccessPerSlot: MakeCheck = ({ stage, kernel, scenario, violated }) => {
  /** Slot → names of its successful snapshots, including pruned ones. */
  const successes = new Map<string, Map<string, readonly string[]>>();
  const planned = new Map<string, string[]>();
  const judged = new Set<string>();
  /** Open indices that the policy means, and since when they have been there. */
  const openSince = new Map<string, number>();

  function see(): void {
    for (const { name, state, indices, metadata } of stage.places.at(BACKUPS_LOCATION)) {
      const parts = parseSnapshotName(name);
      if (parts?.policy !== POLICY || state !== "SUCCESS" || !indices.every(isWanted)) continue;
      // A person's, who may take the slot's name; where metadata is kept, every snapshot of ours has some.
      if (stage.people.copiedNames.has(name) || (keepsMetadata(scenario.sourceVersion) && metadata?.ossnap === undefined)) continue;
      const there = successes.get(parts.slot) ?? new Map<string, readonly string[]>();
      successes.set(parts.slot, there.set(name, indices));
      // A person's counts for the slot only if it holds every index that the policy wants at the time; otherwise another one is taken.
      if ([...there.keys()].filter((one) => !stage.people.takenNames.has(one)).length > 1)
        violated(`slot ${parts.slot} has ${there.size} successes: ${[...there.keys()].join(", ")}`);
    }
  }

  /** An index that appears or leaves while the invocation looks may be in the request or not. */
  async function judgeSelection({ actor, args }: Effect): Promise<void> {
    const { indices, metadata } = args[2] as { indices: string[]; metadata: { ossnap?: unknown } };
    if (metadata.ossnap === undefined) return;
    const foreign = indices.find((name) => !isWanted(name));
    if (foreign !== undefined) violated(`${args[1]} is asked to hold ${foreign}, which the policy does not name`);
    for (const [name, sinceMs] of openSince)
      if (sinceMs < actor.startedMs && !indices.includes(name)) violated(`${args[1]} is asked without ${name}`);
  }

  function judgeSlot(job: string): void {
    const slot = /^backup-nightly-(\d{8}t\d{6}z)$/.exec(job)?.[1];
    if (slot !== undefined && !scenario.slots.includes(slot)) violated(`${job} is no slot of the schedule`);
  }

  function judge(key: string): void {
    const done = readBare<DoneRecord>(stage.state, key);
    if (!done || judged.has(key)) return;
    judged.add(key);
    const { snapshot } = (done.result ?? {}) as { snapshot?: string };
    const slot = done.id.slice(`backup-${POLICY}-`.length);
    const good = successes.get(slot);
    if (done.state === "done" && !good?.has(snapshot ?? "")) violated(`${done.id} is done, but its snapshot ${snapshot} is not successful`);
    const ours = [...(good?.keys() ?? [])].filter((one) => !stage.people.takenNames.has(one));
    if (done.state === "failed" && ours.length > 0)
      violated(`${done.id} failed (${done.reason.code}), but ${ours.join(", ")} is successful`);
    const wanted = planned.get(snapshot ?? "");
    if (done.state === "done" && wanted && good?.get(snapshot ?? "")?.join() !== wanted.join())
      violated(`${done.id} is done, but its snapshot holds other indices than planned`);
  }

  return {
    number: 1,
    name: "a slot has at most one successful snapshot",
    before: (effect) => (isWriteOn(effect, "cluster:source", "createSnapshot") ? judgeSelection(effect) : undefined),
    after(effect) {
      const created = isWriteOn(effect, "cluster:source", "createSnapshot") && effect.error === undefined;
      if (created) planned.set(String(effect.args[1]), (effect.args[2] as { indices: string[] }).indices);
      if (!isWriteOn(effect, "state", "put")) return;
      const key = String(effect.args[0]);
      if (key.startsWith("live/jobs/backup-")) judgeSlot(key.split("/")[2] ?? "");
      if (key.startsWith("done/backup/")) judge(key);
    },
    async step() {
      see();
      const open = (await stage.source.listIndices())
        .filter(({ name, state }) => isWanted(name) && state === "open")
        .map(({ name }) => name);
      for (const name of open) if (!openSince.has(name)) openSince.set(name, kernel.nowMs());
      for (const name of openSince.keys()) if (!open.includes(name)) openSince.delete(name);
    },
    end() {
      for (const slot of scenario.quietSlots)
        if (successes.get(slot)?.size !== 1)
          violated(`slot ${slot} was due after all faults and has ${successes.get(slot)?.size ?? 0} successes`);
    },
  };
};
