import type { Watch } from "../../../shared/model/config.ts";
import { reason } from "../../../shared/model/reason.ts";
import type { MissingBlob, SnapshotProof } from "../../../shared/model/repository.ts";
import {
  type ArrivalData,
  type ArrivalJob,
  type ArrivalLookFound,
  type ArrivalObservation,
  stepArrival,
} from "../../../shared/verbs/arrival/step.ts";
import { jobOf } from "../../jobs/jobs.ts";
import { testConfig } from "../../world/world.ts";
import { type Decided, decide } from "../decisions.ts";

const WATCH = testConfig().watches.moved as Watch;
const SNAPSHOT = { name: "nightly-2026.11.21", uuid: "kT8wPz0eQ3", startTime: "2026-11-21T01:00:06.531Z" };
const EMPTY: ArrivalData = { probes: [], missing: 0, damaged: 0 };
const BLOB: MissingBlob = { key: "indices/aB3/1/__c", expectedBytes: 4_096, foundBytes: 1_024 };
const ABSENT: MissingBlob = { key: "indices/aB3/0/__7", expectedBytes: null, foundBytes: null };
const LOOKS = { missingBytes: 7_168, provenShards: 6, shards: 8, nextLook: "2026-11-21T01:31:00.000Z", etaSeconds: 90 };
const LOOKED: ArrivalData = {
  probes: [{ key: BLOB.key, bytes: 4_096 }],
  missing: 5,
  damaged: 0,
  progress: { ...LOOKS, looks: 3, etaSeconds: 240 },
};

const job = (data: ArrivalData = EMPTY, change: { cancelling?: boolean; which?: Watch["restore"]["which"] } = {}): ArrivalJob => {
  const watch = { ...WATCH, restore: { ...WATCH.restore, which: change.which ?? "latest" } };
  const input = { watchName: "moved", watch, snapshot: SNAPSHOT, generation: 17 };
  const made: ArrivalJob = jobOf({ id: "arrival-moved-kt8wpz0eq3", state: "asked", input, data, cancelling: change.cancelling ?? false });
  return { ...made, head: { ...made.head, reason: reason("arrival.proving", { snapshot: SNAPSHOT.name, provenShards: 5, shards: 8 }) } };
};
const look = (change: Partial<ArrivalLookFound> = {}): ArrivalObservation => ({
  seen: "look",
  found: { missing: 0, damaged: 0, probes: [], firstDamaged: undefined, looks: LOOKS, ...change },
});
const parts = (etaSeconds: number | null) => ({ files: 3, bytes: 3_000_000, verifiedBytes: 1_010_000, etaSeconds });
const proof = (verdict: SnapshotProof["verdict"], change: Partial<SnapshotProof> = {}): ArrivalObservation => ({
  seen: "proof",
  since: new Date("2026-11-21T01:20:00Z"),
  proof: {
    verdict,
    level: "footers",
    name: SNAPSHOT.name,
    uuid: SNAPSHOT.uuid,
    generation: 18,
    rootSha256: "9d1e",
    closure: { digest: "4f9c51" } as SnapshotProof["closure"],
    blobs: 42,
    bytes: 73_400_320,
    missing: [],
    damaged: [],
    reason: undefined,
    requests: { list: 1, get: 2, head: 3 },
    ...change,
  },
});
const crc = { key: BLOB.key, check: "crc32", expected: "1c3f", found: "0000" };

export function arrivalDecisions(): Decided[] {
  return decide<ArrivalJob["intent"]["input"], ArrivalData, ArrivalObservation>(stepArrival, new Date(0), [
    ["asks for the restore of a whole snapshot", job(LOOKED), proof("whole")],
    ["a whole snapshot whose closure is not known in full", job(), proof("whole", { closure: undefined })],
    ["only reports a whole snapshot of a watch that restores by hand", job(LOOKED, { which: "by-hand" }), proof("whole")],
    [
      "not restorable, for the proof's reason",
      job(LOOKED),
      proof("not-restorable", { reason: reason("snapshot.notRestorable", { snapshot: SNAPSHOT.name, state: "FAILED" }) }),
    ],
    ["a damaged blob", job(), proof("damaged", { damaged: [crc, { ...crc, key: "indices/aB3/1/__d" }] })],
    [
      "unproven, for the proof's reason",
      job(),
      proof("unproven", { reason: reason("snapshot.shallow", { snapshot: SNAPSHOT.name, version: "OpenSearch 2.11.0" }) }),
    ],
    ["a look finds missing blobs for the first time", job(), look({ missing: 2, probes: [BLOB, ABSENT] })],
    [
      "a later look counts on, and probes from the first missing blob",
      job(LOOKED),
      look({ missing: 1, damaged: 1, probes: [ABSENT], firstDamaged: crc.key }),
    ],
    ["a look finds damaged blobs and none missing", job(LOOKED), look({ damaged: 2, firstDamaged: crc.key, parts: parts(60) })],
    ["a look reads files in several parts", job(LOOKED), look({ parts: parts(130) })],
    ["a look reads files in several parts, with no estimate yet", job(LOOKED), look({ parts: parts(null) })],
    ["a look proves shards", job(LOOKED), look()],
    ["the probes are still missing", job(LOOKED), { seen: "stillMissing", first: BLOB }],
    [
      "the probes are still missing, and nothing is known of the progress",
      job({ ...EMPTY, missing: 1 }),
      { seen: "stillMissing", first: ABSENT },
    ],
    ["the back-off has not ended", job(LOOKED), { seen: "nothingNew" }],
    ["the newest root cannot be read", job(LOOKED), { seen: "unreadable", message: "index-18: byte 12 is no SMILE" }],
    [
      "the watch's patterns select nothing",
      job(LOOKED),
      { seen: "refused", fault: reason("selection.empty", { patterns: ["films-*"], indices: 3 }) },
    ],
    [
      "its start lies in the future",
      job(LOOKED),
      { seen: "future", startTime: "2026-12-24T01:00:06.531Z", until: "2026-12-24T00:50:06.531Z" },
    ],
    ["it is gone from the root", job(LOOKED), { seen: "vanished" }],
    ["a newer snapshot is served", job(LOOKED), { seen: "overtaken", by: "nightly-2026.11.22" }],
    ["an older arrival comes first", job(LOOKED), { seen: "queued", by: "arrival-moved-older" }],
    ["a newer snapshot is whole", job(LOOKED), { seen: "superseded", by: "nightly-2026.11.23" }],
    [
      "its restore was asked for",
      job({ ...LOOKED, restore: "restore-moved-1", blobs: 41, bytes: 2_048, level: "contents" }),
      { seen: "vanished" },
    ],
    ["it is cancelled", job(LOOKED, { cancelling: true }), proof("whole")],
  ]);
}
