import * as z from "zod";
import { AppError } from "../../model/errors.ts";
import type { Call, ElasticsearchClient } from "./client.ts";

const acknowledged = z.object({ acknowledged: z.boolean() });

/** Sends a change of the cluster state; `transient` if not every node has applied it in time, because it may still come to pass. */
export async function changeState(client: ElasticsearchClient, call: Call): Promise<void> {
  const answer = await client.request(acknowledged, call);
  if (!answer.acknowledged)
    throw new AppError("transient", `cluster ${client.name}: ${call.subject}: not acknowledged in time by every node`);
}
