import { type AnsweredShards, areComplete } from "./documents.ts";

/** Delay between searches: short enough to hit any gap, long enough to leave the cores to the clusters. */
const PAUSE_MS = 20;
/** Two started shards of five documents are available within a second or two of the node's start. */
const ANSWERING_TIMEOUT_MS = 60_000;

export interface Searches {
  total: number;
  failed: number;
  wrong: number;
}

export interface Searcher {
  /** Adds a count that is correct from now on. */
  allow(count: number): void;
  readonly searches: Searches;
  /** Every count seen, in order of first appearance. */
  readonly seen: readonly number[];
  stop(): Promise<Searches>;
}

/**
 * Continuously searches the alias and counts results from the first successful one on; until then a missing alias is not a failure.
 * Waits first until the cluster responds at all: after a start its shards become available one by one.
 */
export async function startSearcher(url: string, counts: readonly number[]): Promise<Searcher> {
  const allowed = new Set(counts);
  await untilAnswering(url);
  const searches: Searches = { total: 0, failed: 0, wrong: 0 };
  const seen: number[] = [];
  let running = true;
  let served = false;

  async function search(): Promise<void> {
    const answer = await fetch(`${url}/movies/_search?size=0`);
    const body = (await answer.json()) as SearchAnswer;
    if (answer.status === 404 && !served) return;
    searches.total += 1;
    if (!answer.ok || (body._shards && !areComplete(body._shards))) searches.failed += 1;
    if (!answer.ok) return;
    served = true;
    const count = hitsOf(body);
    if (!allowed.has(count)) searches.wrong += 1;
    if (!seen.includes(count)) seen.push(count);
  }

  const loop = (async () => {
    while (running) {
      await search().catch(() => {
        searches.total += 1;
        searches.failed += 1;
      });
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  })();

  return {
    searches,
    seen,
    allow: (count) => void allowed.add(count),
    async stop() {
      running = false;
      await loop;
      return searches;
    },
  };
}

async function untilAnswering(url: string): Promise<void> {
  const untilMs = Date.now() + ANSWERING_TIMEOUT_MS;
  while (Date.now() < untilMs) {
    const answer = await fetch(`${url}/movies/_search?size=0`).catch(() => undefined);
    const body = (await answer?.json()) as SearchAnswer | undefined;
    if (answer?.status === 404 || (answer?.ok && body?._shards && areComplete(body._shards))) return;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  throw new Error(`${url}: no search of movies was answered within ${ANSWERING_TIMEOUT_MS / 1000} s of the start`);
}

interface SearchAnswer {
  hits?: { total?: number | { value: number } };
  _shards?: AnsweredShards;
}

/** An object from 7.0 on. */
function hitsOf({ hits }: SearchAnswer): number {
  const total = hits?.total;
  return typeof total === "object" ? total.value : (total ?? -1);
}
