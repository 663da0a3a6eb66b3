import { describe, expect, it } from "vitest";
import { elasticsearchCluster } from "../../../shared/adapters/elasticsearch/cluster.ts";
import type { Cluster } from "../../../shared/model/cluster.ts";
import { DISK } from "../../../shared/model/placement/placement.ts";
import { type Answer, fakeServer } from "./fakeServer.ts";

const fs = (free: number) => ({ total: { total_in_bytes: 1_000, available_in_bytes: free } });
/** As servers answer, where the schemas demand something. */
const BODIES: Record<string, unknown> = {
  "/": { version: { number: "7.10.2" } },
  "/_cluster/state/metadata%2Cnodes": { cluster_name: "c", metadata: { cluster_uuid: "u" } },
  "/_cluster/health": { number_of_data_nodes: 1 },
  "/_snapshot/r/s": { snapshots: [] },
  "/_nodes/plugins": { nodes: {} },
  "/_nodes/stats/fs": {
    nodes: {
      hot: { name: "hot", roles: ["data_hot", "data_content"], fs: fs(10) },
      old: { name: "old", fs: fs(20) },
      silent: { name: "silent", roles: ["data"] },
      frozen: { name: "frozen", roles: ["data_frozen"], fs: fs(30) },
      master: { name: "master", roles: ["master"], fs: fs(40) },
      client: { name: "client", attributes: { data: "false" }, fs: fs(50) },
    },
  },
};

async function asking<T>(
  ask: (cluster: Cluster) => Promise<T>,
  answer: (path: string) => Answer = (path) => ({ body: BODIES[path] ?? {} }),
) {
  const server = await fakeServer(({ url }) => answer(url.split("?")[0] ?? ""));
  try {
    const told = await ask(elasticsearchCluster({ name: "target", url: server.url }));
    return { told, requests: server.requests.length };
  } finally {
    await server.close();
  }
}

/** The tests of the preflight count calls of the port, and take each for so many requests. */
const CALLS: Record<string, [requests: number, ask: (cluster: Cluster) => Promise<unknown>]> = {
  info: [3, (cluster) => cluster.info()],
  listIndices: [1, (cluster) => cluster.listIndices()],
  listRepositories: [1, (cluster) => cluster.listRepositories()],
  getSnapshot: [1, (cluster) => cluster.getSnapshot("r", "s")],
  aliasHolders: [1, (cluster) => cluster.aliasHolders(["movies", "logs"])],
  plugins: [1, (cluster) => cluster.plugins()],
  limits: [1, (cluster) => cluster.limits()],
  disks: [1, (cluster) => cluster.disks()],
  counts: [1, (cluster) => cluster.counts(["movies", "logs"])],
  "counts of a thousand": [2, (cluster) => cluster.counts(Array.from({ length: 1_000 }, (_, at) => `movies-${at}`))],
  "counts of a thousand after info": [
    4,
    async (cluster) => {
      await cluster.info();
      await cluster.counts(Array.from({ length: 1_000 }, (_, at) => `movies-${at}`));
    },
  ],
  "indexBytes after info": [
    4,
    async (cluster) => {
      await cluster.info();
      await cluster.indexBytes();
    },
  ],
  healths: [1, (cluster) => cluster.healths()],
  runningWork: [1, (cluster) => cluster.runningWork()],
};

