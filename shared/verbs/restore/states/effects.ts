import type { Effect } from "../../../jobs/kind.ts";
import { configuredCluster, type World } from "../../../jobs/world.ts";
import type { RestoreRequest } from "../../../model/cluster.ts";
import { reason } from "../../../model/reason.ts";
import { JOB_MARKER_SETTING, jobMarker, markingJob } from "../../../model/restoredName.ts";
import { EXCLUDED_SETTINGS } from "../../../plan/preflightSettings.ts";
import { partOf } from "../../../plan/states/parts.ts";
import { hasName } from "../../../plan/states/streamNames.ts";
import { isAtLeast } from "../../../plan/versions.ts";
import { requireSameSnapshot } from "../sameSnapshot.ts";
import type { RestoreData, RestoreInput, RestoreJob } from "../types.ts";
import { requireStreamFree } from "./beforeRequest.ts";
import { writtenIn } from "./written.ts";

interface StreamArgs {
  stream: string;
  as: string;
}

/** A data stream is restored in one request, and deleted with all of its backing indices. */
export function streamEffects(world: World): Record<"restoreStream" | "deleteStream", Effect<RestoreInput, RestoreData>> {
  const clusterOf = (job: RestoreJob) => world.cluster(configuredCluster(job));
  const backing = async (job: RestoreJob, { stream, as }: StreamArgs) => {
    const names = Object.values(job.intent.input.states?.streams?.[stream]?.indices ?? {});
    const existing = await clusterOf(job).listIndices();
    const there = existing.filter((index) => names.includes(index.name) || hasName(index, as));
    return { names, there, ours: there.filter(({ settings }) => markingJob(settings) === job.id) };
  };
  return {
    restoreStream: {
      async lookUp(job, args: StreamArgs) {
        const { names, there, ours } = await backing(job, args);
        if (there.length === 0) return { found: "none" };
        const { data } = job.head;
        const streamsBegun = [...new Set([...(data.streamsBegun ?? []), args.stream])];
        if (names.length > 0 && names.every((name) => ours.some((index) => index.name === name)))
          return { found: "ours", state: "restoring", reason: reason("state.streamStarted", { ...args }), data: { ...data, streamsBegun } };
        const other = there.find((index) => !ours.includes(index)) ?? there[0];
        return { found: "foreign", reason: reason("state.streamThere", { ...args, index: other?.name ?? args.as }) };
      },
      async perform(job, { stream, as }: StreamArgs) {
        await requireSameSnapshot(world, job);
        const { repository, snapshot } = job.intent.input;
        const leftOut = job.head.data.targets.flatMap((target) => {
          const part = partOf(job.intent.input.states, target);
          return part?.part === "stream" && part.stream === stream ? (target.leftOut ?? []) : [];
        });
        await requireStreamFree(clusterOf(job), job, { stream, as });
        await clusterOf(job).restoreStream({
          ...{ repository, snapshot: snapshot.name, stream, as },
          // Under its own name it is what it was, for backups too.
          indexSettings: { "index.number_of_replicas": 0, [JOB_MARKER_SETTING]: jobMarker(job.id, as === stream) },
          ignoreIndexSettings: [...new Set([...EXCLUDED_SETTINGS, ...leftOut])],
        });
      },
    },
    deleteStream: {
      async lookUp(job, args: StreamArgs) {
        const { there, ours } = await backing(job, args);
        const { state, data } = job.head;
        if (ours.length === 0) return { found: "ours", state, reason: reason("state.streamTookBack", { ...args }), data };
        const other = there.find((index) => !ours.includes(index))?.name;
        const written = other === undefined ? await writtenIn(world, clusterOf(job), job, ours) : { index: other, isUnsure: false };
        if (written === undefined) return { found: "none" };
        // Deleted with it would be what others wrote.
        const streamsLeft = [...(data.streamsLeft ?? []), args.as];
        const params = { as: args.as, index: written.index };
        if (!written.isUnsure)
          return { found: "foreign", reason: reason("state.streamStays", params), instead: { state, data: { ...data, streamsLeft } } };
        const streamsUnsure = [...(data.streamsUnsure ?? []), args.as];
        const instead = { state, data: { ...data, streamsLeft, streamsUnsure } };
        return { found: "foreign", reason: reason("state.streamUnsure", params), instead };
      },
      perform: (job, { as }: StreamArgs) => clusterOf(job).deleteStream(as),
    },
  };
}

/** What the request for this index does beside it: of the carrier, all of the cluster's state that is asked for. */
export async function carriedState(
  world: World,
  job: RestoreJob,
  { as }: { as: string },
): Promise<Partial<Pick<RestoreRequest, "state" | "indexSettings">>> {
  const { states } = job.intent.input;
  if (states?.carrier?.as !== as) return {};
  const { version } = await world.cluster(configuredCluster(job)).info();
  const features = Object.keys(states.features ?? {});
  return {
    state: { globalState: states.globalState === true, ...(isAtLeast(version, "7.12.0") ? { features } : {}) },
    // It applies to the indices of features as well, which set their replicas by themselves.
    ...(features.length > 0 ? { indexSettings: { [JOB_MARKER_SETTING]: jobMarker(job.id, false) } } : {}),
  };
}
