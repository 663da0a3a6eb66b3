import { jobId } from "../jobs/ids.ts";
import { stateKey } from "../jobs/keys.ts";
import type { Created } from "../jobs/log.ts";
import type { Asked } from "../jobs/record.ts";
import type { ArrivalData, ArrivalInput } from "../jobs/steps/arrival.ts";
import type { BlobInfo } from "../model/blobStore.ts";
import { shortHash } from "../model/hash.ts";
import { reason } from "../model/reason.ts";
import type { RootSnapshot } from "../model/repository.ts";
import { timeDigits } from "../model/restoredName.ts";
import { laterLower } from "../proof/ambiguity.ts";
import { isAmbiguous } from "./isAmbiguous.ts";
import type { OpenWork } from "./openWork.ts";
import { listRoots, openRepository } from "./readRepository.ts";
import { hasMark, rememberMark } from "./rememberMark.ts";
import { datedSnapshots, newestGoodFirst, rootMark } from "./rootSnapshots.ts";
import { safeWatch } from "./withoutSecrets.ts";
import { configured, type World } from "./world.ts";

/** Looks whether a watch's newest root names good snapshots above its position, and if so writes the intent to bring them in; the jobs asked for. */
export async function lookAtWatch(world: World, work: OpenWork, watchName: string, asked: Asked): Promise<Created[]> {
  const watch = configured(world.config, "watches", watchName);
  const store = world.blobs(watch.blobs);
  const roots = await listRoots(store);
  const highest = Math.max(...roots.keys());
  const info = roots.get(highest);
  const mark = info && watchMark(roots, highest, info);
  if (!mark || hasMark(work.live.watchRoots, watchName, mark)) return [];

  const opened = await openRepository(store);
  if (await isAmbiguous(world, work, watchName, { store, roots, opened })) return [];
  const dated = await datedSnapshots(store, opened);
  const above = newestGoodFirst(dated).filter((snapshot) => isAbove(snapshot, work, watchName));
  const created: Created[] = [];
  // `each` brings in every one, oldest first; otherwise the newest, or the next one when that came to nothing.
  for (const snapshot of watch.restore.which === "each" ? above.reverse() : above) {
    const one = await askArrival(world, watchName, snapshot, opened.root?.generation ?? 0, asked);
    created.push(one);
    if (one.outcome === "created") work.jobs.push(one.job);
    if (watch.restore.which !== "each" && (one.outcome !== "done" || one.done.state === "done")) break;
  }
  // While a snapshot's own blob is missing its time is unknown, and the next look may choose another.
  if (dated.every(({ startTime, state }) => startTime !== undefined || state !== "SUCCESS"))
    await rememberMark(world, work.live.watchRoots, {
      name: watchName,
      prefix: stateKey.watchRoots(watchName),
      mark,
    });
  return created;
}

/** Lower roots that are newer than the highest belong to the mark: a repository begun anew at 0 must not go unseen below an old number. */
function watchMark(roots: ReadonlyMap<number, BlobInfo>, highest: number, info: BlobInfo): string {
  const later = laterLower([...roots].map(([generation, { lastModified }]) => ({ generation, lastModified })));
  const marks = later.flatMap(({ generation }) => rootMark(generation, roots.get(generation) as BlobInfo));
  return [rootMark(highest, info), ...(later.length === 0 ? [] : [shortHash(8, ...marks)])].join("-");
}

function isAbove(snapshot: RootSnapshot, work: OpenWork, watchName: string): boolean {
  const position = work.live.positions.get(watchName)?.at(-1);
  if (!position || !snapshot.startTime) return position?.uuid !== snapshot.uuid;
  return timeDigits(snapshot.startTime) > position.digits;
}

async function askArrival(world: World, watchName: string, snapshot: RootSnapshot, generation: number, asked: Asked): Promise<Created> {
  const watch = safeWatch(configured(world.config, "watches", watchName));
  const input: ArrivalInput = {
    watchName,
    watch,
    snapshot: { name: snapshot.name, uuid: snapshot.uuid, startTime: snapshot.startTime?.toISOString() ?? "" },
    generation,
  };
  const data: ArrivalData = { probes: [], missing: 0, damaged: 0 };
  return world.log.create(
    jobId.arrival(watchName, snapshot.uuid),
    {
      about: `${watchName}: ${snapshot.name}`,
      asked,
      patienceUntil: new Date(world.clock.now().getTime() + watch.patienceMs).toISOString(),
      input,
    },
    { state: "asked", reason: reason("arrival.seen", { root: `index-${generation}`, snapshot: snapshot.name }), data },
  );
}
