import { LEGACY_ROOT_KEY } from "../../shared/format/keys.ts";
import type { MissingBlob, Verdict } from "../../shared/model/repository.ts";
import { type BlobPlace, placeText } from "../../shared/proof/blobPlace.ts";
import { namesakesOf } from "../../shared/proof/rootFaults.ts";
import { missingBlobsOf } from "../../shared/proof/splitBlobs.ts";
import { bytesText, counted, countText } from "../../shared/words/numbers.ts";
import { say } from "../../shared/words/say.ts";
import { linkLines, proposalLines, rootLines } from "./rootTrouble.ts";
import { type Look, marked, type Tone, unknown } from "./screen/look.ts";
import { tableLines } from "./screen/table.ts";
import { isAllWhole, type Verification, type VerifiedSnapshot } from "./verification.ts";

/** Of snapshots, the newest; a root of a few megabytes may list hundreds of thousands, and nobody reads them on a screen. */
export const ROWS_SHOWN = 10_000;
/** Maximum number of faults per snapshot shown in a terminal; programs get all of them. */
const FAULTS_SHOWN = 20;

const TONES: Readonly<Record<Verdict, Tone>> = {
  whole: "good",
  incomplete: "bad",
  damaged: "bad",
  "not-restorable": "none",
  unproven: "attention",
};

/** A verdict with its level for each snapshot, followed by its faulty blobs; `registered` is the repository's name on its cluster. */
export function verificationText(verification: Verification, look: Look, registered?: string): string {
  const { repository, snapshots } = verification;
  const head = headText(repository);
  const columns = [
    { head: "SNAPSHOT", name: true },
    { head: "VERDICT" },
    { head: "LEVEL" },
    { head: "BLOBS", align: "right" as const },
    { head: "BYTES" },
    { head: "DOCUMENTS", align: "right" as const },
  ];
  const shared = namesakesOf(snapshots);
  const shown = shownOf(snapshots);
  const rows = shown.map((snapshot) => ({
    cells: rowOf(snapshot, look),
    below: [...(shared.has(snapshot.name) ? [`uuid ${snapshot.uuid}`] : []), ...faultLines(snapshot)],
  }));
  const left = snapshots.length - shown.length;
  const more = left > 0 ? [`… ${countText(left)} more (--json shows all)`] : [];
  const table = snapshots.length === 0 ? [] : [...tableLines(columns, rows, look), ...more];
  const trouble = rootLines({ root: repository.root, unlisted: verification.unlisted, namesakes: shared }, look);
  for (const note of [verification.unclear, verification.pointer]) if (note) trouble.push(marked(look, "attention", say(note)));
  const hidden = repository.hidden ? [marked(look, "bad", say(repository.hidden))] : [];
  const linked = linkLines(verification.links, repository.hidden, isAllWhole(verification) ? "attention" : "bad", look);
  const helps = [...hidden, ...linked, ...proposalLines(verification.proposal, registered)];
  if (verification.faulty) helps.push(say(verification.faulty));
  return [head, ...table, ...trouble, summary(verification, look), ...helps].join("\n");
}

/** Newest first; what is not whole is never left out for what is. */
function shownOf(snapshots: readonly VerifiedSnapshot[]): readonly VerifiedSnapshot[] {
  if (snapshots.length <= ROWS_SHOWN) return snapshots;
  const faulty = snapshots.filter(({ verdict }) => verdict !== "whole").length;
  let wholeLeft = Math.max(0, ROWS_SHOWN - faulty);
  return snapshots.filter(({ verdict }) => verdict !== "whole" || wholeLeft-- > 0).slice(0, ROWS_SHOWN);
}

/** A root of 2.x has no generation. */
export function headText({ url, generation, format, root }: Verification["repository"]): string {
  return `${url}${root === LEGACY_ROOT_KEY ? "" : `  generation ${generation}`}  format ${format}, root ${root}`;
}

/** `contents, 5 % sampled`: data that was not read is not proven. */
function levelText({ level, sampled }: VerifiedSnapshot): string {
  if (!sampled) return level;
  const percent = sampled.ofBytes === 0 ? 100 : (sampled.bytes / sampled.ofBytes) * 100;
  return `${level}, ${Number(percent.toFixed(percent < 10 ? 1 : 0))} % sampled`;
}

function rowOf(snapshot: VerifiedSnapshot, look: Look): string[] {
  const { name, verdict, blobs, bytes, indices } = snapshot;
  const documents = indices.map((index) => index.documents);
  const known = indices.length > 0 && documents.every((count) => count !== null);
  const total = documents.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  const looked = verdict !== "not-restorable";
  const cells = looked ? [countText(blobs), bytesText(bytes)] : [unknown(look), unknown(look)];
  return [
    name,
    marked(look, TONES[verdict], verdict.replace("-", " ")),
    levelText(snapshot),
    ...cells,
    known ? countText(total) : unknown(look),
  ];
}

function faultLines(snapshot: VerifiedSnapshot): string[] {
  const { missing, damaged, reason } = snapshot;
  const faults = [
    ...missing.map((blob) => `${missingKind(blob).padEnd(7)}  ${named(blob)}  ${sizesText(blob)}`),
    ...damaged.map((blob) => `damaged  ${named(blob)}  ${blob.check}: expected ${blob.expected}, found ${blob.found}`),
  ];
  const left = missingBlobsOf(snapshot) + damaged.length - Math.min(faults.length, FAULTS_SHOWN);
  const whole = snapshot.missingBlobs === undefined ? "all" : "more of them";
  const more = left > 0 ? [`… ${countText(left)} more (--json shows ${whole})`] : [];
  return [...(reason ? [say(reason)] : []), ...faults.slice(0, FAULTS_SHOWN), ...more];
}

/** `movies[0]  indices/…/0/__1`: the index and shard first, because its id says nothing to a person. */
function named(blob: { key: string } & BlobPlace): string {
  const place = placeText(blob);
  return place === "" ? blob.key : `${place}  ${blob.key}`;
}

function missingKind({ expectedBytes, foundBytes }: MissingBlob): string {
  if (foundBytes === null) return "missing";
  return expectedBytes !== null && foundBytes > expectedBytes ? "long" : "short";
}

/** The size of a metadata blob is not known in advance. */
function sizesText({ expectedBytes, foundBytes }: MissingBlob): string {
  const expected = expectedBytes === null ? "" : `expected ${countText(expectedBytes)} B, `;
  return `${expected}found ${foundBytes === null ? "nothing" : `${countText(foundBytes)} B`}`;
}

function summary(verification: Verification, look: Look): string {
  const restorable = verification.snapshots.filter(({ verdict }) => verdict !== "not-restorable");
  const whole = restorable.filter(({ verdict }) => verdict === "whole").length;
  return marked(
    look,
    isAllWhole(verification) ? "good" : "bad",
    `${countText(whole)} of ${counted(restorable.length, "restorable snapshot", "restorable snapshots")} whole`,
  );
}
