import type { World } from "../../../jobs/world.ts";
import type { BlobStore } from "../../../model/blobStore.ts";
import type { Place } from "../../../model/config.ts";
import { AppError } from "../../../model/errors.ts";
import { type Reason, reason } from "../../../model/reason.ts";
import type { RootSnapshot } from "../../../model/repository.ts";
import { type PreflightCheck, warn } from "../../../plan/preflightTypes.ts";
import { asksStates } from "../../../plan/states/parts.ts";
import type { StatesAsked } from "../../../plan/states/stateChecks.ts";
import { brokenSnapshots } from "../../../reader/brokenSnapshots.ts";
import { openRepository, requireRoot } from "../../../reader/readRepository.ts";
import { datedSnapshots, LATEST, newestGoodFirst } from "../../../reader/rootSnapshots.ts";
import { statesIn } from "../../../reader/states/snapshotStates.ts";
import { type ChosenByHand, chosenByHand } from "../handChecks.ts";
import type { Renames } from "../renames.ts";
import type { RestoreInput } from "../types.ts";
import { carrierName, findStates, namesOfOrder, type StatesFound, unusedNames } from "./order.ts";

interface Requested extends StatesAsked {
  snapshot: string;
  repository: string;
  to: string;
  indices: readonly string[];
  as?: Renames | undefined;
}

/** The snapshot that a person means, by its bucket. @param id of the job. */
export async function chosenInBucket(
  world: World,
  place: Place,
  request: Requested,
  id: string,
): Promise<ChosenByHand & { states: StatesFound | undefined }> {
  const store = world.blobs(place);
  const opened = await openRepository(store);
  if (!opened.root && opened.latest === undefined)
    throw new AppError(
      "absent",
      `repository ${request.repository}: ${store.url} has no root (index-N), so it holds no snapshots; check the place, or wait until a copy into it has finished`,
      {
        reason: reason("repository.noRoot", { url: store.url }),
      },
    );
  const root = requireRoot(opened, store.url);
  const dated = await datedSnapshots(store, opened);
  // Only `latest` leaves a choice.
  const broken = request.snapshot === LATEST ? await brokenSnapshots(world, place, dated, async () => root) : new Map();
  const context = { now: world.clock.now(), broken };
  if (!asksStates(request)) return { ...chosenByHand(root, dated, request, context), states: undefined };
  const { snapshot: wanted, checks: newer } = await newestWithStates(store, request, { ...context, dated });
  const { snapshot, checks } = chosenByHand(root, dated, { ...request, snapshot: wanted, as: undefined }, context);
  const { version: targetVersion } = await world.cluster(request.to).info();
  const states = await findStates(world, { place, root, snapshot }, request, { carrierAs: carrierName(id), targetVersion });
  return { snapshot, checks: [...newer, ...checks, ...unusedNames(request)], states };
}

/** Older ones are not looked at: each takes two reads. */
const LOOKED_AT_MAX = 50;

/** For `latest`: the newest good snapshot that holds what is asked for, by uuid; the word itself if none of the newest does. */
async function newestWithStates(
  store: BlobStore,
  request: Requested,
  { dated, now, broken }: { dated: readonly RootSnapshot[]; now: Date; broken: ReadonlyMap<string, Reason> },
): Promise<{ snapshot: string; checks: PreflightCheck[] }> {
  if (request.snapshot !== LATEST) return { snapshot: request.snapshot, checks: [] };
  const candidates = newestGoodFirst(dated, now).slice(0, LOOKED_AT_MAX);
  const [newest] = candidates;
  for (const candidate of candidates) {
    if (broken.has(candidate.uuid) || !(await holdsStates(store, candidate, request))) continue;
    const isOlder = newest !== undefined && candidate !== newest;
    return { snapshot: candidate.uuid, checks: isOlder ? [olderCheck(candidate, newest, request, broken.has(newest.uuid))] : [] };
  }
  return { snapshot: newest?.uuid ?? LATEST, checks: [] };
}

function olderCheck({ name }: RootSnapshot, newest: RootSnapshot, request: Requested, isBroken: boolean): PreflightCheck {
  const { globalState, featureStates = [], dataStreams = [], repository } = request;
  const params = { snapshot: name, newest: newest.name };
  const asked = [...(globalState ? ["global state"] : []), ...featureStates, ...dataStreams];
  const why = isBroken
    ? reason("snapshot.newestBroken", { ...params, repository })
    : reason("snapshot.newestLacks", { ...params, indices: asked });
  return warn("selection", why);
}

async function holdsStates(store: BlobStore, snapshot: RootSnapshot, { globalState, featureStates = [], dataStreams = [] }: Requested) {
  const { state, features } = await statesIn(store, snapshot);
  if (globalState && !state?.hasState) return false;
  return featureStates.every((name) => features.includes(name)) && dataStreams.every((name) => Object.hasOwn(state?.streams ?? {}, name));
}

/** With its order a request names exactly the indices that it brings. */
export function orderedStates(states: StatesFound | undefined): Partial<Pick<RestoreInput, "states" | "indices" | "as">> {
  if (!states?.order) return {};
  const as = namesOfOrder(states.order);
  return { states: states.order, indices: Object.keys(as), as };
}
