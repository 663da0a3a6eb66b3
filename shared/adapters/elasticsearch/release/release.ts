import * as z from "zod";
import { AppError } from "../../../model/errors.ts";
import { openSearchNamed } from "../../../model/repository.ts";
import type { ElasticsearchClient } from "../client.ts";
import { faultOf } from "../errors/errors.ts";

const rootAnswer = z.object({
  version: z.object({ number: z.string(), distribution: z.string().optional() }),
  tagline: z.string().default(""),
});
const nodesAnswer = z.object({ nodes: z.record(z.string(), z.object({ version: z.string() })) });

export interface Release {
  /** Of Elasticsearch; of OpenSearch the version that it left Elasticsearch at, whose requests it answers. */
  version: string;
  /** `OpenSearch 2.11.0` */
  openSearch?: string;
}

/** OpenSearch calls itself this in its compatibility mode, which Amazon offers as a checkbox (opensearch-java#573). */
const FORKED_AT = "7.10.2";

/**
 * OpenSearch numbers its releases from 1.0 again: its 2.11 would be treated as a very old Elasticsearch. In compatibility mode it answers
 * without `distribution`, and only its tagline tells (OpenSearch#898, searchkick#1701).
 */
export async function readRelease(client: ElasticsearchClient): Promise<Release> {
  try {
    const call = { subject: "version", method: "GET" as const, path: [], answer: "small" as const };
    const { version, tagline } = await client.request(rootAnswer, call);
    const { number, distribution } = version;
    if (distribution === "opensearch") return { version: FORKED_AT, openSearch: openSearchNamed(number) };
    return tagline.includes("OpenSearch")
      ? { version: FORKED_AT, openSearch: openSearchNamed(await nodeVersion(client)) }
      : { version: number };
  } catch (error) {
    // Distributions without the module behind `GET /` answer 405.
    if (faultOf(error)?.status !== 405) throw error;
    return { version: await nodeVersion(client) };
  }
}

async function nodeVersion(client: ElasticsearchClient): Promise<string> {
  const query = { filter_path: "nodes.*.version" };
  const answer = await client.request(nodesAnswer, { subject: "version", method: "GET", path: ["_nodes", "_local"], query });
  const version = Object.values(answer.nodes)[0]?.version;
  if (version === undefined) throw new AppError("permanent", `cluster ${client.name}: no node reports its version`);
  return version;
}
