import { hasCode, messageOf } from "../../shared/model/errors.ts";
import { bytesText, counted, durationText } from "../../shared/words/numbers.ts";
import { startLocalHost } from "./host/host.ts";
import { readStartOptions, type StartOptions, USAGE } from "./host/startOptions.ts";
import { terminalScreen } from "./story/screen.ts";
import { faultsOf, playStory, type StoryResult } from "./story/story.ts";

/** A shell's exit code for a program terminated by Ctrl-C. */
const INTERRUPTED = 130;

/** Starts everything, plays the story, and then serves until Ctrl-C. */
async function main(args: readonly string[]): Promise<number> {
  const options = parse(args);
  if (options === undefined) return 2;
  if (options.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const screen = terminalScreen(process.stderr);
  const stopped = new Promise<void>((resolve) => {
    // Not `once`: a terminal's Ctrl-C arrives twice when the starter passes it on, and the second must not interrupt the clean-up.
    for (const signal of ["SIGINT", "SIGTERM"])
      process.on(signal, () => {
        screen.progress(`ended by ${signal}`);
        resolve();
      });
  });
  const starting = startLocalHost({
    versions: options.versions,
    dataDirectory: options.data,
    onNote: (text) => screen.progress(text),
    onNotice: ({ key, status, text }) => screen.done(`notice: ${status} ${key}: ${text}`),
    onLog: (line) => {
      if (process.env.OSSNAP_LOG !== undefined) process.stderr.write(`${line}\n`);
    },
  });
  const interrupted = stopped.then(() => undefined);
  // Everything started so far ends with this process; the next start removes its directory.
  const host = await Promise.race([starting, interrupted]);
  if (host === undefined) return INTERRUPTED;
  try {
    const outcome = await Promise.race([playStory(host, screen), interrupted]);
    if (outcome === undefined) return INTERRUPTED;
    if (options.json) process.stdout.write(`${JSON.stringify(outcome)}\n`);
    else screen.table(closingTable(outcome));
    const faults = faultsOf(outcome);
    for (const fault of faults) screen.failed(fault);
    if (faults.length > 0) return 1;
    if (options.once) return 0;
    host.startTimers();
    screen.table([
      ["", ""],
      ["serving", `${host.httpUrl} (timers run) until Ctrl-C`],
      ["operator's token", host.plan.tokens.operator],
      ["viewer's token", host.plan.tokens.viewer],
      ["try", "npm run -s ossnap -- snapshots"],
    ]);
    await stopped;
    return 0;
  } finally {
    screen.progress("stopping");
    await host.close();
    screen.done("stopped; its servers and variables are gone, so `npm run -s ossnap` needs another npm start");
    screen.end();
  }
}

/** Undefined after an error has been printed to standard error. */
function parse(args: readonly string[]): StartOptions | undefined {
  try {
    return readStartOptions(args);
  } catch (error) {
    if (!hasCode(error, "invalid")) throw error;
    process.stderr.write(`${error.message}\n${USAGE}\n`);
    return undefined;
  }
}

function closingTable(story: StoryResult): [string, string][] {
  return [
    ["documents", `${story.documents.source} at the source, ${story.documents.target} at the target`],
    ["copies", copiesText(story.copied)],
    [
      "restores",
      `${counted(story.restores.length, "restore", "restores")}, each proven before and counted after; documents: ${[...new Set(story.restores.map(({ documents }) => documents))].join(", then ")}`,
    ],
    ["searches", `${story.searches.total}, ${story.searches.failed} failed, ${story.searches.wrong} wrong`],
    ["snapshots", snapshotsText(story)],
    ["took", durationText(story.seconds)],
  ];
}

function snapshotsText({ kept, next, removed }: StoryResult): string {
  const going = next.length === 0 ? "" : `; the next prune would remove ${next.length}`;
  return `${counted(kept.length, "snapshot exists", "snapshots exist")}, ${removed.length} removed${going}`;
}

/** The first copy in full, the second with only new blobs, then all others together. */
function copiesText(copied: StoryResult["copied"]): string {
  const [first, second, ...rest] = copied;
  const text = (copy: StoryResult["copied"][number] | undefined) =>
    `${counted(copy?.blobs ?? 0, "blob", "blobs")}, ${bytesText(copy?.bytes ?? 0)}`;
  return `first ${text(first)} · second, new blobs only: ${text(second)} · ${rest.length} more`;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`✗ ${messageOf(error)}\n`);
    process.exit(1);
  },
);
