import { afterEach, describe, expect, it } from "vitest";
import { elasticsearchCluster } from "../../../shared/adapters/elasticsearch/cluster.ts";
import { type FakeServer, fakeServer } from "./fakeServer.ts";

let server: FakeServer | undefined;
afterEach(() => server?.close());

describe("a snapshot with an impossible time", () => {
  it.each([
    ["start", { start_time_in_millis: 1e300 }],
    ["start", { start_time_in_millis: -5 }],
    ["end", { end_time_in_millis: 9_007_199_254_740_991 }],
  ])("has an unknown state, so that it is neither trusted nor deleted, and the others are read (%s)", async (_, times) => {
    const good = { snapshot: "good", state: "SUCCESS", start_time_in_millis: 1, end_time_in_millis: 2 };
    server = await fakeServer(() => ({ body: { snapshots: [good, { ...good, snapshot: "bad", ...times }] } }));
    const cluster = elasticsearchCluster({ name: "source", url: server.url });
    const listed = await cluster.listSnapshots("r");
    expect(listed.map(({ name, state }) => [name, state])).toEqual([
      ["good", "SUCCESS"],
      ["bad", "INCOMPATIBLE"],
    ]);
    for (const { startTime } of listed) expect(Number.isNaN(startTime.getTime())).toBe(false);
  });
});
