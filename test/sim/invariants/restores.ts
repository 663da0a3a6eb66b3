import type { RestoreRequest } from "../../../shared/model/cluster.ts";
import { parseRestoredIndexName } from "../../../shared/model/restoredName.ts";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import type { RestoreInput } from "../../../shared/verbs/restore/step.ts";
import type { Effect } from "../gates.ts";
import { ALIAS, MOVED, MOVED_LOCATION, WATCH } from "../scenario.ts";
import { isWriteOn, jobOf, keysOf, type MakeCheck, recordsOf } from "./check.ts";

/** 4: nothing is restored before it is proven whole, under the uuid that the highest root names; what is served never goes back. */
export const provenAndForward: MakeCheck = ({ stage, violated }) => {
  let position = "";
  let served = "";

  async function beforeRestore(request: RestoreRequest, job: string | undefined): Promise<void> {
    const store = stage.bare(MOVED);
    const { root } = await openRepository(store);
    const uuids = root?.snapshots.filter(({ name }) => name === request.snapshot).map(({ uuid }) => uuid) ?? [];
    const restored = stage.places.at(MOVED_LOCATION).find(({ name }) => name === request.snapshot)?.uuid;
    if (uuids.length !== 1 || uuids[0] !== restored)
      return violated(`restore of ${request.snapshot}: the highest root names ${uuids}, not ${restored}`);
    const wanted = job === undefined ? undefined : (recordsOf(stage.state, job)[0]?.intent?.input as RestoreInput | undefined);
    if (wanted && wanted.snapshot.uuid !== restored)
      violated(`restore of ${request.snapshot}: ${wanted.snapshot.uuid} was proven, ${restored} is restored`);
    const { verdict } = await proveSnapshot(store, { uuid: restored ?? "", indices: [request.index], level: "contents" });
    if (verdict !== "whole") violated(`restore of ${request.snapshot}: it is ${verdict}`);
  }

  async function look(effect: Effect): Promise<void> {
    const indices = await stage.target.listIndices();
    const holders = indices.filter(({ aliases }) => aliases.includes(ALIAS)).map(({ name }) => name);
    if (holders.length > 1) violated(`alias ${ALIAS} is on ${holders.join(" and ")}`);
    if (holders.length === 0 && served !== "") violated(`alias ${ALIAS} was on ${served} and is now on no index`);
    const digits = parseRestoredIndexName(holders[0] ?? "")?.snapshotDigits ?? "";
    const before = parseRestoredIndexName(served)?.snapshotDigits ?? "";
    // A cluster before 7.x cannot refuse a swap that arrives long after it was sent: a known limit, see docs/jobs.md.
    if (effect.call === "swapAlias" && effect.actor.wasFrozen && digits < before) stage.swappedLate = true;
    else if (holders.length === 1 && digits < before) violated(`alias ${ALIAS} moved back from ${served} to ${holders[0]}`);
    served = holders[0] ?? "";
  }

  return {
    number: 4,
    name: "only proven snapshots are restored, and serving never moves back",
    before: (effect) =>
      isWriteOn(effect, "cluster:target", "restore") ? beforeRestore(effect.args[0] as RestoreRequest, jobOf(effect)) : undefined,
    after: (effect) => (effect.port === "cluster:target" ? look(effect) : undefined),
    step() {
      const highest = keysOf(stage.state, `live/watch/${WATCH}/position/`).at(-1) ?? "";
      if (highest < position) violated(`watch ${WATCH}: its position moved back from ${position} to ${highest || "none"}`);
      position = highest;
    },
  };
};

/** 8: copied repositories are read-only; a restore includes no allocation settings, no blocks and no aliases. */
export const nothingBroughtAlong: MakeCheck = ({ stage, violated }) => ({
  number: 8,
  name: "copied repositories are read-only, and restores include no settings or aliases",
  before(effect) {
    if (!isWriteOn(effect, "cluster:target", "putRepository")) return;
    const [{ name, settings }] = effect.args as [{ name: string; settings: Record<string, unknown> }];
    if (String(settings.readonly) !== "true") violated(`repository ${name} is registered on the target as writable`);
  },
  async after(effect) {
    if (!isWriteOn(effect, "cluster:target", "restore") || effect.error !== undefined) return;
    const { as } = effect.args[0] as RestoreRequest;
    const index = (await stage.target.listIndices()).find(({ name }) => name === as);
    const brought = Object.keys(index?.settings ?? {}).filter((key) => /require|blocks|lifecycle/.test(key));
    if (brought.length > 0 || (index?.aliases.length ?? 0) > 0)
      violated(`restore of ${as} included ${[...brought, ...(index?.aliases ?? [])]}`);
  },
});
