import type { Config } from "../../../shared/model/config.ts";
import { AppError } from "../../../shared/model/errors.ts";
import type { JobRow } from "../../../shared/verbs/jobs/show.ts";
import { type Fate, fateText } from "../../../shared/words/fateText.ts";
import { counted } from "../../../shared/words/numbers.ts";
import { say } from "../../../shared/words/say.ts";
import type { LocalHost } from "../host/host.ts";
import { applyPruneByHand, pauseAndCancel, playByHand } from "./byHand.ts";
import { countMovies, createMovies, FIRST_MOVIES, MORE_MOVIES, untilMoviesActive, writeMovies } from "./documents.ts";
import { keepPosition, openPosition } from "./position.ts";
import { type Searches, startSearcher } from "./searcher.ts";
import { openStage, playNight, playPrune, type Stage, type StoryScreen } from "./stage.ts";

const ALL_MOVIES = FIRST_MOVIES.length + MORE_MOVIES.length;
/** Nights played after the move, enough for daily and weekly rules to take effect. */
const NIGHTS_DEFAULT = 14;

export interface StoryOptions {
  /** Nights after the move, at least two: one before the policy is applied by hand, one after. A resumed story keeps its own number. */
  nights?: number;
  /** False skips the last chapters, in which each verb is called by hand over HTTP. */
  byHand?: boolean;
}

/** The single line printed by `--json`. */
export interface StoryResult {
  documents: { source: number; target: number };
  restores: { job: string; snapshot: string; index: string; documents: number }[];
  copied: { blobs: number; bytes: number }[];
  /** Of this start only. */
  searches: Searches;
  /** Every snapshot that exists at the end. */
  kept: { name: string; reasons: string[] }[];
  /** Those of them that the next prunes would remove. */
  next: string[];
  removed: string[];
  seconds: number;
}

/** Why a story that was played to its end is no success, a line each; empty for a good one. */
export function faultsOf({ documents: { source, target }, searches }: Pick<StoryResult, "documents" | "searches">): string[] {
  const { total, failed, wrong } = searches;
  return [
    ...(source === target ? [] : [`the source holds ${counted(source, "document", "documents")}, the target ${target}`]),
    ...(failed === 0 ? [] : [`${failed} of ${total} searches failed`]),
    ...(wrong === 0 ? [] : [`${wrong} of ${total} searches found a count that the story never had`]),
  ];
}

interface Scene {
  title: string;
  /** May have been started before and interrupted anywhere: each of its effects must happen only once. */
  play(): Promise<void>;
}

/** Throws `invalid` for a configuration without what the story plays with. */
export function requireStory({ backups, copies, watches }: Pick<Config, "backups" | "copies" | "watches">): void {
  const missing = [
    ...(backups.nightly ? [] : ["backups.nightly"]),
    ...(copies["aws-to-oss"] ? [] : ["copies.aws-to-oss"]),
    ...(watches["moved-movies"] ? [] : ["watches.moved-movies"]),
  ];
  if (missing.length === 0) return;
  throw new AppError(
    "invalid",
    `ossnap.yaml: the story needs ${missing.join(", ")} of the example: put them back, or play no story: npm start -- --config ossnap.yaml`,
  );
}

/**
 * The whole story on real parts: backup, copy, proof, restore, incremental round, retention, and the same by hand.
 * On a run directory where it was interrupted it resumes with the current scene.
 */
export async function playStory(host: LocalHost, screen: StoryScreen, options: StoryOptions = {}): Promise<StoryResult> {
  requireStory(host.config);
  const startedMs = Date.now();
  const stage = openStage(host, screen);
  const { run } = host.plan;
  const position = openPosition(run, (options.nights ?? NIGHTS_DEFAULT) + 2);
  // A kill leaves shards that are recovered one by one, and the source is backed up and counted.
  await untilMoviesActive(host.source.url);
  const searcher = await startSearcher(host.target.url, countsFrom(position.scenesPlayed));

  for (const [at, { title, play }] of scenesOf(stage, position.nights, options.byHand ?? true).entries()) {
    if (at < position.scenesPlayed) continue;
    screen.chapter(title);
    if (at === 1) searcher.allow(ALL_MOVIES);
    await play();
    position.scenesPlayed = at + 1;
    keepPosition(run, position);
  }
  const documents = await bothCounts(stage);
  const present = await presentSnapshots(stage);
  const searches = await searcher.stop();
  screen.done(
    `${searches.total} searches all the while: ${searches.failed} failed, ${searches.wrong} wrong; counts seen: ${searcher.seen.join(", ")}`,
  );
  return { documents, ...(await results(stage)), searches, ...present, seconds: Math.round((Date.now() - startedMs) / 100) / 10 };
}

