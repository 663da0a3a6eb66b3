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

export async function countMovies(url: string): Promise<number> {
  const answer = await fetch(`${url}/movies/_count`);
  if (!answer.ok) throw new Error(`counting movies: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { count: number }).count;
}
