import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPlaces, openRun } from "../../infra/local/host/places.ts";
import { startElasticsearch } from "../../infra/local/servers/elasticsearch.ts";
import { freePort } from "../../infra/local/servers/ports.ts";

const version = "5.5.3";

describe("local Elasticsearch", () => {
  let run: string;
  beforeAll(async () => {
    run = await openRun(await openPlaces(), `local-test-${process.pid}`);
  });
  afterAll(async () => {
    await rm(run, { recursive: true, force: true });
  });

  const optionsOf = async (name: string) => ({
    version,
    name,
    httpPort: await freePort(),
    transportPort: await freePort(),
    runDirectory: join(run, name),
    repoDirectories: [join(run, `${name}-repositories`)],
  });

  it("starts beside another one, each as its own cluster, and keeps its data across a power cut", async () => {
    const options = await optionsOf("target");
    const notes: string[] = [];
    const [source, target] = await Promise.all([
      startElasticsearch(await optionsOf("source")),
      startElasticsearch({ ...options, onNote: (text) => notes.push(text) }),
    ]);
    const headers = { "content-type": "application/json" };
    await fetch(`${target.url}/movies/movie/1`, { method: "PUT", headers, body: '{"title":"Alien"}' });

    for (const server of [source, target]) {
      const health = (await (await fetch(`${server.url}/_cluster/health`)).json()) as { number_of_nodes: number };
      expect(health.number_of_nodes).toBe(1);
    }
    expect(notes.at(-1)).toBe(`starting target Elasticsearch ${version} on port ${options.httpPort}`);

    await source.stop();
    await target.kill();
    await expect(fetch(source.url)).rejects.toThrow();
    await expect(fetch(target.url)).rejects.toThrow();
    const again = await startElasticsearch(options);
    await fetch(`${again.url}/_cluster/health/movies?wait_for_status=yellow`);
    expect(await (await fetch(`${again.url}/movies/movie/1/_source`)).json()).toEqual({ title: "Alien" });
    await again.stop();
  });

  it("reports the end of its log when it dies while starting", async () => {
    const failure = startElasticsearch({ ...(await optionsOf("tiny")), heapMb: 1 });

    await expect(failure).rejects.toMatchObject({
      code: "transient",
      message: expect.stringMatching(
        /^tiny Elasticsearch at http:\/\/127\.0\.0\.1:\d+ ended with exit code 1 while starting; the end of its log:\n[\s\S]*heap/,
      ),
    });
  });
});
