import type { Reason } from "../../shared/model/reason.ts";
import type { RootCatalogue } from "../../shared/model/repository.ts";
import { newestFirst } from "../../shared/plan/newestFirst.ts";
import { type BlobPlace, blobPlaces } from "../../shared/proof/blobPlace.ts";
import type { Evidence } from "../../shared/proof/evidence/evidenceRules.ts";
import { type Links, linksReason } from "../../shared/proof/links.ts";
import { type Unlisted, unlistedOf } from "../../shared/proof/rootFaults.ts";
import type { Condition, Survey } from "../../shared/reader/survey/surveyRepository.ts";
import { formatOf } from "./verification.ts";

export interface SurveyRow {
  name: string;
  uuid: string;
  state: string | null;
  version: string | null;
  startTime: string | null;
  /** Bytes that a restore reads, including the root. */
  bytes: number | null;
  /** Bytes freed by deleting this snapshot alone. */
  ownBytes: number | null;
  documents: number | null;
  /** Data blobs that it needs and the bucket lacks. */
  lostBlobs: number;
  /** Metadata blobs that it needs and the bucket lacks. */
  missingMetadata: number;
  /** As far as a survey can tell, which reads no data and little metadata: only `verify` proves that a snapshot is whole. */
  condition: Condition;
  indices: string[];
  /** What is wrong with its entry in the root; it is not taken for a good one. */
  fault?: string;
  evidence: Pick<Evidence, "verdict" | "level" | "generation" | "at"> | null;
}

/** The data of `snapshots <url> --json`. */
export interface SurveyAnswer {
  repository: { url: string; generation: number; root: string; format: string; moved: boolean; hidden?: Reason };
  /** Newest first. */
  snapshots: SurveyRow[];
  orphans: Survey["orphans"];
  writeNeeds: { total: number; missing: string[] };
  /** Data blobs that file lists name and the bucket lacks, or has with another size. */
  lost: { blobs: number; bytes: number; named: (Survey["lost"]["named"][number] & BlobPlace)[] };
  /** Metadata blobs that the bucket lacks, also those that are not named; `withoutKey` of them are file lists of which only the number is known. */
  missingMetadata: { blobs: number; withoutKey: number };
  missing: (Survey["missing"][number] & BlobPlace)[];
  damaged: Survey["damaged"];
  /** What was left out because it is a link, and what helps; absent if nothing was. */
  links?: Links & { reason: Reason };
  /** Uuids that indices of the root name and its list lacks; absent if there are none. */
  unlisted?: Unlisted;
  requests: Survey["requests"];
}

/** `evidence` by uuid: verdicts on these blobs, not on copies of them elsewhere. */
export function surveyOf(url: string, survey: Survey, evidence: ReadonlyMap<string, Evidence>): SurveyAnswer {
  const { root, moved, hidden, orphans, writeNeeds, lost, absent, missing, damaged, links, requests } = survey;
  const placeOf = blobPlaces(root.indices);
  const placed = <B extends { key: string }>(blob: B) => ({ ...blob, ...placeOf(blob.key) });
  const unlisted = unlistedOf(root);
  const rows = survey.snapshots.map((snapshot) => rowOf(snapshot, evidence.get(snapshot.uuid)));
  return {
    repository: { ...headOf(url, root), moved, ...(hidden && { hidden }) },
    snapshots: newestFirst(rows, ({ startTime, name }) => ({ time: startTime ?? "", name })),
    orphans,
    writeNeeds: { total: writeNeeds.length, missing: writeNeeds.flatMap(({ key, there }) => (there ? [] : key)) },
    lost: { blobs: lost.blobs, bytes: lost.bytes, named: lost.named.map(placed) },
    missingMetadata: { blobs: absent.blobs, withoutKey: absent.withoutKey },
    missing: missing.map(placed),
    damaged,
    ...(links && { links: { ...links, reason: linksReason(url, links) } }),
    ...(unlisted.count > 0 && { unlisted }),
    requests,
  };
}

function headOf(url: string, root: RootCatalogue): { url: string; generation: number; root: string; format: string } {
  return { url, generation: root.generation, root: root.key, format: formatOf(root) };
}

function rowOf(snapshot: Survey["snapshots"][number], proven: Evidence | undefined): SurveyRow {
  const { name, uuid, state, version, startTime, bytes, ownBytes, documents, indices, fault } = snapshot;
  const { lostBlobs, missingMetadata, condition } = snapshot;
  return {
    name,
    uuid,
    state: state ?? null,
    version: version ?? null,
    startTime: startTime?.toISOString() ?? null,
    bytes: bytes ?? null,
    ownBytes: ownBytes ?? null,
    documents: documents ?? null,
    lostBlobs,
    missingMetadata,
    condition,
    indices,
    ...(fault !== undefined && { fault }),
    evidence: proven ? { verdict: proven.verdict, level: proven.level, generation: proven.generation, at: proven.at } : null,
  };
}

/** Of the conditions of a snapshot, those in which it lacks nothing that it should have. */
const FAULTLESS: ReadonlySet<Condition> = new Set<Condition>(["complete", "failed", "mounted"]);

/** Whether nothing was found missing or at fault: of the snapshots that can be restored at all, and of the root. */
export function isComplete({ repository, snapshots, lost, missingMetadata, missing, damaged, unlisted, links }: SurveyAnswer): boolean {
  if (repository.hidden || unlisted || links?.isPointer) return false;
  if (lost.blobs > 0 || missingMetadata.blobs > 0 || missing.length > 0 || damaged.length > 0) return false;
  return snapshots.every(({ condition }) => FAULTLESS.has(condition));
}
