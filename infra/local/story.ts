import type { Reason } from "../../shared/model/reason.ts";
import { say } from "../../shared/words/say.ts";
import { countMovies, createMovies, FIRST_MOVIES, MORE_MOVIES, writeMovies } from "./documents.ts";
import type { LocalHost } from "./host.ts";
import { type Searches, startSearcher } from "./searcher.ts";
import { applyPruneByHand, playByHand } from "./storyByHand.ts";
import { openStage, playNight, playPrune, type Stage, type StoryScreen } from "./storyStage.ts";

const DAY_MS = 86_400_000;
/** Nights played after the move, enough for daily and weekly rules to bite. */
const NIGHTS_DEFAULT = 14;

export interface StoryOptions {
  /** Nights after the move, at least two: one before the policy is applied by hand, one after. */
  nights?: number;
  /** False leaves out the last chapter, each verb by hand over HTTP. */
  byHand?: boolean;
}

/** What `--json` prints as its one line. */
export interface StoryResult {
  documents: { source: number; target: number };
  restores: { job: string; snapshot: string; index: string; documents: number }[];
  copied: { blobs: number; bytes: number }[];
  searches: Searches;
  kept: { name: string; reasons: string[] }[];
  removed: string[];
  seconds: number;
}

/** The whole story on real parts: backup, copy, proof, restore, incremental round, retention, and the same by hand. */
export async function playStory(host: LocalHost, screen: StoryScreen, options: StoryOptions = {}): Promise<StoryResult> {
  const { nights: later = NIGHTS_DEFAULT, byHand = true } = options;
  const startedMs = Date.now();
  const stage = openStage(host, screen);
  const nights = pastNights(later + 2);
  const allowed = new Set<number>([FIRST_MOVIES.length]);
  const searcher = startSearcher(host.target.url, allowed);

  screen.chapter(`Three documents on Elasticsearch ${host.source.version}, and the first night`);
  await createMovies(host.source.url);
  await writeMovies(host.source.url, host.source.version, FIRST_MOVIES);
  await playNight(stage, nights[0] as Date);
  await followMove(stage, 1);

  screen.chapter("Two more documents, and the second night");
  await writeMovies(host.source.url, host.source.version, MORE_MOVIES);
  allowed.add(FIRST_MOVIES.length + MORE_MOVIES.length);
  await playNight(stage, nights[1] as Date);
  await followMove(stage, 2);
  const documents = { source: await countMovies(host.source.url), target: await countMovies(host.target.url) };
  screen.done(`counts equal: ${documents.source} = ${documents.target}`);

  screen.chapter(`${later} more nights in quick time, thinned out`);
  const removed = await playNights(stage, nights.slice(2));
  const kept = await keptSnapshots(stage);

  if (byHand) {
    screen.chapter("The same by hand, over HTTP");
    await playByHand(stage);
  }
  const searches = await searcher.stop();
  screen.done(
    `${searches.total} searches all the while: ${searches.failed} failed, ${searches.wrong} wrong; counts seen: ${searcher.seen.join(", ")}`,
  );
  return { documents, ...(await results(stage)), searches, kept, removed, seconds: Math.round((Date.now() - startedMs) / 100) / 10 };
}

/** 01:30 in Shanghai on each of the past days, oldest first. */
function pastNights(count: number): Date[] {
  const today = new Date();
  const last = Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate(), 17, 30) - 2 * DAY_MS;
  return Array.from({ length: count }, (_, index) => new Date(last - (count - 1 - index) * DAY_MS));
}

/** The copy that the backup causes, the event, the proof, the restore and the swap: nobody is asked, it is only watched. */
async function followMove({ screen, follow, nth }: Stage, round: number): Promise<void> {
  for (const kind of ["copy", "arrival", "restore"]) {
    const job = await follow(`${kind} ${round}`, () => nth(kind, round));
    screen.done(say(job.reason));
  }
}

/** Half of them pile up, since the policy was never applied by hand; then it is, and the others thin by themselves. */
async function playNights(stage: Stage, nights: readonly Date[]): Promise<string[]> {
  const half = Math.ceil(nights.length / 2);
  for (const night of nights.slice(0, half)) await playNight(stage, night);
  const refused = await playPrune(stage, nights[half - 1] as Date);
  if (refused.state !== "refused") throw new Error(`a policy that was never applied by hand was pruned on its timer: ${refused.state}`);
  stage.screen.done(`on the timer, refused: ${say(refused.reason)}`);
  const removed = await applyPruneByHand(stage);
  for (const night of nights.slice(half)) {
    await playNight(stage, night);
    const prune = await playPrune(stage, night);
    const gone = (prune.result as { removed: string[] }).removed;
    removed.push(...gone);
    stage.screen.done(gone.length > 0 ? `by itself: removed ${gone.join(", ")}` : say(prune.reason));
  }
  return removed;
}

async function results({ jobs }: Stage): Promise<Pick<StoryResult, "restores" | "copied">> {
  const done = async (kind: string) => (await jobs(kind)).filter(({ state }) => state === "done").reverse();
  const restores = (await done("restore")).map(({ id, result }) => {
    const { snapshot, indices } = result as { snapshot: string; indices: { as: string; documents: number }[] };
    return { job: id, snapshot, index: indices[0]?.as ?? "", documents: indices[0]?.documents ?? 0 };
  });
  const copied = (await done("copy")).map(({ result }) => {
    const { blobs, bytes } = result as { blobs: number; bytes: number };
    return { blobs, bytes };
  });
  return { restores, copied };
}

async function keptSnapshots({ api, screen }: Stage): Promise<StoryResult["kept"]> {
  const { data } = await api.get<{ data: { name: string; fate: { reasons: Reason[] } }[] }>("/snapshots?policy=nightly");
  for (const { name, fate } of data) screen.done(`${name} stays: ${fate.reasons.map(say).join(" · ")}`);
  return data.map(({ name, fate }) => ({ name, reasons: fate.reasons.map(say) }));
}
