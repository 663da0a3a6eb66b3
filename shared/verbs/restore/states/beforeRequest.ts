import type { Cluster } from "../../../model/cluster.ts";
import { AppError, hasCode, messageOf } from "../../../model/errors.ts";
import { type Reason, reason } from "../../../model/reason.ts";
import { indicesOfFeatures } from "../../../plan/states/featureIndices.ts";
import { hasName } from "../../../plan/states/streamNames.ts";
import type { RestoreJob } from "../types.ts";
import { streamHolders } from "./holders.ts";

/**
 * What is asked before the request that replaces the state. A fault that passes is `refused`, so that the job knows that nothing was sent, and sends
 * it later: without an answer it would never send it again.
 */
export async function beforeState<T>({ intent }: RestoreJob, as: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (intent.input.states?.carrier?.as !== as || !hasCode(error, "transient")) throw error;
    throw new AppError("refused", `not sent yet: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * Whatever the request for this index deletes beside it must be what was planned, so that nothing goes which nobody agreed to. Asked right before
 * every request: one that was refused may be repeated for hours.
 * @throws AppError `permanent` with a reason, and nothing is sent.
 */
export async function requireDeletesAsPlanned(cluster: Cluster, { id, intent, head }: RestoreJob, as: string): Promise<void> {
  const { carrier, features = {} } = intent.input.states ?? {};
  if (carrier?.as !== as || Object.keys(features).length === 0) return;
  const planned = head.data.deletes ?? [];
  const now = indicesOfFeatures(features, await cluster.listIndices(), id);
  const other = now.find(({ name, uuid }) => !planned.some((one) => one.name === name && one.uuid === uuid));
  if (other) throw notSent(cluster, reason("state.featureSince", { index: other.name, feature: other.feature }));
}

/** Elasticsearch replaces a data stream that has the name. @throws AppError `permanent` with a reason, and nothing is sent. */
export async function requireStreamFree(
  cluster: Cluster,
  { intent }: RestoreJob,
  { stream, as }: { stream: string; as: string },
): Promise<void> {
  const order = intent.input.states?.streams?.[stream];
  const names = Object.values(order?.indices ?? {});
  const there = (await cluster.listIndices()).find((index) => names.includes(index.name) || hasName(index, as))?.name;
  const index = there ?? (await holderOf(cluster, stream, order));
  if (index !== undefined) throw notSent(cluster, reason("state.streamThere", { stream, as, index }));
}

async function holderOf(
  cluster: Cluster,
  stream: string,
  order: { as: string; indices: Readonly<Record<string, string>> } | undefined,
): Promise<string | undefined> {
  if (order === undefined) return undefined;
  const { version } = await cluster.info();
  return (await streamHolders(cluster, { streams: { [stream]: order } }, version)).get(order.as);
}

function notSent({ name }: Cluster, why: Reason): AppError {
  return new AppError("permanent", `cluster ${name}: not what was planned: ${why.code}`, { reason: why });
}