describe("the calls of a preflight", () => {
  it.each(Object.entries(CALLS))("%s costs as many requests as are counted for it", async (_, [requests, ask]) => {
    expect((await asking(ask)).requests).toBe(requests);
  });

  it("take only nodes that hold ordinary data, one that tells nothing of its disk with 0 bytes", async () => {
    const { told } = await asking((cluster) => cluster.disks());
    expect(told.map(({ node, freeBytes }) => [node, freeBytes])).toEqual([
      ["hot", 10],
      ["old", 20],
      ["silent", 0],
    ]);
  });

  it.each([
    ["10.0.0.1:9300", "10.0.0.1"],
    ["10.0.0.1", "10.0.0.1"],
    ["[fd00::1]:9300", "fd00::1"],
    ["fd00::1", "fd00::1"],
  ])("take %s for the address %s, by which filters find a node", async (ip, address) => {
    const body = { nodes: { a: { name: "n", roles: ["data"], ip } } };
    const { told } = await asking(
      (cluster) => cluster.disks(),
      () => ({ body }),
    );
    expect(told.map(({ attributes }) => attributes._ip)).toEqual([address]);
  });

  it("take a setting from where it was set last, and 2.x, which tells no default, for one with the usual shares", async () => {
    const disk = (settings: unknown) => ({ cluster: { routing: { allocation: { disk: settings } } } });
    const answer = {
      persistent: disk({ watermark: { low: "70%", high: "80%" }, threshold_enabled: "false" }),
      transient: disk({ watermark: { low: "60%" } }),
      defaults: disk({
        watermark: { high: "90%", flood_stage: "95%", "flood_stage.max_headroom": "100GB", enable_for_single_data_node: "true" },
      }),
    };
    expect(
      (
        await asking(
          (cluster) => cluster.limits(),
          () => ({ body: answer }),
        )
      ).told,
    ).toEqual({
      recoveryRate: "40mb",
      disk: {
        isEnabled: false,
        low: { value: "60%" },
        high: { value: "80%" },
        flood: { value: "95%", maxHeadroom: "100GB" },
        forOnlyNode: true,
      },
      placement: {
        defaults: expect.objectContaining({ [`${DISK}.watermark.flood_stage`]: "95%" }),
        persistent: { [`${DISK}.watermark.low`]: "70%", [`${DISK}.watermark.high`]: "80%", [`${DISK}.threshold_enabled`]: "false" },
        transient: { [`${DISK}.watermark.low`]: "60%" },
      },
    });
    expect((await asking((cluster) => cluster.limits())).told).toEqual({
      recoveryRate: "40mb",
      disk: { isEnabled: true, low: { value: "85%" }, high: { value: "90%" } },
      placement: { defaults: {}, persistent: {}, transient: {} },
    });
  });

  it("tell what keeps shards away by where it is set, and nothing of other settings", async () => {
    const allocation = (settings: unknown) => ({ cluster: { routing: { allocation: settings } } });
    const answer = {
      persistent: allocation({ exclude: { _name: ["a", "b"] }, awareness: { attributes: ["rack"] }, balance: { shard: "1" } }),
      transient: { cluster: { max_shards_per_node: "5", blocks: { read_only: "true" } } },
      defaults: allocation({ enable: "all", total_shards_per_node: "-1", node_initial_primaries_recoveries: "4" }),
    };
    const { told } = await asking(
      (cluster) => cluster.limits(),
      () => ({ body: answer }),
    );
    expect(told).toMatchObject({
      shardsPerNode: 5,
      placement: {
        defaults: {
          "cluster.routing.allocation.enable": "all",
          "cluster.routing.allocation.total_shards_per_node": "-1",
          "cluster.routing.allocation.node_initial_primaries_recoveries": "4",
        },
        persistent: {
          "cluster.routing.allocation.exclude._name": '["a","b"]',
          "cluster.routing.allocation.awareness.attributes": '["rack"]',
        },
        transient: { "cluster.max_shards_per_node": "5", "cluster.blocks.read_only": "true" },
      },
    });
    expect(JSON.stringify(told)).not.toContain("balance");
  });

  it("tell a missing privilege as denied, which a preflight takes for unknown", async () => {
    const forbidden = () => ({ status: 403, body: { error: { type: "security_exception", reason: "no" }, status: 403 } });
    for (const ask of [CALLS.limits, CALLS.disks])
      await expect(asking(ask?.[1] as never, forbidden)).rejects.toMatchObject({ code: "denied" });
  });
});
