import * as z from "zod";
import type { ReadsMappings } from "../../../model/mappings/readsMappings.ts";
import type { ElasticsearchClient } from "../client.ts";
import { requireExactName } from "../names.ts";

const mappingAnswer = z.record(z.string(), z.object({ mappings: z.record(z.string(), z.unknown()).default({}) }));

/**
 * Up to 6.x by type, from 7.0 on without one: https://www.elastic.co/guide/en/elasticsearch/reference/7.17/removal-of-types.html
 * @param isTyped whether the cluster answers with types.
 */
export function mappingCalls(client: ElasticsearchClient, isTyped: () => Promise<boolean>): ReadsMappings {
  return {
    async mapping(index) {
      requireExactName("index", index);
      const call = { subject: `mapping of index ${index}`, method: "GET" as const, path: [index, "_mapping"], answer: "large" as const };
      const answer = await client.request(mappingAnswer, call);
      // Without a mapping 5.x answers `{}`.
      const mappings = answer[index]?.mappings ?? {};
      if (await isTyped()) return mappings;
      return Object.keys(mappings).length === 0 ? {} : { _doc: mappings };
    },
  };
}
