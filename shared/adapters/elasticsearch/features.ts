import * as z from "zod";
import type { Cluster } from "../../model/cluster.ts";
import { hasCode } from "../../model/errors.ts";
import type { ElasticsearchClient } from "./client.ts";

const featuresAnswer = z.object({ features: z.array(z.object({ name: z.string() })).default([]) });

/** https://www.elastic.co/guide/en/elasticsearch/reference/7.17/get-features-api.html */
export function featureCalls(client: ElasticsearchClient, isThere: () => Promise<boolean>): Pick<Cluster, "features"> {
  return {
    async features() {
      if (!(await isThere())) return undefined;
      const answer = await client.request(featuresAnswer, { subject: "features", method: "GET", path: ["_features"] });
      return answer.features.map(({ name }) => name);
    },
  };
}

const policiesAnswer = z.record(z.string(), z.object({ policy: z.object({ repository: z.string() }) }));

/** https://www.elastic.co/guide/en/elasticsearch/reference/7.17/slm-api-get-policy.html */
export function slmCalls(client: ElasticsearchClient, isThere: () => Promise<boolean>): Pick<Cluster, "slmPolicies"> {
  return {
    async slmPolicies() {
      if (!(await isThere())) return [];
      try {
        const answer = await client.request(policiesAnswer, { subject: "SLM policies", method: "GET", path: ["_slm", "policy"] });
        return Object.entries(answer).map(([name, { policy }]) => ({ name, repository: policy.repository }));
      } catch (error) {
        // A distribution without x-pack answers 400, a user without the privilege 403.
        if (hasCode(error, "invalid", "denied", "refused", "absent", "permanent")) return [];
        throw error;
      }
    },
  };
}
