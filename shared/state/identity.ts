import type { BlobStore } from "../model/blobStore.ts";
import { AppError, hasCode } from "../model/errors.ts";
import { reason } from "../model/reason.ts";
import { readIdentity, STATE_SCHEMA, type StateIdentity } from "./identityObject.ts";
import { stateKey } from "./keys.ts";
import { type LiveView, readLive } from "./liveView.ts";

/** Signatures fail beyond 15 minutes; claims and patience need more accuracy. */
const CLOCK_SKEW_MS_MAX = 5 * 60_000;

export type { StateIdentity } from "./identityObject.ts";

/** The store's clock, extrapolated with the local clock between requests. */
export interface StateClock {
  now(): Date;
}

/** The state as opened at the start of an invocation, from one listing of `live/`. */
export interface OpenedState {
  identity: StateIdentity;
  clock: StateClock;
  live: LiveView;
}

/** `adopting` also opens a state that lost its mark, to find out what can be reconstructed. */
export interface OpenOptions {
  adopting?: boolean | undefined;
}

/**
 * Lists `live/` and reads the identity, unless it is the `known` one and its mark is listed. The listing also provides the store's clock.
 * Throws `absent` without an identity, `invalid` for a foreign or damaged one, `absent` if its mark is lost, and `conflict` if the clocks differ by
 * more than 5 minutes; each message names the way out.
 */
export async function openState(
  state: BlobStore,
  localNow: () => Date,
  known?: StateIdentity,
  { adopting }: OpenOptions = {},
): Promise<OpenedState> {
  const { live, clock } = await look(state, localNow);
  if (known && live.marks.size === 1 && live.marks.has(markOf(known))) return { identity: known, clock, live };
  const bytes = await state.get(stateKey.identity);
  if (bytes === undefined)
    throw new AppError(
      "absent",
      `state ${state.url}: has no identity (${stateKey.identity}); run: \`ossnap init\` (and, if an earlier state was lost: \`ossnap adopt\`)`,
      {
        reason: reason("state.absent", { state: state.url }),
      },
    );
  const identity = await readIdentity(state, bytes, live);
  if (!identity.marked) return { identity: await mark(state, identity, live), clock, live };
  if (isMarked(identity, live)) {
    await deleteOtherMarks(state, identity, live);
    return { identity, clock, live };
  }
  // The listing may predate the end of an init or adoption and then does not show what that wrote.
  const again = await look(state, localNow);
  if (adopting || isMarked(identity, again.live)) return { identity, ...again };
  throw new AppError(
    "absent",
    `state ${state.url}: open jobs and remembered positions (${stateKey.live}) are lost, although the identity exists; run: \`ossnap adopt\`, then \`ossnap adopt --yes\``,
    { reason: reason("state.liveLost", { state: state.url }) },
  );
}

/** Writes the identity of a new state once; an existing one of ours is returned unchanged. */
export async function initState(
  state: BlobStore,
  id: string,
  localNow: () => Date,
): Promise<{ identity: StateIdentity; created: boolean }> {
  const { clock, live } = await look(state, localNow);
  const identity: StateIdentity = { schema: STATE_SCHEMA, product: "ossnap", id, createdAt: clock.now().toISOString() };
  try {
    await state.put(stateKey.identity, new TextEncoder().encode(JSON.stringify(identity)), { ifAbsent: true });
    return { identity: await mark(state, identity, live), created: true };
  } catch (error) {
    if (!hasCode(error, "conflict")) throw error;
    const bytes = await state.get(stateKey.identity);
    return { identity: await readIdentity(state, bytes ?? new Uint8Array(), live), created: false };
  }
}

async function look(state: BlobStore, localNow: () => Date): Promise<{ live: LiveView; clock: StateClock }> {
  const clocks: StateClock[] = [];
  const live = await readLive(state, (date) => clocks.push(clockFrom(date, localNow, state.url)));
  const [clock] = clocks;
  if (!clock) throw new AppError("transient", `state ${state.url}: the listing carries no date`);
  return { live, clock };
}

function clockFrom(theirs: Date, localNow: () => Date, url: string): StateClock {
  // The Date header has a resolution of one second and is half a round trip old; neither matters at this scale.
  const offsetMs = theirs.getTime() - localNow().getTime();
  const seconds = Math.round(-offsetMs / 1000);
  if (Math.abs(offsetMs) > CLOCK_SKEW_MS_MAX)
    throw new AppError("conflict", `clock: this machine differs from the clock of ${url} by ${seconds} s; correct it (NTP)`, {
      reason: reason("clock.skew", { seconds }),
    });
  const carried = Math.abs(offsetMs) < 2000 ? 0 : offsetMs;
  return { now: () => new Date(localNow().getTime() + carried) };
}

/** Includes the schema, so that instances of an older version notice when a newer one changed the state. */
const markOf = ({ schema, id }: StateIdentity) => `${schema}-${id}`;

/** The key of the identity's mark. */
export const markerOf = (identity: StateIdentity) => stateKey.marker(markOf(identity));

/** Whether the contents of `live/` belong to this identity. */
export const isMarked = (identity: StateIdentity, live: LiveView) => live.marks.has(markOf(identity));

/**
 * Writes the identity's mark, removes other marks, and then records that in the identity, so that the next invocation completes an
 * interrupted run. A state without a mark may be of the first version, which stored its pause elsewhere.
 */
async function mark(state: BlobStore, identity: StateIdentity, live: LiveView): Promise<StateIdentity> {
  if (!isMarked(identity, live)) {
    const paused = live.paused ? undefined : await state.get(stateKey.pausedBefore);
    if (paused) await state.put(stateKey.paused, paused);
    live.paused ||= paused !== undefined;
    await state.put(markerOf(identity), new Uint8Array());
  }
  await deleteOtherMarks(state, identity, live);
  const marked: StateIdentity = { ...identity, marked: true };
  await state.put(stateKey.identity, new TextEncoder().encode(JSON.stringify(marked)));
  return marked;
}

async function deleteOtherMarks(state: BlobStore, identity: StateIdentity, live: LiveView): Promise<void> {
  const others = [...live.marks].filter((other) => other !== markOf(identity));
  if (others.length > 0) await state.delete(others.map(stateKey.marker));
}
