import * as z from "zod";
import type { Cluster } from "../../model/cluster.ts";
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
