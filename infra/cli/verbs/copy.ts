import type { World } from "../../../shared/jobs/world.ts";
import { fingerprintOf } from "../../../shared/runtime/http/routes.ts";
import { askCopy } from "../../../shared/verbs/copy/ask.ts";
import { type CopyPreview, previewCopy } from "../../../shared/verbs/copy/preview.ts";
import { bytesText, counted, countText, durationText } from "../../../shared/words/numbers.ts";
import { say } from "../../../shared/words/say.ts";
import type { Answer } from "../answer.ts";
import { path } from "../at/api.ts";
import { ask } from "../at/ask.ts";
import { type ActingOptions, begin } from "../begin.ts";
import { EXIT, problem } from "../exitCodes.ts";
import { commandText, type Look, marked } from "../screen/look.ts";
import type { Session } from "../session.ts";

export interface CopyOptions extends ActingOptions {
  name: string;
  dryRun?: boolean;
  check?: boolean;
}

/** Requests a copy of the source in its current state; while it is open, the same root again yields the same job, and so does the same key ever after. */
export async function copy(session: Session, { name, dryRun = false, check = false, ...options }: CopyOptions): Promise<Answer> {
  const call = { method: "POST", path: path`/copies/${name}` } as const;
  if (dryRun) return previewAnswer(await ask(session, { ...call, body: { dryRun } }, (world) => previewCopy(world, name)));
  const body = check ? { check } : {};
  const fingerprint = fingerprintOf("POST", `/copies/${name}`, { dryRun: false, check });
  const here = (world: World) => askCopy(world, name, session.asked, { key: options.key, fingerprint, check });
  return begin(session, { call: { ...call, body }, here, fingerprint }, options);
}

function previewAnswer(preview: CopyPreview): Answer {
  const answer = { schema: "copy-preview/1", data: preview, text: (look: Look) => previewText(preview, look) };
  if (!preview.refusal) return { ...answer, exitCode: EXIT.ok };
  return { ...answer, exitCode: EXIT.refused, problem: problem("copy-refused", say(preview.refusal), { preview }) };
}

/** More would hide the figures; `--json` has all. */
const SNAPSHOTS_SHOWN = 5;

/** What would be copied and what it takes; a dry run uses "would" throughout. */
function previewText(preview: CopyPreview, look: Look): string {
  const { copy: name, from, to, snapshots, missing, present, remarks, refusal } = preview;
  if (refusal) return marked(look, "bad", `Refused: ${say(refusal)}. Nothing would be started.`);
  const more = snapshots.length - SNAPSHOTS_SHOWN;
  const named = [...snapshots.slice(-SNAPSHOTS_SHOWN).reverse(), ...(more > 0 ? [`and ${more} more; --json lists all`] : [])];
  return [
    `${from} to ${to}:`,
    missing.blobs === 0
      ? `Would copy nothing: ${counted(present.blobs, "blob", "blobs")} (${bytesText(present.bytes)}), all of them, are there.`
      : `Would copy ${counted(missing.blobs, "blob", "blobs")} (${bytesText(missing.bytes)}); ${counted(present.blobs, "is", "are")} there already (${bytesText(present.bytes)}).`,
    ...costLines(preview),
    `The destination would list ${counted(snapshots.length, "snapshot", "snapshots")}: ${named.join(", ")}`,
    ...remarks.map((remark) => marked(look, "attention", say(remark))),
    `Nothing was started. To do it:  ${commandText(look, "copy", name)}`,
  ].join("\n");
}

function costLines({ missing, requests, requestsCny, estimate }: CopyPreview): string[] {
  if (missing.blobs === 0) return [];
  const cny = requestsCny !== null && requestsCny < 0.01 ? "less than CNY 0.01" : `about CNY ${(requestsCny ?? 0).toFixed(2)}`;
  const cost = requestsCny === null ? "" : ` (${cny} at OSS; what the source charges is not known)`;
  return [
    `Requests: about ${countText(requests.get)} GET at the source, ${countText(requests.put)} PUT at the destination${cost}.`,
    estimate === null
      ? "Time: unknown, because no copy of this entry has moved anything yet."
      : `Time: about ${durationText(estimate.seconds)} at the ${bytesText(estimate.bytesPerSecond)}/s of ${estimate.job}.`,
  ];
}
