import type { DoneRecord } from "../../../shared/jobs/record.ts";
import { parseSnapshotName } from "../../../shared/model/snapshotName.ts";
import { BACKUPS_LOCATION, POLICY } from "../scenario.ts";
import { isWriteOn, type MakeCheck, readBare } from "./check.ts";

/** 1: a slot gets at most one SUCCESS, and nothing else counts as one. */
export const oneSuccessPerSlot: MakeCheck = ({ stage, scenario, violated }) => {
  /** Slot → names of its successful snapshots, including pruned ones. */
  const successes = new Map<string, Map<string, string[]>>();
  const planned = new Map<string, string[]>();
  const judged = new Set<string>();

  function see(): void {
    for (const { name, state, indices } of stage.places.at(BACKUPS_LOCATION)) {
      const parts = parseSnapshotName(name);
      if (parts?.policy !== POLICY || state !== "SUCCESS") continue;
      const there = successes.get(parts.slot) ?? new Map<string, string[]>();
      successes.set(parts.slot, there.set(name, indices));
      if (there.size > 1) violated(`slot ${parts.slot} has ${there.size} successes: ${[...there.keys()].join(", ")}`);
    }
  }

  function judge(key: string): void {
    const done = readBare<DoneRecord>(stage.state, key);
    if (!done || judged.has(key)) return;
    judged.add(key);
    const { snapshot } = done.result as { snapshot?: string };
    const slot = done.id.slice(`backup-${POLICY}-`.length);
    const good = successes.get(slot);
    if (done.state === "done" && !good?.has(snapshot ?? "")) violated(`${done.id} is done, but its snapshot ${snapshot} is not successful`);
    if (done.state === "failed" && good) violated(`${done.id} failed (${done.reason.code}), but ${[...good.keys()]} is successful`);
    const wanted = planned.get(snapshot ?? "");
    if (done.state === "done" && wanted && good?.get(snapshot ?? "")?.join() !== wanted.join())
      violated(`${done.id} is done, but its snapshot holds other indices than planned`);
  }

  return {
    number: 1,
    name: "a slot has at most one successful snapshot",
    after(effect) {
      const created = isWriteOn(effect, "cluster:source", "createSnapshot") && effect.error === undefined;
      if (created) planned.set(String(effect.args[1]), (effect.args[2] as { indices: string[] }).indices);
      if (isWriteOn(effect, "state", "put") && String(effect.args[0]).startsWith("done/backup/")) judge(String(effect.args[0]));
    },
    step: see,
    end() {
      for (const slot of scenario.quietSlots)
        if (successes.get(slot)?.size !== 1)
          violated(`slot ${slot} was due after all faults and has ${successes.get(slot)?.size ?? 0} successes`);
    },
  };
};
