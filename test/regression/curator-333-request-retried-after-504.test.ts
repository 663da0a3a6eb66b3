import { afterEach, describe, expect, it } from "vitest";
import { elasticsearchCluster } from "../../shared/adapters/elasticsearch/cluster.ts";
import { type Answer, type FakeServer, fakeServer, type RecordedRequest } from "../adapters/elasticsearch/fakeServer.ts";
import { created, done, fire, snapshots, tick, withMovies } from "../world/nightly.ts";

/**
 * elastic/curator#333: a gateway answered 504 while the snapshot was running; the client repeated the request, got "snapshot with such
 * name already exists", and reported a failure. ossnap sends a write once, and looks its snapshot up instead of repeating the request.
 */

const servers: FakeServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function open(answer: (request: RecordedRequest) => Answer) {
  const server = await fakeServer(answer);
  servers.push(server);
  return { server, cluster: elasticsearchCluster({ name: "source", url: server.url }) };
}

describe("a cluster behind a gateway that gives up", () => {
  it("receives a write only once, whatever happens to the response", async () => {
    for (const answer of [{ cut: true }, { status: 503 }, { status: 502, body: "<html>bad gateway</html>" }, { status: 504 }]) {
      const { cluster, server } = await open(() => answer);

      await expect(cluster.createSnapshot("backups", "night-1", { indices: ["movies"], metadata: {} })).rejects.toMatchObject({
        code: "transient",
      });
      expect(server.requests).toHaveLength(1);
    }
  });

  it("takes one snapshot, which is followed to its end", async () => {
    const world = await withMovies();
    world.source.failNext("createSnapshot", "lost");
    await fire(world);
    await tick(world);
    world.source.finishSnapshots();
    await tick(world);
    expect(await done(world)).toMatchObject({ state: "done", reason: { code: "backup.success" } });
    expect([created(world).length, (await snapshots(world)).length]).toEqual([1, 1]);
  });
});
