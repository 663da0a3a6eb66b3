import { hasCode, messageOf } from "../../shared/model/errors.ts";
import { bytesText, counted, durationText } from "../../shared/words/numbers.ts";
import { type LocalHost, startLocalHost } from "./host/host.ts";
import { readStartOptions, type StartOptions, USAGE } from "./host/startOptions.ts";
import { countMovies, createMovies, FIRST_MOVIES, untilMoviesActive, writeMovies } from "./story/documents.ts";
import { type Screen, terminalScreen } from "./story/screen.ts";
import { faultsOf, playStory, type StoryResult } from "./story/story.ts";

/** A shell's exit code for a program terminated by Ctrl-C. */
const INTERRUPTED = 130;

/** Starts everything, plays the story or writes the documents of a given configuration, and then serves until Ctrl-C. */
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
    configFile: options.config,
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
    const opening = options.config === undefined ? tell(host, options, screen) : writeDocuments(host, screen);
    const code = await Promise.race([opening, stopped.then(() => INTERRUPTED)]);
    if (code !== 0 || options.once) return code;
    host.startTimers();
    screen.table([
      ["", ""],
      ["serving", `${host.httpUrl} (timers run) until Ctrl-C`],
      ["operator's token", host.plan.tokens.operator],
      ["viewer's token", host.plan.tokens.viewer],
      ["try", options.config === undefined ? "npm run -s ossnap -- snapshots" : "npm run -s ossnap -- status"],
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

/** The story, with its result on the screen or as JSON, and the exit code. */
async function tell(host: LocalHost, { json }: StartOptions, screen: Screen): Promise<number> {
  const outcome = await playStory(host, screen);
  if (json) process.stdout.write(`${JSON.stringify(outcome)}\n`);
  else screen.table(closingTable(outcome));
  const faults = faultsOf(outcome);
  for (const fault of faults) screen.failed(fault);
  return faults.length > 0 ? 1 : 0;
}

/** What a configuration of the user's own finds: the story's first documents, unless the directory has some of an earlier start. */
async function writeDocuments({ source: { url, version } }: LocalHost, screen: Screen): Promise<number> {
  await untilMoviesActive(url);
  await createMovies(url);
  await untilMoviesActive(url);
  if ((await countMovies(url)) === 0) await writeMovies(url, version, FIRST_MOVIES);
  screen.done(`movies on the source (${url}, Elasticsearch ${version}): ${counted(await countMovies(url), "document", "documents")}`);
  return 0;
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