function scenesOf(stage: Stage, nights: readonly Date[], byHand: boolean): Scene[] {
  const { source } = stage.host;
  const scenes = [
    { title: `Three documents on Elasticsearch ${source.version}, and the first night`, play: () => firstNight(stage, nights[0] as Date) },
    { title: "Two more documents, and the second night", play: () => secondNight(stage, nights[1] as Date) },
    { title: `${nights.length - 2} more nights in quick time, thinned out`, play: () => playNights(stage, nights.slice(2)) },
  ];
  if (!byHand) return scenes;
  return [
    ...scenes,
    { title: "The same by hand, over HTTP", play: () => playByHand(stage) },
    { title: "Held back, called off, and refused, by hand", play: () => pauseAndCancel(stage) },
  ];
}

/** The counts that a reader may see, by position in the story: either count during the second night, and only the second one after it. */
function countsFrom(scenesPlayed: number): number[] {
  return [[FIRST_MOVIES.length], [FIRST_MOVIES.length, ALL_MOVIES]][scenesPlayed] ?? [ALL_MOVIES];
}

async function firstNight(stage: Stage, night: Date): Promise<void> {
  const { url, version } = stage.host.source;
  await createMovies(url);
  await writeMovies(url, version, FIRST_MOVIES);
  await playNight(stage, night);
  await followMove(stage, 1);
}

async function secondNight(stage: Stage, night: Date): Promise<void> {
  const { url, version } = stage.host.source;
  await writeMovies(url, version, MORE_MOVIES);
  await playNight(stage, night);
  await followMove(stage, 2);
  const { source, target } = await bothCounts(stage);
  stage.screen.done(`counts equal: ${source} = ${target}`);
}

async function bothCounts({ host }: Stage): Promise<StoryResult["documents"]> {
  return { source: await countMovies(host.source.url), target: await countMovies(host.target.url) };
}

/** The copy triggered by the backup, the event, the proof, the restore and the swap: all happen automatically and are only observed. */
async function followMove({ screen, follow, nth }: Stage, round: number): Promise<void> {
  for (const kind of ["copy", "arrival", "restore"]) {
    const job = await follow(`${kind} ${round}`, () => nth(kind, round));
    screen.done(say(job.reason));
  }
}

/** In the first half snapshots accumulate, because the policy was never applied by hand; then it is, and later nights are pruned. */
async function playNights(stage: Stage, nights: readonly Date[]): Promise<void> {
  const half = Math.ceil(nights.length / 2);
  for (const night of nights.slice(0, half)) await playNight(stage, night);
  const refused = await playPrune(stage, nights[half - 1] as Date);
  // Of few nights nothing would be removed, which needs nobody.
  const isRefused = refused.state === "refused";
  if (!isRefused && removedBy(refused).length > 0)
    throw new Error(`a policy that was never applied by hand was pruned on its timer: ${refused.state}`);
  stage.screen.done(`on the timer${isRefused ? ", refused" : ""}: ${say(refused.reason)}`);
  await applyPruneByHand(stage);
  for (const night of nights.slice(half)) {
    await playNight(stage, night);
    const prune = await playPrune(stage, night);
    const gone = removedBy(prune);
    stage.screen.done(gone.length > 0 ? `on the timer: removed ${gone.join(", ")}` : say(prune.reason));
  }
}

function removedBy({ result }: JobRow): string[] {
  return (result as { removed?: string[] } | undefined)?.removed ?? [];
}

/** Read from the records of finished jobs rather than from what was observed: after a kill the host has observed only the end. */
async function results({ jobs }: Stage): Promise<Pick<StoryResult, "restores" | "copied" | "removed">> {
  const done = async (kind: string) => (await jobs(kind)).filter(({ state }) => state === "done").reverse();
  const restores = (await done("restore")).map(({ id, result }) => {
    const { snapshot, indices } = result as { snapshot: string; indices: { as: string; documents: number }[] };
    return { job: id, snapshot, index: indices[0]?.as ?? "", documents: indices[0]?.documents ?? 0 };
  });
  const copied = (await done("copy")).map(({ result }) => {
    const { blobs, bytes } = result as { blobs: number; bytes: number };
    return { blobs, bytes };
  });
  return { restores, copied, removed: (await done("prune")).flatMap(removedBy) };
}

/** All that exist; the backup by hand may have made some of them superfluous, which the next prune removes. */
async function presentSnapshots({ api, screen }: Stage): Promise<Pick<StoryResult, "kept" | "next">> {
  const { data } = await api.get<{ data: { name: string; fate: Fate }[] }>("/snapshots?policy=nightly");
  for (const { name, fate } of data) screen.done(`${name} ${fateText(fate)}`);
  return {
    kept: data.map(({ name, fate }) => ({ name, reasons: fate.reasons.map(say) })),
    next: data.flatMap(({ name, fate }) => (fate.decision === "keep" ? [] : name)),
  };
}
