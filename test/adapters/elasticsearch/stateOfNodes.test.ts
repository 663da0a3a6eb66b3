import { describe, expect, it } from "vitest";
import { dataVersionsOf, leavingOf, stateAnswer } from "../../../shared/adapters/elasticsearch/release/stateOfNodes.ts";

const read = (answer: object) => stateAnswer.parse({ cluster_name: "c", ...answer });
const shut = (nodes: unknown) => leavingOf(read({ metadata: { cluster_uuid: "u", node_shutdown: { nodes } } }));

describe("the nodes in a cluster's state", () => {
  // As 8.17.0 answers, with a plugin that puts what `PUT /_nodes/NODE/shutdown` does; the slim distributions lack that request.
  it("leave with a shutdown that removes or replaces them, and come back from a restart", () => {
    expect(shut({ a: { type: "REMOVE" }, b: { type: "SIGTERM" }, c: { type: "RESTART" } })).toEqual([{ id: "a" }, { id: "b" }]);
    expect(shut({ a: { type: "REPLACE", target_node_name: "n-2" } })).toEqual([{ id: "a", successor: "n-2" }]);
  });

  it.each([undefined, null, "none", [], { nodes: "none" }, { nodes: { a: 1 } }])("none leaves where the state says %j", (node_shutdown) => {
    expect(leavingOf(read({ metadata: { cluster_uuid: "u", node_shutdown } }))).toEqual([]);
  });

  it("have versions from 8.8 on, of which only those of nodes with data matter", () => {
    const nodes = {
      a: { version: "8.17.0", roles: ["data_hot"] },
      b: { version: "8.15.3", roles: ["data"] },
      c: { version: "8.17.0", roles: ["data"] },
      d: { version: "8.11.0", roles: ["master"] },
      e: { version: "8.12.0", roles: ["data_frozen"] },
    };
    expect(dataVersionsOf(read({ metadata: { cluster_uuid: "u" }, nodes }))).toEqual(["8.15.3", "8.17.0"]);
    expect(dataVersionsOf(read({ metadata: { cluster_uuid: "u" }, nodes: { a: { roles: ["data"] }, b: {} } }))).toEqual([]);
    expect(dataVersionsOf(read({ metadata: { cluster_uuid: "u" } }))).toEqual([]);
  });
});
