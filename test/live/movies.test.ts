import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPlaces, openRun } from "../../infra/local/host/places.ts";
import { type ElasticsearchServer, startElasticsearch } from "../../infra/local/servers/elasticsearch.ts";
import { freePort } from "../../infra/local/servers/ports.ts";
import { countMovies, untilMoviesActive } from "../../infra/local/story/documents.ts";

let run: string;
let server: ElasticsearchServer;

beforeAll(async () => {
  run = await openRun(await openPlaces(), `movies-test-${process.pid}`);
  server = await startElasticsearch({
    version: "5.5.3",
    name: "source",
    httpPort: await freePort(),
    transportPort: await freePort(),
    runDirectory: join(run, "source"),
    repoDirectories: [join(run, "repositories")],
  });
}, 180_000);

afterAll(async () => {
  await server?.stop();
  await rm(run, { recursive: true, force: true });
});

const put = async (path: string, body: unknown) => {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${server.url}${path}`, { method: "PUT", headers, body: JSON.stringify(body) });
  expect(answer.status, await answer.text()).toBeLessThan(300);
};

describe("the story's index on a server that has just started", () => {
  it("is not waited for where it does not exist yet", async () => {
    await untilMoviesActive(server.url);
  });

  it("is waited for and not counted while one of its two shards has no copy, which the server calls no failure", async () => {
    // One node may hold one of the two, as when the other one is still to be recovered.
    await put("/movies?wait_for_active_shards=0", {
      settings: { number_of_shards: 2, number_of_replicas: 0, "index.routing.allocation.total_shards_per_node": 1 },
    });
    const shards = async () => ((await (await fetch(`${server.url}/movies/_count`)).json()) as { _shards?: object })._shards;
    await expect.poll(shards, { timeout: 30_000 }).toMatchObject({ total: 2, successful: 1, failed: 0 });
    await expect(countMovies(server.url)).rejects.toThrow(`counting movies at ${server.url}: 1 of 2 shards answered`);
    await expect(untilMoviesActive(server.url, 500)).rejects.toThrow("its index movies is red with 1 active primaries");
    const waiting = untilMoviesActive(server.url);
    await put("/movies/_settings", { "index.routing.allocation.total_shards_per_node": 2 });
    await waiting;
    expect(await countMovies(server.url)).toBe(0);
  });
});
