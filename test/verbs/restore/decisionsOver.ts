import { closingAlias } from "../../../shared/model/overwriting/closingAlias.ts";
import type { OldIndex } from "../../../shared/model/overwriting/oldIndex.ts";
import { reason } from "../../../shared/model/reason.ts";
import type { RestoreData, TargetSeen } from "../../../shared/verbs/restore/types.ts";
import { ago, all, BUSY, cancelling, claim, job as jobOfAlias, MINUTE_MS, no, type Row, seen, there } from "./stepSetting.ts";

const INPUT = { over: true as const, serves: false, alias: undefined };
const GUARD = closingAlias("restore-moved-1", 3);
const KEPT = {
  index: "movies",
  uuid: "uuid-old",
  repository: "backups",
  snapshot: "nightly-0",
  snapshotUuid: "uuid-0",
  documents: 9,
  operations: 12,
};
const OLD: OldIndex = { uuid: "uuid-old", state: "open", replicas: 1, kept: KEPT };
const TARGET = { index: "movies", as: "movies", shards: 3, documents: 7_000, bytes: 5_242_880, old: OLD };
const closing = (ms: number): OldIndex => ({ ...OLD, closing: ago(ms) });
const planned = (old: OldIndex, change: Partial<RestoreData["targets"][number]> = {}) => ({ targets: [{ ...TARGET, old, ...change }] });
const RESTORED = { restored: { uuid: "uuid-old", documents: 7_000 } };

const job: typeof jobOfAlias = (state, { input, ...change } = {}) =>
  jobOfAlias(state, { ...planned(OLD), ...change, input: { ...INPUT, ...input } });
const old = (change: Partial<TargetSeen> = {}) =>
  no({ as: "movies", there: "old", uuid: "uuid-old", state: "open", bytesTotal: 0, bytesRecovered: 0, ...change });
const closed = (change: Partial<TargetSeen> = {}) => old({ state: "close", ...change });
const guarded = { guards: [GUARD] };
const ours = (change: Partial<TargetSeen> = {}) => there({ as: "movies", uuid: "uuid-old", ...change });
const whole = (change: Partial<TargetSeen> = {}) => all({ as: "movies", uuid: "uuid-old", ...change });
const failing = (code: "restore.stuck" | "effect.refused") => ({
  failing: reason(code, { index: "movies", started: 1, shards: 3, minutes: 11, why: "", message: "no", effect: "restoreIndex" }),
});
const looked = (target: TargetSeen, change = {}) => seen([target], { aliases: [], ...change });

const beginning = (): Row[] => [
  ["over an index: it gets an alias to close it through", job("planned"), looked(old())],
  ["over an index: another job must end before it is closed", job("planned"), looked(old(), { blocked: BUSY })],
  ["over an index: it is closed", job("closing"), looked(old(guarded))],
  ["over an index: it is closed once more, and the first time counts", job("closing", planned(closing(MINUTE_MS))), looked(old(guarded))],
  [
    "over an index: it is not closed while its blobs are written",
    job("closing"),
    looked(old(guarded), { unlisted: reason("restore.unlisted", { snapshot: "nightly-1", job: "copy-1" }) }),
  ],
  ["over an index: the alias is removed", job("closing", planned(closing(0))), looked(closed(guarded))],
  ["over an index: the restore begins", job("closing", planned(closing(0))), looked(closed())],
  ["over an index: another job began meanwhile", job("closing", planned(closing(0))), looked(closed(), { blocked: BUSY })],
  ["over an index: it is closed for ten minutes", job("closing", planned(closing(10 * MINUTE_MS))), looked(closed(), { blocked: BUSY })],
  [
    "over an index: the restore is refused for ten minutes",
    job("closing", {
      ...planned(closing(10 * MINUTE_MS)),
      head: { ...claim("restoreIndex", { refused: true }), reason: reason("effect.refused", { effect: "restoreIndex", message: "no" }) },
    }),
    looked(closed()),
  ],
  ["over an index: it was closed before, as it may be lost", job("planned", planned({ ...OLD, state: "close" })), looked(closed())],
  ["over an index: a person closed it since", job("planned"), looked(closed())],
  ["over an index: another job closed it since, and is still open", job("planned"), looked(closed(), { blocked: BUSY })],
  ["over an index: it was opened again", job("closing", planned(closing(MINUTE_MS))), looked(old())],
  ["over an index: it is another one now", job("planned"), looked(old({ there: "foreign", uuid: "uuid-other" }))],
  ["over an index: it is gone", job("planned"), looked(no({ as: "movies" }))],
  [
    "over an index: its restore was not looked up yet",
    job("closing", { ...planned(closing(0)), head: claim("restoreIndex") }),
    looked(ours()),
  ],
  [
    "over an index: its shards failed a minute ago, and it is not deleted",
    job("restoring", { ...planned(closing(0)), progress: { bytes: 4, at: ago(MINUTE_MS), brokenOff: true } }),
    looked(ours({ restoring: false, unassigned: 2 })),
  ],
  ["over an index: the documents are equal", job("restoring", planned(closing(0))), looked(whole())],
  ["over an index: an alias was added late", job("restored", planned(closing(0), RESTORED)), looked(whole(guarded))],
  ["over an index: it serves", job("restored", planned(closing(0), RESTORED)), looked(whole())],
];

