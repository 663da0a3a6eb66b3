import { describe, expect, it } from "vitest";
import { decodeGlobalMetadata } from "../../shared/format/globalMetadata.ts";
import { encodeContainer } from "./encoding/encodeContainer.ts";

const decode = (settings: unknown) =>
  decodeGlobalMetadata(encodeContainer("metadata", { "meta-data": { cluster_uuid: "c", settings } }), "meta-1.dat");

describe("decodeGlobalMetadata", () => {
  it("keeps the names of all settings, and values only of those that decide where shards may be, and how many", () => {
    const { settings, placement } = decode({
      "cluster.routing.allocation.enable": "none",
      "cluster.routing.allocation.exclude._ip": ["10.0.0.1", "10.0.0.2"],
      "cluster.routing.allocation.disk.watermark.low": "85%",
      "cluster.routing.allocation.total_shards_per_node": 2,
      "cluster.max_shards_per_node": "5",
      "xpack.notification.email.account.a.smtp.password": "PLANTED",
    });
    expect(settings).toHaveLength(6);
    expect(placement).toEqual({
      "cluster.routing.allocation.enable": "none",
      "cluster.routing.allocation.exclude._ip": '["10.0.0.1","10.0.0.2"]',
      "cluster.routing.allocation.disk.watermark.low": "85%",
      "cluster.routing.allocation.total_shards_per_node": "2",
      "cluster.max_shards_per_node": "5",
    });
  });

  it("refuses settings that are no object", () => {
    expect(() => decode(1)).toThrow(expect.objectContaining({ code: "invalid" }));
  });
});
