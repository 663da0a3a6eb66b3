import { afterEach, describe, expect, it } from "vitest";
import { elasticsearchCluster } from "../../shared/adapters/elasticsearch/cluster.ts";
import { type Answer, type FakeServer, fakeServer, type RecordedRequest } from "../adapters/elasticsearch/fakeServer.ts";

/**
 * elastic/elasticsearch-net#8526: the 9.x client always sends `compatible-with=9`, which older servers reject.
 * ossnap sends plain JSON headers, which every version from 2.4 to 9 accepts.
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

describe("requests on the wire, to a server of any version", () => {
  it("are plain JSON, which servers before 7.11 require", async () => {
    const { cluster, server } = await open(() => ({ body: { acknowledged: true } }));
    await cluster.putRepository({ name: "backups", type: "fs", settings: { location: "/x" } }, { verify: false });

    expect(server.requests).toMatchObject([
      { method: "PUT", url: "/_snapshot/backups?verify=false", body: { type: "fs", settings: { location: "/x" } } },
    ]);
    expect(server.requests[0]?.headers).toMatchObject({ "content-type": "application/json", accept: "application/json" });
    expect(Object.keys(server.requests[0]?.headers ?? {})).not.toContain("x-elastic-client-meta");
  });
});