const undoing = (): Row[] => [
  ["over an index, cancelled: nothing was done yet", job("planned", { head: cancelling }), looked(old())],
  ["over an index, cancelled: the alias is removed", job("closing", { head: cancelling }), looked(old(guarded))],
  [
    "over an index, cancelled: it is closed, and the alias is removed first",
    job("closing", { ...planned(closing(0)), head: cancelling }),
    looked(closed(guarded)),
  ],
  ["over an index, cancelled: it is opened again", job("closing", { ...planned(closing(0)), head: cancelling }), looked(closed())],
  ["over an index, cancelled: a person closed it", job("planned", { head: cancelling }), looked(closed())],
  [
    "over an index, cancelled: it was closed before",
    job("planned", { ...planned({ ...OLD, state: "close" }), head: cancelling }),
    looked(closed()),
  ],
  [
    "over an index, cancelled: the restore runs",
    job("restoring", { ...planned(closing(0)), progress: { bytes: 4, at: ago(0) }, head: cancelling }),
    looked(ours()),
  ],
  ["over an index, cancelled: the restore ended", job("restoring", { ...planned(closing(0)), head: cancelling }), looked(whole())],
  [
    "over an index, cancelled: its replicas are set",
    job("restored", { ...planned(closing(0), RESTORED), head: cancelling }),
    looked(whole({ replicas: 0 })),
  ],
  ["over an index, cancelled: it is overwritten", job("restored", { ...planned(closing(0), RESTORED), head: cancelling }), looked(whole())],
  [
    "over an index, cancelled: it is made anew and deleted",
    job("restored", { targets: [{ ...TARGET, ...RESTORED, old: { ...OLD, uuid: "uuid-before" } }], head: cancelling }),
    looked(whole()),
  ],
  [
    "over an index, failing: it is opened again",
    job("freeing", { ...planned(closing(0)), ...failing("effect.refused") }),
    looked(closed()),
  ],
  ["over an index, failing: it is as it was", job("freeing", { ...planned(closing(0)), ...failing("effect.refused") }), looked(old())],
  [
    "over an index, failing: it is overwritten and broken",
    job("freeing", { ...planned(closing(0)), ...failing("effect.refused") }),
    looked(ours({ restoring: false, unassigned: 2 })),
  ],
  ["over an index, failing: its restore hangs", job("freeing", { ...planned(closing(0)), ...failing("restore.stuck") }), looked(ours())],
  [
    "over an index, failing: what was overwritten might be lost",
    job("freeing", { ...planned({ uuid: "uuid-old", state: "open", replicas: 1, closing: ago(0) }), ...failing("effect.refused") }),
    looked(ours()),
  ],
];

export const overwriting = (): Row[] => [...beginning(), ...undoing()];
