export interface Movie {
  id: number;
  title: string;
  year: number;
}

export const FIRST_MOVIES: readonly Movie[] = [
  { id: 1, title: "Das Boot", year: 1981 },
  { id: 2, title: "Spirited Away", year: 2001 },
  { id: 3, title: "In the Mood for Love", year: 2000 },
];

export const MORE_MOVIES: readonly Movie[] = [
  { id: 4, title: "Parasite", year: 2019 },
  { id: 5, title: "Perfect Days", year: 2023 },
];

/** Two shards of five documents are active within seconds of the node's start, and later on busy cores. */
const ACTIVE_TIMEOUT_MS = 180_000;
const ACTIVE_PAUSE_MS = 100;

/** Uses plain requests, because on 5.5 the client's document calls use `_doc` and fail. */
export async function writeMovies(url: string, version: string, movies: readonly Movie[]): Promise<void> {
  const type = Number(version.split(".")[0]) >= 7 ? "_doc" : "movie";
  for (const { id, ...movie } of movies) {
    const answer = await fetch(`${url}/movies/${type}/${id}?refresh=true`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(movie),
    });
    if (!answer.ok) throw new Error(`writing movie ${id}: ${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer();
  }
}

/** Two shards without replicas fit on a single node; an existing index is left unchanged. */
export async function createMovies(url: string): Promise<void> {
  const there = await fetch(`${url}/movies`, { method: "HEAD" });
  if (there.ok) return;
  const settings = { settings: { "index.number_of_shards": 2, "index.number_of_replicas": 0 } };
  const answer = await fetch(`${url}/movies`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(settings),
  });
  if (!answer.ok) throw new Error(`creating movies: ${answer.status} ${await answer.text()}`);
  await answer.arrayBuffer();
}

/** The number of documents. Throws while a shard has no active copy: the server counts without it, and does not call it failed. */
export async function countMovies(url: string): Promise<number> {
  const answer = await fetch(`${url}/movies/_count`);
  if (!answer.ok) throw new Error(`counting movies: ${answer.status} ${await answer.text()}`);
  const { count, _shards: shards } = (await answer.json()) as { count: number; _shards: AnsweredShards };
  if (!areComplete(shards)) throw new Error(`counting movies at ${url}: ${shards.successful} of ${shards.total} shards answered`);
  return count;
}

/** Of a search or a count. */
export interface AnsweredShards {
  total: number;
  successful: number;
}

/** Shards without an active copy are in `total` only. */
export function areComplete({ total, successful }: AnsweredShards): boolean {
  return successful === total;
}

/**
 * Waits until every primary of the index is active, or the cluster knows no such index: after a start, shards become available one by one.
 * Throws after `timeoutMs`, with what was last seen.
 */
export async function untilMoviesActive(url: string, timeoutMs = ACTIVE_TIMEOUT_MS): Promise<void> {
  const untilMs = performance.now() + timeoutMs;
  let last = "no answer";
  while (performance.now() < untilMs) {
    // 404 only once the cluster's state is recovered; before, it is 503. Asked for the health of an absent index, the server would wait for it.
    const there = await fetch(`${url}/movies`, { method: "HEAD" }).catch(() => undefined);
    if (there?.status === 404) return;
    const health = there?.ok ? await fetch(`${url}/_cluster/health/movies?timeout=1s`).catch(() => undefined) : undefined;
    const { status, active_primary_shards: active } = ((await health?.json()) ?? {}) as { status?: string; active_primary_shards?: number };
    if (status === "green" || status === "yellow") return;
    if (there) last = status ? `its index movies is ${status} with ${active} active primaries` : `HTTP ${there.status}`;
    await new Promise((resolve) => setTimeout(resolve, ACTIVE_PAUSE_MS));
  }
  throw new Error(`${url}: not ready after ${timeoutMs / 1000} s: ${last}`);
}
