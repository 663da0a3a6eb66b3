import { afterEach, describe, expect, it } from "vitest";
import { elasticsearchCluster } from "../../../shared/adapters/elasticsearch/cluster.ts";
import { type Answer, type FakeServer, fakeServer } from "./fakeServer.ts";

const servers: FakeServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function deleting(stream: string, answer: Answer): Promise<[string[], string]> {
  const server = await fakeServer(() => answer);
  servers.push(server);
  const cluster = elasticsearchCluster({ name: "target", url: server.url });
  const outcome = await cluster.deleteStream(stream).then(
    () => "done",
    ({ code }) => code,
  );
  return [server.requests.map(({ method, url }) => `${method} ${url}`), outcome];
}

/** On data alone: the slim distributions lack the module of this request, and it is not on Maven. */
describe("the deletion of a data stream", () => {
  const gone = { status: 404, body: { error: { type: "index_not_found_exception", reason: "no such index [logs-app]" }, status: 404 } };
  const used = { status: 400, body: { error: { type: "illegal_argument_exception", reason: "backing indices are being snapshotted" } } };

  it.each<[string, Answer, string]>([
    ["it is deleted", { body: { acknowledged: true } }, "done"],
    ["it is gone already", gone, "done"],
    ["not every node has applied it", { body: { acknowledged: false } }, "transient"],
    ["it is not allowed", { status: 403, body: { error: { type: "security_exception", reason: "no" } } }, "denied"],
    ["a snapshot holds it", used, "refused"],
  ])("asks for it alone, by its name: %s", async (_what, answer, outcome) => {
    expect(await deleting("logs-app", answer)).toEqual([["DELETE /_data_stream/logs-app"], outcome]);
  });

  it.each(["*", "logs-*", "a,b", "_all", ""])("sends nothing for %j, which names others too", async (stream) => {
    expect(await deleting(stream, { body: { acknowledged: true } })).toEqual([[], "invalid"]);
  });
});
