import { cutOverSeconds, type MigrationStatus, showMigrations } from "../../../../shared/verbs/migration/show.ts";
import { counted, durationText } from "../../../../shared/words/numbers.ts";
import { say } from "../../../../shared/words/say.ts";
import type { Answer } from "../../answer.ts";
import { askList } from "../../at/ask.ts";
import { EXIT } from "../../exitCodes.ts";
import { agoText, commandText, type Look, marked } from "../../screen/look.ts";
import type { Session } from "../../session.ts";
import { slotTimes } from "../reachText.ts";

/** Where each migration stands: its last pass, how far the source is ahead, and what a cut-over did. */
export async function migrationStatus(session: Session, { name }: { name?: string | undefined }): Promise<Answer> {
  const { rows: shown } = await askList<MigrationStatus, never>(
    session,
    { method: "GET", path: "/migrations", query: { name } },
    async (world) => ({
      rows: await showMigrations(world, name),
      warnings: [],
    }),
  );
  const exitCode = shown.some(({ fault }) => fault !== undefined) ? EXIT.failed : EXIT.ok;
  return { schema: "migrations/1", data: shown, exitCode, text: (look) => statusText(shown, look) };
}

function statusText(shown: readonly MigrationStatus[], look: Look): string {
  if (shown.length === 0) return "No migrations in ossnap.yaml; docs/migrating.md has an entry to begin with.";
  return shown.map((one) => linesOf(one, look).join("\n")).join("\n\n");
}

function linesOf(one: MigrationStatus, look: Look): string[] {
  const { migration, source, target, job, failed, last, cut, lag, fault, next, timeZone } = one;
  const lines = [`${migration}: ${source} → ${target}`];
  if (cut) lines.push(marked(look, "good", `cut over ${agoText(look, cut.at)} by ${cut.by}: ${target} serves ${cut.snapshot.name}`));
  if (cut?.blocked.length) lines.push(`  writes are blocked on ${source}: ${cut.blocked.join(", ")}`);
  if (job) lines.push(`  ${job.mode} is under way (${job.id}): ${say(job.reason)}`);
  if (failed) lines.push(marked(look, "bad", `failed ${agoText(look, failed.at)}: ${say(failed.reason)}`));
  if (last)
    lines.push(
      `  last pass ${agoText(look, last.at)}: ${last.snapshot.name}, ${documentsText(last.documents)}${secondsText(last.seconds)}`,
    );
  if (lag) lines.push(`  ${lagText(one, lag)}`);
  if (fault !== undefined) lines.push(marked(look, "bad", `${source}: ${fault}`));
  const cutOver = last && !cut ? cutOverSeconds(last) : undefined;
  if (cutOver !== undefined) lines.push(`  the last pass of a cut-over takes about ${durationText(cutOver)}`);
  const { times, offset } = slotTimes(next.slice(0, 1));
  if (times.length > 0) lines.push(`  next pass by the schedule: ${times.join()} ${offset} (${timeZone})`);
  if (!last && !cut && !job)
    lines.push(`No pass was ${failed ? "completed" : "made"} yet. To make one:  ${commandText(look, "migrate", "sync", migration)}`);
  return lines;
}

const documentsText = (documents: number) => counted(documents, "document", "documents");

function secondsText(seconds: NonNullable<MigrationStatus["last"]>["seconds"]): string {
  const parts = (["backup", "copy", "restore"] as const).flatMap((part) => {
    const of = seconds[part];
    return of === undefined ? [] : [`${part} ${durationText(of)}`];
  });
  return seconds.total === undefined ? "" : ` in ${durationText(seconds.total)} (${parts.join(", ")})`;
}

function lagText({ source }: MigrationStatus, { documents, operations, seconds }: NonNullable<MigrationStatus["lag"]>): string {
  const since = `since its snapshot began ${durationText(seconds)} ago`;
  if (documents === null) return `how far ${source} is ahead is unknown, ${since}`;
  const more = documents >= 0 ? `${documentsText(documents)} more` : `${documentsText(-documents)} fewer`;
  return `${source} has ${more}${operations === null ? "" : `, after ${counted(operations, "operation", "operations")}`}, ${since}`;
}
