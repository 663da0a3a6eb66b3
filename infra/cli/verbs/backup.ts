import { randomUUID } from "node:crypto";
import type { World } from "../../../shared/jobs/world.ts";
import { slotOf } from "../../../shared/model/slot.ts";
import { fingerprintOf } from "../../../shared/runtime/http/routes.ts";
import { askBackup } from "../../../shared/verbs/backup/ask.ts";
import { type BackupPreview, type PreviewedIndex, previewBackup } from "../../../shared/verbs/backup/preview.ts";
import { bytesText, counted } from "../../../shared/words/numbers.ts";
import { say } from "../../../shared/words/say.ts";
import type { Answer } from "../answer.ts";
import { path } from "../at/api.ts";
import { ask } from "../at/ask.ts";
import { type ActingOptions, begin } from "../begin.ts";
import { EXIT, problem } from "../exitCodes.ts";
import { COLUMNS } from "../screen/layout.ts";
import { commandText, type Look, marked } from "../screen/look.ts";
import { tableLines } from "../screen/table.ts";
import type { Session } from "../session.ts";

export interface BackupOptions extends ActingOptions {
  policy: string;
  dryRun?: boolean;
  because?: string | undefined;
}

/** Requests a snapshot for the current slot; without a caller's key each call creates its own job. */
export async function backup(session: Session, { policy, dryRun, because, ...options }: BackupOptions): Promise<Answer> {
  const call = { method: "POST", path: path`/backups/${policy}` } as const;
  if (dryRun) {
    const preview = await ask(session, { ...call, body: { dryRun, because } }, (world) =>
      previewBackup(world, policy, { who: session.asked.who, because }),
    );
    return previewAnswer(preview, because);
  }
  const body = because === undefined ? {} : { because };
  const fingerprint = fingerprintOf("POST", `/backups/${policy}`, { dryRun: false, ...body });
  const here = (world: World) => {
    const slot = slotOf(world.clock.now());
    return askBackup(world, { policy, slot, asked: session.asked, key: options.key ?? world.newKey(), fingerprint, because });
  };
  // Without one of the caller's, an own key: each call is a job of its own.
  const given = options.key ?? (session.api ? randomUUID() : undefined);
  return begin(session, { call: { ...call, body }, here, fingerprint }, { ...options, key: given });
}

function previewAnswer(preview: BackupPreview, because: string | undefined): Answer {
  const answer = { schema: "backup-preview/1", data: preview, text: (look: Look) => previewText(preview, because, look) };
  if (!preview.refusal) return { ...answer, exitCode: EXIT.ok };
  return { ...answer, exitCode: EXIT.refused, problem: problem("backup-refused", say(preview.refusal), { preview }) };
}

const INDENT = "  ";
const indented = (lines: readonly string[]) => lines.map((line) => INDENT + line);
/** More would hide what is left out; `--json` has all. */
const INDICES_SHOWN = 40;

/** What would be taken, what is left out, and the request; a dry run uses "would" throughout. */
export function previewText(preview: BackupPreview, because: string | undefined, look: Look): string {
  const { policy, cluster, version, repository, snapshot, indices, remarks, refusal, request, bytes } = preview;
  const remarkLines = remarks.map((remark) => marked(look, "attention", say(remark)));
  if (refusal) return [...remarkLines, marked(look, "bad", `Refused: ${say(refusal)}. Nothing would be started.`)].join("\n");
  const shown = indices.slice(0, INDICES_SHOWN);
  const more = indices.length - shown.length;
  return [
    `Would take ${counted(indices.length, "index", "indices")} (${bytesText(bytes)}) of ${cluster} (Elasticsearch ${version}) into ${repository}:`,
    ...indented(
      tableLines([{ head: "NAME", name: true }, { head: "SIZE", align: "right" }, { head: "NOTES" }], shown.map(indexRow), look, WIDTH),
    ),
    ...(more > 0 ? [`${INDENT}and ${more} more; --json lists all`] : []),
    ...leftOutLines(preview),
    ...remarkLines,
    `The request: PUT _snapshot/${repository}/${snapshot}`,
    ...indented(JSON.stringify(request, undefined, 2).split("\n")),
    `Nothing was started. To do it:  ${commandText(look, "backup", policy, ...(because === undefined ? [] : ["--because", because]))}`,
  ].join("\n");
}

const WIDTH = COLUMNS - INDENT.length;

function indexRow({ name, bytes, stream, notes }: PreviewedIndex): string[] {
  return [
    name,
    bytes === undefined ? "?" : bytesText(bytes),
    [...(stream === undefined ? [] : [`of stream ${stream}`]), ...notes].join(", "),
  ];
}

function leftOutLines({ leftOut }: BackupPreview): string[] {
  if (leftOut.length === 0) return ["Nothing would be left out."];
  return ["Would leave out:", ...leftOut.map(({ reason }) => `${INDENT}${say(reason)}`)];
}
