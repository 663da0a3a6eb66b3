import { shownValue } from "../../../shared/model/plainText.ts";
import { printDuration } from "../../../shared/repository/duration.ts";
import { listPins, pinSnapshot, unpinSnapshot } from "../../../shared/verbs/pins/apply.ts";
import type { Expiry, Pin } from "../../../shared/verbs/pins/gather.ts";
import { say } from "../../../shared/words/say.ts";
import type { Answer } from "../answer.ts";
import { path } from "../at/api.ts";
import { ask, askList } from "../at/ask.ts";
import { EXIT } from "../exitCodes.ts";
import { commandText, type Look, marked } from "../screen/look.ts";
import { tableLines } from "../screen/table.ts";
import type { Session } from "../session.ts";

export interface PinOptions {
  snapshot: string;
  repository: string;
  because: string;
  until: Expiry | undefined;
}

/** Pins one snapshot; a second pin replaces the first. */
export async function pin(session: Session, { snapshot, repository, because, until }: PinOptions): Promise<Answer> {
  const made = await ask(
    session,
    { method: "POST", path: "/pins", body: { repository, snapshot, because, until: untilWord(until) } },
    (world) => pinSnapshot(world, { repository, snapshot, because, until }, session.asked.who),
  );
  const text = (look: Look) =>
    `${marked(look, "good", `${shownValue(made.name)} is pinned in ${repository} ${untilText(made)}`)}\nTo remove the pin:  ${commandText(look, "unpin", made.name, "--repository", repository)}`;
  return { schema: "pin/1", data: made, exitCode: EXIT.ok, text };
}

/** As `--until` reads it. */
function untilWord(until: Expiry | undefined): string | undefined {
  if (until === undefined) return undefined;
  return "at" in until ? until.at.toISOString() : printDuration(until.inMs);
}

/** Removes a pin. */
export async function unpin(session: Session, { snapshot, repository }: Pick<PinOptions, "snapshot" | "repository">): Promise<Answer> {
  const removed = await ask(session, { method: "DELETE", path: path`/pins/${repository}/${snapshot}` }, (world) =>
    unpinSnapshot(world, repository, snapshot),
  );
  const text = (look: Look) =>
    marked(look, "good", `${shownValue(removed.name)} is no longer pinned in ${repository}; the rules of its policy decide again`);
  return { schema: "unpin/1", data: removed, exitCode: EXIT.ok, text };
}

/** Every pin, the newest first. */
export async function pins(session: Session): Promise<Answer> {
  const { rows: found } = await askList(session, { method: "GET", path: "/pins" }, async (world) => ({
    rows: await listPins(world),
    warnings: [],
  }));
  const rows = found.map((one) => [
    one.name,
    one.repository,
    one.expired ? `expired ${one.until}` : untilText(one),
    one.by,
    one.damaged ? say(one.damaged) : one.because,
  ]);
  const columns = [
    { head: "NAME", name: true },
    { head: "REPOSITORY" },
    { head: "HOLDS" },
    { head: "BY" },
    { head: "BECAUSE", sentence: true },
  ];
  const text = (look: Look) => (rows.length === 0 ? "No snapshot is pinned." : tableLines(columns, rows, look).join("\n"));
  return { schema: "pins/1", data: found, exitCode: EXIT.ok, text };
}

function untilText({ until }: Pin): string {
  return until === undefined ? "until it is removed" : `until ${until}`;
}
