import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { elasticsearchCluster } from "../../../shared/adapters/elasticsearch/cluster.ts";
import { ExactSerializer, exactText } from "../../../shared/adapters/elasticsearch/exactNumbers.ts";
import { type FakeServer, fakeServer } from "./fakeServer.ts";

const servers: FakeServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** A server whose index `a-1` has the alias with these properties, and that accepts every change. */
async function open(properties: string) {
  const headers = { "content-type": "application/json" };
  const holders = `{"a-1": {"aliases": {"films": ${properties}}}}`;
  const server = await fakeServer(({ method }) => ({ body: method === "GET" ? holders : '{"acknowledged": true}', headers }));
  servers.push(server);
  return { server, cluster: elasticsearchCluster({ name: "target", url: server.url }) };
}

/** Serves two tenants: the numbers differ only beyond what a JavaScript number holds. */
const FILTER = '{"bool":{"should":[{"term":{"tenant":1234567890123456789}},{"term":{"ver":1.0}},{"term":{"note":"1.0, \\"2\\""}}]}}';

describe("a swapped alias", () => {
  it("keeps its filter text for text", async () => {
    const { server, cluster } = await open(`{"filter": ${FILTER}, "index_routing": "1"}`);
    await cluster.moveAliases([{ alias: "films", from: ["a-*"], to: ["a-2"] }]);
    expect(server.requests.at(-1)?.text).toBe(
      `{"actions":[{"remove":{"index":"a-*","alias":"films"}},{"add":{"index":"a-2","alias":"films","filter":${FILTER},"index_routing":"1"}}]}`,
    );
  });

  it("is not moved when it has a property that cannot be given back", async () => {
    const { server, cluster } = await open('{"is_secret": true}');
    await expect(cluster.moveAliases([{ alias: "films", from: ["a-*"], to: ["a-2"] }])).rejects.toMatchObject({
      code: "refused",
      message: expect.stringContaining("a property is_secret on a-1"),
    });
    expect(server.requests.map(({ method }) => method)).toEqual(["GET"]);
  });
});

describe("JSON with exact numbers", () => {
  const exact = new ExactSerializer();

  it("is the same text after it was read and written", () => {
    fc.assert(fc.property(fc.json(), (text) => void expect(exact.serialize(exact.deserialize(text))).toBe(text)));
    for (const text of ["[1.0,-0,1E+2,0.10,123456789012345678901234567890]", '{"a":"-1.0","b":"\\\\","c":[]}'])
      expect(exact.serialize(exact.deserialize(text))).toBe(text);
  });

  it("has one text for equal values in any order of their members", () => {
    const text = (json: string) => exactText(exact.deserialize(json));
    expect(text('{"b":[{"d":1.0,"c":2}],"a":9007199254740993}')).toBe('{"a":9007199254740993,"b":[{"c":2,"d":1.0}]}');
    expect(text("[1.0]")).not.toBe(text("[1]"));
  });
});
