/** Between two searches: fast enough to fall into any gap, slow enough to leave the cores to the clusters. */
const PAUSE_MS = 20;

export interface Searches {
  total: number;
  failed: number;
  wrong: number;
}

export interface Searcher {
  readonly searches: Searches;
  /** Every count seen, in order of first sight. */
  readonly seen: readonly number[];
  stop(): Promise<Searches>;
}

/** A reader that searches the alias all the while; before `allowed` first holds a count that is there, an absent alias is no failure. */
export function startSearcher(url: string, allowed: ReadonlySet<number>): Searcher {
  const searches: Searches = { total: 0, failed: 0, wrong: 0 };
  const seen: number[] = [];
  let running = true;
  let served = false;

  async function search(): Promise<void> {
    const answer = await fetch(`${url}/movies/_search?size=0`);
    const body = (await answer.json()) as SearchAnswer;
    if (answer.status === 404 && !served) return;
    searches.total += 1;
    if (!answer.ok || (body._shards?.failed ?? 0) > 0) searches.failed += 1;
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
    async stop() {
      running = false;
      await loop;
      return searches;
    },
  };
}

interface SearchAnswer {
  hits?: { total?: number | { value: number } };
  _shards?: { failed: number };
}

/** An object from 7.0 on. */
function hitsOf({ hits }: SearchAnswer): number {
  const total = hits?.total;
  return typeof total === "object" ? total.value : (total ?? -1);
}
